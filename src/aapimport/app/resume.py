"""An interrupted upload: finished, or ended as it is."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aapimport.errors import (
    ExitCode,
    RefusedError,
    ServiceError,
    SettingsError,
    WrongAddressError,
)

if TYPE_CHECKING:
    from aapimport.app.choices import RunChoices
    from aapimport.app.desk import Desk
    from aapimport.app.notice import Teller
    from aapimport.app.results import ResultsFiles
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


@dataclass(frozen=True, kw_only=True)
class Resumption:
    """What is to become of an upload that was begun.

    Attributes:
        receipt: Its confirmation number; None for the only one that is open.
        settings: The settings.
        desk: Where the administrator sits.
        choices: How it is carried out.
        close: Whether it is to be ended as it is.
        again: Whether those who were sent twice and are not found are sent once more.
    """

    receipt: str | None
    settings: "Settings"
    desk: "Desk"
    choices: "RunChoices"
    close: bool = False
    again: bool = False

    def carry_out(self) -> ExitCode:
        """Do what is missing of the upload, or close it; a finished one shows its receipt.

        Raises:
            AapimportError: It can't go on, or was not to be closed.
        """
        from aapimport.app.notice import teller_of
        from aapimport.app.results import check_results_name
        from aapimport.app.session import opened
        from aapimport.screens.target import show_target

        check_results_name(self.choices.results)
        teller = None
        try:
            teller = teller_of(self.settings)
        except SettingsError as error:
            if not self.close:  # what goes on is told; an end needs no mail server
                raise
            self.desk.say(f"nobody is told of it by e-mail: {error.message}")
        self.desk.show_beside(show_target, self.settings)
        with opened(self.settings, self.desk, self.choices.pace, begins=False) as (
            journal,
            services,
        ):
            return self._carried_out(journal, services, teller)

    def _carried_out(
        self, journal: "Journal", services: "Services", teller: "Teller | None"
    ) -> ExitCode:
        from aapimport.app.carry_out import Carrier
        from aapimport.app.letters import Following, with_place_for_letters
        from aapimport.app.open_uploads import chosen_upload, show_closed_upload
        from aapimport.app.results import ResultsFiles
        from aapimport.app.send_way import check_server_there, counter_of
        from aapimport.run.records import SETS_VALUES
        from aapimport.run.runs import refuse_other_services

        if not self.close:
            self._check_addresses(journal, services)
        results = ResultsFiles(choices=self.choices, settings=self.settings)
        results.leave_due(journal, self.desk)
        if self.receipt:
            run = journal.run(self.receipt)
        elif only := chosen_upload(journal, services.address, self.desk):
            run = only
        else:
            return self._say_cut_off(journal, services.address)
        if run.kind in SETS_VALUES:
            return self._values(journal, services, run, teller)
        results.remember(journal, run)
        if not self.close and self._is_cut_off(journal, run):
            return self._written_anew(journal, services, run, results, teller)
        if self.close:
            refuse_other_services(run, services.address)
            return self._closed(journal, run, results, teller)
        if run.closed_at is not None:
            return show_closed_upload(journal, run, self.desk)
        check_server_there(journal, run, self.settings)
        desk = with_place_for_letters(self.desk, run)
        carrier = Carrier(
            journal=journal,
            services=services,
            choices=self.choices,
            desk=desk,
            settle_seconds=self.settings.settle_seconds,
            again=self.again,
            is_named=self.receipt is not None,
            results=results,
            mail=self.settings.mail,
            counter=counter_of(self.settings),
            teller=teller,
        )
        code = carrier.carry_out(run, {})
        return Following(carrier=carrier, settings=self.settings).go_on(run.receipt, code)

    def _closed(
        self, journal: "Journal", run: "Run", results: "ResultsFiles", teller: "Teller | None"
    ) -> ExitCode:
        from aapimport.app.open_uploads import close_upload
        from aapimport.run.wanted_letters import letters_due

        ends = run.is_open or letters_due(journal, run) is not None
        code = close_upload(journal, run, self.desk)
        results.leave(journal, [run], self.desk)
        if teller and ends:
            teller.tell(journal, run.receipt, self.desk)
        return code

    @staticmethod
    def _is_cut_off(journal: "Journal", run: "Run") -> bool:
        from aapimport.app.cut_hand_over import cut_hand_overs

        return run.receipt in {one.receipt for one in cut_hand_overs(journal, run.address)}

    def _written_anew(
        self,
        journal: "Journal",
        services: "Services",
        run: "Run",
        results: "ResultsFiles",
        teller: "Teller | None",
    ) -> ExitCode:
        """Write the workbook of a hand-over that was cut off, or say what helps."""
        from aapimport.app.cut_hand_over import said_of, workbook_of, written_anew
        from aapimport.run.runs import refuse_other_services

        refuse_other_services(run, services.address)
        if (path := workbook_of(run)) and not path.exists():
            code = written_anew(journal, services, run, path, self.desk, results)
            if teller:
                teller.tell(journal, run.receipt, self.desk)
            return code
        self.desk.say(said_of(journal, run))
        return ExitCode.FINDINGS

    def _say_cut_off(self, journal: "Journal", address: str) -> ExitCode:
        """Say which hand-overs have no workbook, where nothing else is open."""
        from aapimport.app.cut_hand_over import cut_hand_overs, said_of

        cut = cut_hand_overs(journal, address)
        for run in cut:
            self.desk.say(said_of(journal, run))
        return ExitCode.FINDINGS if cut else ExitCode.OK

    def _values(
        self, journal: "Journal", services: "Services", run: "Run", teller: "Teller | None"
    ) -> ExitCode:
        """An undo or a repair goes on, is closed, or shows its receipt."""
        from aapimport.app.reconcile import finish_repair
        from aapimport.app.setting_values import ValuesCarrier
        from aapimport.run.records import RunKind
        from aapimport.run.runs import refuse_other_services

        refuse_other_services(run, services.address)
        carrier = ValuesCarrier(
            journal=journal,
            services=services,
            desk=self.desk,
            settle_seconds=self.settings.settle_seconds,
            teller=teller,
        )
        if self.close:
            return carrier.close(run)
        if run.kind == RunKind.REPAIR:
            return finish_repair(carrier, run, self.settings)
        return carrier.carry_out(run)

    def _check_addresses(self, journal: "Journal", services: "Services") -> None:
        """Look at both services where no upload goes on, which would show that an address is wrong.

        Raises:
            WrongAddressError: One is.
        """
        from aapimport.run.runs import named
        from aapimport.services.swapped import check_addresses

        run = None
        if self.receipt is None:
            run = journal.open_run(services.address) or next(iter(journal.open_runs()), None)
        else:
            with suppress(RefusedError):  # that nobody knows it is told afterwards
                run = journal.run(self.receipt)
        if run and (run.address == services.address or run.closed_at is not None):
            return
        try:
            with self.desk.busy("asking the services"):
                check_addresses(services.portal, services.jhana)
        except WrongAddressError as error:
            if run:
                error.service = ""  # which may be well known: it is none of this upload's
                error.hint = f"{run.name} was begun at {named(run.address)}: configure that"
            raise
        except (ServiceError, SettingsError):
            return  # nothing is to be sent to them
