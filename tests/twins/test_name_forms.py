import pytest
from hypothesis import given
from hypothesis import strategies as st

from aapimport.twins.name_forms import (
    Form,
    Shape,
    Slip,
    halves,
    plain,
    slip_between,
    split_address,
    wide,
)


@pytest.mark.parametrize(
    ("text", "plainly", "widely"),
    [
        ("Müller", "muller", "mueller"),
        ("Østergård", "ostergard", "oestergaard"),
        ("Groß", "gross", "gross"),
        ("Łukasz", "lukasz", "lukasz"),
        ("Yıldız", "yildiz", "yildiz"),
        ("İbrahim", "ibrahim", "ibrahim"),
        ("O’Neill-Smith", "oneillsmith", "oneillsmith"),
        ("D'Arcy", "darcy", "darcy"),
        ("Ｊｏｈｎ", "john", "john"),
        ("कुमार", "कुमार", "कुमार"),
        ("が", "が", "が"),
        ("...", "", ""),
    ],
)
def test_names_are_folded_in_two_ways(text, plainly, widely):
    """Accents are dropped or spelt out; marks that are letters stay."""
    assert (plain(text), wide(text)) == (plainly, widely)


@pytest.mark.parametrize(
    ("local", "shape", "base"),
    [
        ("John.Smith", Shape.FULL, Shape.FULL),
        ("smith_john", Shape.FULL_TURNED, Shape.FULL_TURNED),
        ("jsmith", Shape.INITIAL, Shape.INITIAL),
        ("smithj", Shape.INITIAL_TURNED, Shape.INITIAL_TURNED),
        ("johns+x", Shape.LAST_INITIAL, Shape.LAST_INITIAL),
        ("josmith", Shape.TWO_LETTERS, Shape.TWO_LETTERS),
        ("john.smith2", Shape.NUMBERED, Shape.FULL),
        ("john.q.smith", Shape.MIDDLE, Shape.FULL),
        ("jqsmith", Shape.MIDDLE, Shape.INITIAL),
        ("johnqsmith", Shape.MIDDLE, Shape.FULL),
        ("u4711", Shape.OTHER, Shape.OTHER),
        ("johhn.smith", Shape.OTHER, Shape.OTHER),
    ],
)
def test_the_shape_of_an_address_is_read_from_the_name(local, shape, base):
    """What an office made of a name is recognised, with what keeps namesakes apart."""
    form = Form(f"{local}@acme.com", "John", "Smith")
    assert (form.shape, form.base) == (shape, base)


def test_an_address_is_split_at_its_last_at_sign():
    """The domain is folded, the local part loses its +tag; a bare +tag is kept."""
    assert split_address("Ana.Perez+x@ACME.com") == (["ana", "perez"], "acme.com")
    assert split_address("+x@acme.com") == (["x"], "acme.com")


@pytest.mark.parametrize(
    ("one", "two", "slip"),
    [
        ("john", "jonh", Slip.TURNED),
        ("john", "johhn", Slip.EDIT),
        ("john", "jon", Slip.EDIT),
        ("john", "jolm", None),
        ("john", "john", None),
        ("smith1", "smith2", None),
        ("smith", "smith2", None),
        ("ab", "cd", None),
        ("", "a", Slip.EDIT),
    ],
)
def test_one_slip_is_told_from_two(one, two, slip):
    """Damerau's four slips count, two of them don't, and digits never do."""
    assert slip_between(one, two) is slip


WORD = st.text(alphabet="abc", min_size=4, max_size=9)


@given(WORD, WORD)
def test_a_slip_is_seen_from_both_sides(one, two):
    """The order of the two words doesn't matter."""
    assert slip_between(one, two) is slip_between(two, one)


@given(WORD, st.integers(0, 8), st.sampled_from("abcd"), st.sampled_from(["+", "-", "=", "x"]))
def test_words_one_slip_apart_share_a_key(word, place, letter, change):
    """No slip is so placed that the other word couldn't be looked up."""
    place %= len(word)
    rest = word[place + 1 :]
    other = (
        word[:place]
        + {
            "+": letter + word[place:],
            "-": rest,
            "=": letter + rest,
            "x": rest[:1] + word[place] + rest[1:],
        }[change]
    )
    if len(other) >= len("four"):
        assert set(halves(word)) & set(halves(other, probing=True))
