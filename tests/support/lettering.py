"""`upload --emails` in this process, where the portal sends none and a mail server does."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from aapimport.app.choices import Approvals, PlanChoices, RunChoices
from aapimport.app.history import list_history
from aapimport.app.resume import Resumption
from aapimport.app.upload import Upload
from aapimport.config.mail import Mail
from aapimport.errors import (
    ExitCode,
)
from aapimport.run.journal import Journal
from aapimport.run.records import RunKind
from support.script_desk import ScriptDesk
from support.sending import settings, text
from support.uploading import Uploading

EVERYBODY = Counter(["p2@acme.com", "p3@acme.com", "p4@acme.com"])
ROWS = ("p2@acme.com,Ana,Perez,,,1", "p3@acme.com,Bo,Lind,,,", "p4@acme.com,Cy,Okafor,,,")
HEADER = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"


class JsonDesk(ScriptDesk):
    """A desk of a script that reads JSON: what is held last is the result.

    Attributes:
        results: What was printed or held.
    """

    def __init__(self, *answers: bool | int | str, yes: bool = False) -> None:
        super().__init__(*answers, yes=yes, practice=False)
        self.as_json = True
        self.results: list[str] = []

    def print_result(self, text: str) -> None:
        """Note it."""
        self.results.append(text)

    hold_result = print_result


def upload(
    uploading: Uploading,
    file: Path,
    mail: Mail | None,
    desk: ScriptDesk | None = None,
    **choices: Any,
) -> tuple[ExitCode, ScriptDesk]:
    """Give the command once; `--yes` unless a desk says otherwise, and no results workbook."""
    desk = desk or ScriptDesk(yes=True, practice=False)
    plan_file = choices.pop("plan_file", None)
    fingerprint = choices.pop("fingerprint", None)
    results, canary = choices.pop("results", None), choices.pop("canary", None)
    of_settings = {"keep_people", "notify", "profile", "state_dir"} & choices.keys()
    more = {name: choices.pop(name) for name in of_settings}
    named = {} if plan_file else {"pass_name": "Leadership 2026", "maybe": "create"}
    code = Upload(
        settings=replace(settings(uploading, mail), **more),
        desk=desk,
        file=file,
        plan_file=plan_file,
        choices=PlanChoices(**{**named, **choices}),
        approvals=Approvals(unproven=True, fingerprint=fingerprint),
        running=RunChoices(results=results, no_results=results is None, canary=canary),
    ).carry_out()
    return code, desk


def resume(
    uploading: Uploading,
    receipt: str | None,
    mail: Mail | None,
    desk: ScriptDesk | None = None,
    **more: Any,
) -> tuple[ExitCode, ScriptDesk]:
    """Resume, without `--yes`: nothing may be asked; `more` as the settings have it."""
    desk = desk or ScriptDesk(practice=False)
    resumption = Resumption(
        receipt=receipt,
        settings=replace(settings(uploading, mail), **more),
        desk=desk,
        choices=RunChoices(no_results=True),
    )
    return resumption.carry_out(), desk


def last_upload(uploading: Uploading) -> str:
    """The number of the newest upload."""
    with Journal(uploading.journal_path) as journal:
        (run, *_) = journal._runs("kind = ?", (RunKind.UPLOAD,))
        return run.receipt


def said(desk: ScriptDesk) -> str:
    """All that was said."""
    return "\n".join(desk.said)


def history(uploading: Uploading) -> tuple[dict[str, Any], str]:
    """The newest upload as `history --json` has it, and what `history` says."""
    as_json, desk = JsonDesk(), ScriptDesk(practice=False)
    list_history(settings(uploading), as_json, everywhere=False)
    list_history(settings(uploading), desk, everywhere=False)
    runs = json.loads(as_json.results[-1])["runs"]
    found: dict[str, Any] = next(one for one in runs if one["kind"] == "upload")
    return found, said(desk) + text(desk)
