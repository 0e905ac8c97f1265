"""Flags of `send-emails` that don't go together, or name nobody, told before anything is done."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aapimport.app.choices import MailChoices
from aapimport.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.run.send_plan import Addressee, SendPlan


def check_flags(receipt: str | None, choices: MailChoices) -> None:
    """Refuse flags that don't go together.

    Args:
        receipt: The upload's confirmation number; None for a pass.
        choices: What was decided by flags.

    Raises:
        UsageError: There are such.
    """
    if (receipt is None) == (choices.pass_name is None):
        raise UsageError(
            "say whose e-mails: an upload's confirmation number, or --pass and a pass's name",
            hint="for example: aapimport send-emails 7K3QX9",
        )
    if choices.checked and not choices.to:
        raise UsageError(
            "--checked is about people that are named",
            hint="name them, as their accounts are called now: --to ADDRESS --checked",
        )
    if choices.hand_over:
        from aapimport.copies.hand_over import check_name

        if choices.canary or choices.not_before or choices.smtp:
            raise UsageError(
                "--canary, --not-before and --smtp are about e-mails that are sent from here",
                hint="leave them out: with --hand-over you send the e-mails",
            )
        check_name(choices.hand_over)


def were_sent(choices: MailChoices) -> bool:
    """What is said of those who were handed over, or are in doubt.

    Raises:
        UsageError: Both, or something else is asked for as well.
    """
    asked = MailChoices(pass_name=choices.pass_name, sent=choices.sent, to=choices.to)
    if choices.sent == choices.not_sent or choices not in {asked, replace(asked, not_sent=True)}:
        raise UsageError(
            "--sent or --not-sent stands alone, or with --to",
            hint="give one of them, and whom it is about if it isn't everybody",
        )
    return choices.sent


def check_there(named: "Iterable[str]", plan: "SendPlan") -> None:
    """Refuse an address that nobody of a plan has.

    Raises:
        RefusedError: There is one.
    """
    from aapimport.person import address_key

    there = addresses_of(plan.people)
    if missing := [one for one in named if address_key(one) not in there]:
        raise RefusedError(
            f"nobody of these people has the address {missing[0]!r}",
            hint="see who they are with --dry-run",
        )


def addresses_of(people: "Sequence[Addressee]") -> set[str]:
    """The addresses of some people, as they are compared."""
    from aapimport.person import address_key

    return {address_key(one.email) for one in people}
