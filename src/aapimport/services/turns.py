"""Whom to send next, of people who may be refused: from the head, the end and the middle in turns.

People in a file are often in an order of their own; so a few of one kind aren't taken for all.
"""

from collections.abc import Sequence

_HEAD, _END, _MIDDLE = range(3)


class Turns:
    """People who wait to be sent, in chunks.

    Args:
        people: All of them, in their order.
        most: How many a chunk holds at the most.
        tries: How often one chunk may be sent.
    """

    def __init__(self, people: Sequence[str], most: int, tries: int) -> None:
        self._chunks = [
            ([*people[start : start + most]], tries) for start in range(0, len(people), most)
        ]
        self._turn = self._at = 0

    @property
    def left(self) -> list[str]:
        """Whoever was not taken so far, or was put back."""
        return [one for chunk, _ in self._chunks for one in chunk]

    def take(self, *, alone: bool = False, middle: bool = False) -> tuple[list[str], int]:
        """Whose turn it is.

        Args:
            alone: Whether one person is taken, and not a chunk.
            middle: Whether it is the middle's turn, whoever was taken before.

        Returns:
            The people, and how often they may be sent.
        """
        where = _MIDDLE if middle else (_HEAD, _END, _MIDDLE)[self._turn % 3]
        self._turn += 1
        self._at = _position(len(self._chunks), where)
        chunk, tries = self._chunks.pop(self._at)
        if not alone or len(chunk) == 1:
            return chunk, tries
        one = chunk.pop(_position(len(chunk), where))
        self._chunks.insert(self._at, (chunk, tries))
        return [one], tries

    def halve(self, people: Sequence[str], tries: int) -> None:
        """Put back people who were just taken, in two halves.

        Args:
            people: Those who are left of them.
            tries: How often each half may be sent.
        """
        half = len(people) // 2
        self._chunks[self._at : self._at] = ([*people[:half]], tries), ([*people[half:]], tries)


def _position(length: int, where: int) -> int:
    return (0, length - 1, length // 2)[where]
