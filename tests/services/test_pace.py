import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aapimport.services.pace import Pace


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
