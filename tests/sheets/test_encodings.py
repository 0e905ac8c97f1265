"""Which encoding a text file is read in, and what is said where that can't be right."""

import pytest

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.formats.csv import read_text

HEADER = "Email,First Name,Last Name\r\n"
CZECH = ["Dvořák", "Němec", "Čapek", "Jiří", "Hromádka", "Kovačič"]
RUSSIAN = ["Иванов", "Ольга", "Дмитрий", "Соколова", "Юрий"]
JAPANESE = ["山田", "太郎", "高橋", "花子", "田中", "一郎"]
CHINESE = ["王伟", "李娜", "张敏", "刘洋", "陈静"]
TURKISH = ["İbrahim", "Şahin", "Ayşe", "Satış", "Gül"]
POLISH = ["Łukasz", "Święcicki", "Żaneta", "Gęś"]
KOREAN = ["민서", "김", "영업", "지우", "이", "개발"]
WESTERN = ["Müller", "Søren", "Muñoz", "Zoë", "Hélène", "Åström", "João", "Guimarães"]


def people(names: list[str]) -> str:
    """A list of people with these first names."""
    rows = (f"a{at}@acme.com,{name},Li\r\n" for at, name in enumerate(names))
    return HEADER + "".join(rows)


def read(data: bytes, encoding: str | None = None):
    """Read a text file."""
    return read_text(data, encoding, lambda cells: "Email" in cells, "people.csv")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "cp932", "mac-roman", "cp437", "latin-1"])
@pytest.mark.parametrize("names", [["José"], WESTERN, JAPANESE])
def test_utf_8_is_not_read_as_something_else(encoding: str, names: list[str]) -> None:
    """Bytes that are UTF-8 with other letters are nothing else, and the names are shown."""
    with pytest.raises(FileProblemError, match=r"UTF-8|is not \w+ text") as refused:
        read(people(names).encode(), encoding)
    assert "leave --encoding away" in refused.value.hint


@pytest.mark.parametrize(
    ("names", "real", "said"),
    [
        (CZECH, "cp1250", "cp1252"),
        (RUSSIAN, "cp1251", "cp1252"),
        (RUSSIAN, "koi8-r", "cp1251"),
        (RUSSIAN, "cp1251", "koi8-r"),
        (WESTERN, "cp1252", "cp437"),
        (WESTERN, "cp1252", "cp1251"),
        (WESTERN, "cp1252", "cp1250"),
        (WESTERN[:2], "mac-roman", "cp1252"),
        (JAPANESE, "cp932", "cp1252"),
        (JAPANESE, "cp932", "latin-1"),
        (JAPANESE, "euc_jp", "cp932"),
        (CHINESE, "gb18030", "cp1252"),
        (TURKISH, "cp1254", "cp1252"),
        (TURKISH, "iso8859-9", "latin-1"),
        (POLISH, "iso8859-2", "cp1250"),
        (["Zoë", "François", "Dœuf"], "iso8859-15", "cp1252"),
        (KOREAN, "cp949", "gb18030"),
        (KOREAN, "cp949", "gbk"),
    ],
)
def test_a_wrong_encoding_is_refused_or_told(names: list[str], real: str, said: str) -> None:
    """What makes nonsense of the names is not taken at its word."""
    try:
        found = read(people(names).encode(real), said)
    except FileProblemError:
        return
    assert [rule for rule, _ in found.notes] == ["odd-encoding"]


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (WESTERN, "cp1252"),
        (WESTERN, "mac-roman"),
        (CZECH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (
            ["Ève", "Bøe", "Høeg", "Niccolò", "Agnès", "D’Arc", "Œuvre", "Ñandu", "Magalhães"],
            "cp1252",
        ),
        (["Þór", "Bergþóra", "Steinþór", "Friðþjófur", "Sigþrúður", "Ýmir", "Eyþór"], "cp1252"),
        (["O´Brien", "½", "2½", "£5", "Zoë"], "cp1252"),
        (["Výborný", "Bílý", "Nový"], "cp1252"),
        (TURKISH, "cp1254"),
        (POLISH, "iso8859-2"),
        (KOREAN, "cp949"),
        (["Dœuf", "Œuvre", "Šimon"], "iso8859-15"),
        (["李娜", "张敏", "刘洋", "陈静", "黄海", "高歌", "冯刚", "何娇"], "gb18030"),
        (["Žižek", "Łukasz", "Gdański", "Szűcs", "Erdős", "Ştefan", "Křížek"], "cp1250"),
    ],
)
def test_the_right_encoding_is_taken_without_a_word(names: list[str], encoding: str) -> None:
    """Who says the right one hears nothing, and is offered it first where nothing was said."""
    found = read(people(names).encode(encoding), encoding)
    assert [row[1] for row in found.rows()][1:] == names
    assert found.notes == ()


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        *((RUSSIAN, "koi8-r"), (JAPANESE, "euc_jp"), (CZECH, "cp1250"), (WESTERN, "cp1252")),
        *((["José"], "utf-7"), (["Müller"], "utf-7"), (CHINESE, "hz"), (JAPANESE, "iso2022_jp")),
    ],
)
def test_what_the_bytes_do_not_prove_is_asked(names: list[str], encoding: str) -> None:
    """The right encoding is among the choices, with the names as it reads them."""
    with pytest.raises(AnswerNeededError) as asked:
        read(people(names).encode(encoding))
    assert names[0] in dict(asked.value.choices)[encoding]


