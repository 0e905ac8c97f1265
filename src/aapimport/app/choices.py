"""What the administrator chose beside the file, by flags or because there is nothing else."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aapimport.run.send_plan import SendChoice

Preview = Literal["first", "problems", "random"]


@dataclass(frozen=True, kw_only=True)
class PlanChoices:
    """What `plan` and `upload` may be told; the names are those of the flags."""

    pass_name: str | None = None
    emails: bool | None = None
    sheet: str | None = None
    hidden: Literal["include", "skip"] | None = None
    preview: Preview = "first"
    maybe: Literal["create", "leave-out"] | None = None
    maybe_file: Path | None = None
    returning: Literal["include", "leave-out"] | None = None
    encoding: str | None = None
    max_seats: int | None = None
    fit: bool = False
    update_roles: bool = False
    update_names: bool = False
    thorough: bool = False
    other_pass: bool = False


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """Words that `--yes` doesn't give."""

    client_admins: int | None = None
    new_pass: bool = False
    unproven: bool = False
    fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunChoices:
    """What `upload` and `resume` may be told about how a run is carried out."""

    stop_after: int | None = None
    canary: int | None = None
    bulk: bool = True
    pace: str | None = None
    results: Path | None = None
    no_results: bool = False


@dataclass(frozen=True, kw_only=True)
class MailChoices:
    """What `send-emails` may be told; the names are those of the flags."""

    pass_name: str | None = None
    dry_run: bool = False
    canary: str | None = None
    not_before: datetime | None = None
    only: Literal["never-mailed", "rejected"] | None = None
    kinds: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    again: bool = False
    checked: bool = False
    hand_over: Path | None = None
    smtp: bool = False
    sent: bool = False
    not_sent: bool = False

    @property
    def who(self) -> "SendChoice":
        """Who is chosen."""
        from aapimport.run.send_plan import SendChoice
        from aapimport.services.values import EmailKind

        about = frozenset(map(EmailKind, self.kinds))
        return SendChoice(
            only=self.only,
            kinds=about,
            to=frozenset(self.to),
            again=self.again,
            checked=self.checked,
        )
