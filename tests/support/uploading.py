"""An upload in this process: real journal, real HTTP, people without a file."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aapimport.check.check_file import Checked
from aapimport.config.logins import Bearer, Login, Secret
from aapimport.config.settings import Endpoint
from aapimport.person import Person
from aapimport.plan.make import Services, make_plan
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run
from aapimport.run.report import UploadReport, make_report
from aapimport.run.runner import Runner
from aapimport.services.directory import Directory
from aapimport.services.patience import Patience
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role
from support.stub import TOKEN, ScimStub

_OPTIONS = PlanOptions(pass_name="Leadership 2026", maybe="create")


def person(row: int = 2, **more: Any) -> Person:
    """A row of the file."""
    values = {
        "email": f"p{row}@acme.com",
        "first_name": "Ana",
        "last_name": "Perez",
        "role": Role.MANAGER,
    }
    return Person(row=row, **(values | more))


def people(count: int, **more: Any) -> tuple[Person, ...]:
    """Rows 2 to `count` + 1."""
    return tuple(person(row, **more) for row in range(2, count + 2))


def checked(rows: Sequence[Person], digest: str = "d" * 64) -> Checked:
    """A file without errors."""
    return Checked(
        path=Path("people.xlsx"),
        digest=digest,
        sheet="Users",
        rows=len(rows),
        people=tuple(rows),
        problems=(),
        columns={column.key: at for at, column in enumerate(COLUMNS)},
    )


BY_TOKEN = Bearer(token=Secret(value=TOKEN, source=""))


@contextmanager
def services(
    portal: ScimStub, jhana: ScimStub, login: Login = BY_TOKEN, **more: Any
) -> Iterator[Services]:
    """Connections to both stubs; `more` as `Endpoint` has it."""
    with (
        closing(Transport(Endpoint(url=portal.url, login=login, **more))) as to_portal,
        closing(Transport(Endpoint(url=jhana.url, login=login, **more))) as to_jhana,
    ):
        yield Services(
            target="live",
            portal=Portal("All Access Pass", to_portal, Patience(_short_sleep)),
            jhana=Directory("Jhana", to_jhana, Patience(_short_sleep)),
        )


def _short_sleep(seconds: float) -> None:
    """Retries of a test hardly wait; looks at what may show late are not one upon the other."""
    time.sleep(min(seconds, 0.02))


@dataclass(kw_only=True)
class Uploading:
    """One file and two services.

    Attributes:
        portal: The portal.
        jhana: Jhana.
        journal_path: The journal.
        rows: The file's people.
        settle_seconds: As `RunOptions` has it.
        stop_after: Likewise.
        emails: Whether welcome e-mails are sent.
        slept: How long the run would have waited, each time; it waits 10 ms at the most.
        options: What the administrator decided.
        login: What opens both.
        reached_by: The certificates and the proxy of both, as `Endpoint` has it.
    """

    portal: ScimStub
    jhana: ScimStub
    journal_path: Path
    rows: Sequence[Person] = field(default_factory=lambda: people(1))
    settle_seconds: float = 0.0
    stop_after: int | None = None
    emails: bool = True
    slept: list[float] = field(default_factory=list)
    options: PlanOptions = _OPTIONS
    login: Login = BY_TOKEN
    reached_by: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> Plan:
        """What an upload would do now."""
        with services(self.portal, self.jhana, self.login, **self.reached_by) as both:
            return self._plan(both)

    def run(self, *, again: bool = False) -> UploadReport:
        """Plan, or go on with what was interrupted, to the receipt."""
        with (
            services(self.portal, self.jhana, self.login, **self.reached_by) as both,
            Journal(self.journal_path) as journal,
        ):
            run = journal.open_run(both.address)
            run = run or journal.begin(self._plan(both))
            return self.carry_out(journal, both, run, again=again)

    def carry_out(
        self,
        journal: Journal,
        both: Services,
        run: Run,
        *,
        again: bool = False,
        begun_now: bool = False,
    ) -> UploadReport:
        """Do what is left of a run."""
        runner = Runner(
            journal,
            both,
            run,
            RunOptions(
                settle_seconds=self.settle_seconds,
                stop_after=self.stop_after,
                sleep=self._sleep,
                bulk=False,
                again=again,
                begun_now=begun_now,
            ),
        )
        for _ in runner.steps():
            pass
        addresses = {one.row: one.email for one in self.rows}
        return make_report(journal, journal.run(run.receipt), addresses)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(min(seconds, 0.01))

    def _plan(self, both: Services) -> Plan:
        plan = make_plan(checked(self.rows), both, self.options)
        return plan if self.emails else plan.without_emails()
