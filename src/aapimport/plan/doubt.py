"""What a plan rests on and nobody can prove."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a plan rests on and can't be proven: on a real portal it needs an administrator's word.

    Attributes:
        sentence: What is in doubt.
        question: What is asked about it.
        flag: What answers where nobody can be asked; `--yes` doesn't.
    """

    sentence: str
    question: str
    flag: str