def test_a_text_in_two_encodings_is_said_to_be() -> None:
    """No choice is right for all of it; of a text in one, nothing else is said."""
    data = people(WESTERN).encode() + "b@acme.com,Zoë,Li\r\n".encode("cp1252")
    with pytest.raises(AnswerNeededError, match=r"is not UTF-8 in line 10, and is in others"):
        read(data)
    for names, encoding in ((WESTERN, "cp1252"), (CHINESE, "gb18030"), (KOREAN, "cp949")):
        with pytest.raises(AnswerNeededError, match=r"people\.csv is not UTF-8; in which"):
            read(people(names).encode(encoding))


@pytest.mark.parametrize("text", ["ana+hr@acme.com,A,B", "a@acme.com,C+Java-Team,~{", "a@b.de,+,-"])
def test_ordinary_ascii_is_not_asked_about(text: str) -> None:
    """A plus sign in an address is no UTF-7."""
    assert read((HEADER + text).encode()).encoding == "utf-8"


@pytest.mark.parametrize(
    "encoding",
    [
        *("base64", "rot13", "hex", "zlib", "unicode_escape", "raw_unicode_escape", "idna", "bz2"),
        *("punycode", "undefined", "mbcs", "charmap", "uu", "", "nonsense", "é", "a b", "x" * 999),
    ],
)
def test_what_is_no_text_encoding_is_one_sentence(encoding: str) -> None:
    """Python knows encodings in which no file is."""
    with pytest.raises(FileProblemError):
        read(people(["José"]).encode("cp1252"), encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("names", [["José", "Ana"], JAPANESE * 9, ["一", "丁"]])
@pytest.mark.parametrize("padding", [b"", b"\0\0", b"\0\0\0"])
def test_utf_16_without_a_mark_is_read(encoding: str, names: list[str], padding: bytes) -> None:
    """Also where few zeros stand in it."""
    text = "メール,名,姓\n" + "".join(f"a@b.jp,{name},{name * 9}\n" for name in names)
    found = read(text.encode(encoding) + padding)
    assert [row[1] for row in found.rows()][1:] == names


@pytest.mark.parametrize("end", ["\x1a", "\0\0\0\0", "\x1a\0\0", "\x1a\r\n", "\0" * 5000])
@pytest.mark.parametrize("encoding", [None, "cp1252"])
def test_what_pads_a_file_is_no_row(end: str, encoding: str | None) -> None:
    """The sign that ends a file in DOS, and zeros, are taken off; zeros are told."""
    data = (people(["Zoë"]) + end).encode(encoding or "utf-8")
    found = read(data, encoding)
    assert [row[1] for row in found.rows() if row] == ["First Name", "Zoë"]
    assert [rule for rule, _ in found.notes] == ["file-padding"] * ("\0" in end)


def test_zeros_within_a_text_are_told_where_they_stand() -> None:
    """Somebody can find them, and what stands before them."""
    with pytest.raises(FileProblemError, match=r"line 2 of people.csv .* behind 'a0@acme.com,Zo'"):
        read(people(["Zo\0ë", "Ana"]).encode())


@pytest.mark.parametrize("blank", ["", " ", "  "])
def test_a_blank_before_a_quotation_mark_is_no_part_of_a_value(blank: str) -> None:
    """Some programs write one behind each comma."""
    text = (
        f'"Email",{blank}"First Name",{blank}"Last Name"\n"a@b.de",{blank}"Ana",{blank}"O, ""K"""\n'
    )
    assert [*read(text.encode()).rows()][1] == ["a@b.de", "Ana", 'O, "K"']


@pytest.mark.parametrize("own", ["utf-8-sig", "utf-16"])
def test_a_mark_outweighs_another_encoding_and_says_so(own: str):
    """The bytes say what they are: an --encoding that makes other names is refused, not ignored."""
    data = "Email Address,First Name,Last Name\r\njose@acme.com,José,Núñez\r\n".encode(own)
    with pytest.raises(FileProblemError, match=r"not cp1252: .* would become"):
        read(data, "cp1252")
    assert read(data, own) == read(data)
    plain = "Email Address,First Name,Last Name\r\nli@acme.com,Li,Wei\r\n".encode(own)
    assert read(plain, "cp1252") == read(plain)
    with pytest.raises(FileProblemError, match="no encoding"):
        read(data, "klingon")
