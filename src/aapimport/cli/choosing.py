"""Which entry of a numbered list is meant by a number, an id, a name or how one begins."""

from collections.abc import Sequence

from aapimport.text import unaccented


def meant(answer: str, choices: Sequence[tuple[str, str]], names: Sequence[str] = ()) -> list[int]:
    """The entries that an answer may mean; capital letters and accents don't count.

    A number, an id and a whole name go before a beginning, and the beginning of a name before that
    of a word in it. What looks like a number of the list is none of these beginnings: a slip of the
    finger must not choose.

    Args:
        answer: What was typed.
        choices: The (value, label) pairs.
        names: What each is called, where its label says more than that; only then words count.

    Returns:
        Their positions; several where only a number can tell.
    """
    typed = " ".join(unaccented(answer).split())
    if not typed:
        return []
    forms = [
        [unaccented(one) for one in (*pair, *names[at : at + 1])] for at, pair in enumerate(choices)
    ]
    exact = [at for at, form in enumerate(forms) if typed in form or answer == str(at + 1)]
    if exact or (typed.isdecimal() and len(typed) <= len(str(len(choices)))):
        return exact
    begins = [at for at, form in enumerate(forms) if any(one.startswith(typed) for one in form)]
    return begins or [at for at, name in enumerate(names) if f" {typed}" in f" {unaccented(name)}"]
