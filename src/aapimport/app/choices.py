"""What the administrator chose beside the file, by flags or because there is nothing else."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
