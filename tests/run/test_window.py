import random

import pytest

from aapimport.run.window import FIRST, MOST, THREADS, Window


def grown(size: int) -> Window:
    """A window that equal answers have widened."""
    window = Window()
    while window.size < size:
        window.succeeded(1.0)
    return window


def answers(window: Window, count: int, seconds: float = 1.0) -> int:
    """The size after so many answers."""
    for _ in range(count):
        window.succeeded(seconds)
    return window.size


def test_it_begins_with_a_few():
    """Nobody is flooded at first, and the most is more than the threads can send at once."""
    assert Window().size == FIRST == 4
    assert MOST == 64 > THREADS


@pytest.mark.parametrize("size", [4, 5, 20, 63])
def test_a_whole_window_of_answers_is_one_more(size: int):
    """It grows by one when as many were answered as it holds, and not one answer earlier."""
    window = grown(size)
    assert answers(window, size - 1) == size
    assert answers(window, 1) == size + 1


def test_it_stays_at_the_most():
    """However well it goes, there is an upper bound."""
    window = grown(MOST)
    assert answers(window, 10 * MOST) == MOST


@pytest.mark.parametrize(("size", "half"), [(64, 32), (33, 16), (5, 2), (4, 2)])
def test_a_failure_halves_it(size: int, half: int):
    """A failure costs half of the window, rounded down, at once."""
    window = grown(size)
    window.failed()
    assert window.size == half


def test_it_never_closes():
    """However badly it goes, one request may be under way."""
    window = grown(MOST)
    sizes = []
    for _ in range(9):
        window.failed()
        sizes.append(window.size)
    assert sizes == [32, 16, 8, 4, 2, 1, 1, 1, 1]


def test_a_failure_forgets_the_answers_before_it():
    """Growth after a failure takes a whole window of answers of its own."""
    window = grown(8)
    answers(window, 7)
    window.failed()
    assert answers(window, 3) == 4
    assert answers(window, 1) == 5


def test_it_recovers_from_the_least():
    """From one it grows by one with each window that is answered: 1 + 2 + 3 answers make 4."""
    window = Window()
    window.failed()
    window.failed()
    assert [answers(window, 1) for _ in range(6)] == [2, 2, 3, 3, 3, 4]


def test_a_much_slower_answer_is_one_fewer():
    """More than three times the quickest is too slow; three times is not."""
    window = grown(20)
    window.succeeded(3.0)
    assert window.size == 20
    window.succeeded(3.2)
    assert window.size == 19


def test_slow_answers_alone_go_no_lower_than_the_beginning():
    """Slowness is no failure: a window of four or more stays at four at least."""
    window = grown(8)
    for _ in range(20):
        window.succeeded(1.0)
        for _ in range(5):
            window.succeeded(30.0)
    assert window.size == FIRST


def test_a_slow_answer_never_widens():
    """Below the beginning, where failures have led, a slow answer changes nothing."""
    window = grown(MOST)
    for _ in range(6):
        window.failed()
    window.succeeded(30.0)
    assert window.size == 1


def test_a_slow_answer_undoes_the_growth_begun():
    """After a slow answer a whole window has to be answered again."""
    window = grown(10)
    answers(window, 9)
    window.succeeded(10.0)
    assert window.size == 9
    assert answers(window, 8) == 9
    assert answers(window, 1) == 10


def test_a_service_that_became_slower_for_good_is_not_held_back_for_ever():
    """The quickest answer is forgotten little by little, so that a new speed becomes the usual."""
    window = grown(30)
    assert answers(window, 50, seconds=10.0) < 30
    assert answers(window, 3000, seconds=10.0) == MOST


def test_a_quicker_answer_is_the_new_measure():
    """What is slow goes by the quickest of late, and not by the first."""
    window = grown(20)
    window.succeeded(0.1)
    window.succeeded(1.0)
    assert window.size == 19


def test_the_first_answer_is_not_slow():
    """There is nothing yet to compare it with, however long it took."""
    window = Window()
    window.succeeded(59.0)
    assert answers(window, FIRST - 1, seconds=59.0) == FIRST + 1


@pytest.mark.parametrize("seed", range(20))
def test_it_keeps_its_bounds_whatever_happens(seed: int):
    """Any mixture of answers and failures leaves 1 to 64, and a failure never widens it."""
    choice = random.Random(seed)
    window = Window()
    for _ in range(2000):
        before = window.size
        if choice.random() < 0.02:
            window.failed()
            assert window.size == max(1, before // 2)
        else:
            window.succeeded(choice.choice([0.0, 0.01, 0.02, 5.0]))
            assert window.size <= before + 1
        assert 1 <= window.size <= MOST
