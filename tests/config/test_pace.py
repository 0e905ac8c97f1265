import pytest

from aapimport.config.pace import PRESETS, read_pace
from aapimport.errors import SettingsError


@pytest.mark.parametrize(
    ("typed", "pace"),
    [
        ("10", 10.0),
        ("0.5", 0.5),
        (" 25 ", 25.0),
        ("1e2", 100.0),
        ("1000", 1000.0),
        ("0.001", 0.001),
    ],
)
def test_a_number_is_requests_a_second(typed: str, pace: float) -> None:
    """A number is taken as it is, with spaces around it or a fraction, up to a thousand."""
    assert read_pace(typed) == pace


@pytest.mark.parametrize("name", PRESETS)
def test_a_known_service_is_a_pace(name: str) -> None:
    """A service's name stands for what it documents, in any letter case."""
    assert read_pace(name) == PRESETS[name]
    assert read_pace(f" {name.upper()} ") == PRESETS[name]


@pytest.mark.parametrize(
    ("name", "requests", "seconds"),
    [("slack", 180, 60), ("github", 1000, 3600), ("miro", 100, 30), ("condeco", 500, 60)],
)
def test_a_preset_keeps_to_the_documented_limit(name: str, requests: int, seconds: float) -> None:
    """As many requests as a service allows in its own span of time, and not one more."""
    assert PRESETS[name] * seconds == pytest.approx(requests)


def test_every_preset_could_be_typed_as_a_number() -> None:
    """No name stands for a pace that would be refused as a number."""
    assert [read_pace(repr(pace)) for pace in PRESETS.values()] == list(PRESETS.values())


@pytest.mark.parametrize("typed", [None, "", "   ", "\t\n"])
def test_nothing_typed_is_no_pace(typed: str | None) -> None:
    """Nothing leaves the pace to whoever asked, and isn't an error."""
    assert read_pace(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "fast",
        "slacks",
        "10/s",
        "1,5",
        "0x10",
        "0",
        "0.0",
        "-0",
        "-5",
        "1000.001",
        "1e9",
        "1e999",
        "inf",
        "-inf",
        "nan",
        "9" * 400,
    ],
)
def test_what_is_no_pace_is_said_and_what_one_is(typed: str) -> None:
    """Nonsense, nothing, less than nothing and more than any service takes are refused."""
    with pytest.raises(SettingsError) as caught:
        read_pace(typed)
    assert repr(typed) in caught.value.message
    assert all(name in str(caught.value.hint) for name in PRESETS)
