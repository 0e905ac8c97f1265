import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aapimport.errors import SettingsError
from aapimport.services.pace import PRESETS, Pace, read_pace


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
def test_a_number_is_requests_a_second(typed: str, pace: float):
    """A number is taken as it is, with spaces around it or a fraction, up to a thousand."""
    assert read_pace(typed) == pace


@pytest.mark.parametrize("name", PRESETS)
def test_a_known_service_is_a_pace(name: str):
    """A service's name stands for what it documents, in any letter case."""
    assert read_pace(name) == PRESETS[name]
    assert read_pace(f" {name.upper()} ") == PRESETS[name]


@pytest.mark.parametrize(
    ("name", "requests", "seconds"),
    [("slack", 180, 60), ("github", 1000, 3600), ("miro", 100, 30), ("condeco", 500, 60)],
)
def test_a_preset_keeps_to_the_documented_limit(name: str, requests: int, seconds: float):
    """As many requests as a service allows in its own span of time, and not one more."""
    assert PRESETS[name] * seconds == pytest.approx(requests)


def test_every_preset_could_be_typed_as_a_number():
    """No name stands for a pace that would be refused as a number."""
    assert [read_pace(repr(pace)) for pace in PRESETS.values()] == list(PRESETS.values())


@pytest.mark.parametrize("typed", [None, "", "   ", "\t\n"])
def test_nothing_typed_is_no_pace(typed: str | None):
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
def test_what_is_no_pace_is_said_and_what_one_is(typed: str):
    """Nonsense, nothing, less than nothing and more than any service takes are refused."""
    with pytest.raises(SettingsError) as caught:
        read_pace(typed)
    assert repr(typed) in caught.value.message
    assert all(name in str(caught.value.hint) for name in PRESETS)


def test_the_first_turn_is_free_and_each_further_one_later():
    """Turns are a gap apart, counted from the first and not from when they are asked for."""
    pace = Pace(0.1)
    waits = [pace.take_turn() for _ in range(4)]
    assert waits[0] == 0
    assert waits[1:] == pytest.approx([10, 20, 30], abs=1)


def test_a_weight_is_paid_by_whoever_comes_next():
    """A request that counts for many is sent at once, and puts off the one after it."""
    pace = Pace(0.1)
    assert pace.take_turn(weight=7) == 0
    assert pace.take_turn() == pytest.approx(70, abs=1)
    assert pace.take_turn() == pytest.approx(80, abs=1)


def test_turns_that_nobody_took_are_not_saved_up():
    """After an idle time there is one turn at once, and no burst."""
    pace = Pace(5)
    pace.take_turn()
    time.sleep(0.45)
    assert pace.take_turn() == 0
    assert pace.take_turn() > 0.01


@pytest.mark.parametrize("pace", [Pace(), Pace(None)])
def test_without_a_limit_nobody_waits(pace: Pace):
    """No pace is no wait, whatever a request counts for."""
    assert [pace.take_turn(weight) for weight in (1, 200, 1)] == [0, 0, 0]


def test_no_two_threads_get_the_same_turn():
    """However many threads ask, every turn is given once and none is skipped."""
    pace = Pace(0.01)
    with ThreadPoolExecutor(16) as pool:
        waits = sorted(pool.map(lambda _: pace.take_turn(), range(200)))
    assert waits == pytest.approx([100 * turn for turn in range(200)], abs=50)
