"""What is remembered of a run once it has begun: where its files are, and by which mail server."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aapimport.run.records import Run
from aapimport.run.runs import Runs

NO_WORKBOOK = "no workbook so far"
"""What is told of a hand-over from its beginning until its workbook is there."""


RESULTS_DUE = "results workbook due"
"""What is told of a sending that has changed how e-mails stand, until the workbooks say so."""


class Remembered(Runs):
    """Files and mail servers of runs, beside what was decided when they were begun."""

    def remember_file(
        self,
        receipt: str,
        path: Path,
        encoding: str,
        results: Path | None = None,
        *,
        no_results: bool = False,
    ) -> Run:
        """Remember how a run's file is read, and, as long as people are kept, where it is.

        Args:
            receipt: The run.
            path: Where the file is; folders may be called by people, so it is erased with them.
            encoding: The text encoding that it was read in; empty for a workbook.
            results: Where the results workbook was asked for; None for beside the file. Likewise.
            no_results: Whether none was wanted.
        """
        more: dict[str, Any] = {"encoding": encoding, "no_results": no_results}
        if results:
            more |= _asked_for(results, keep=bool(self.keep_people))
        if self.keep_people:
            more |= {"path": str(path)}
        with self._writing():
            self._database.execute(
                "UPDATE runs SET options = json_patch(coalesce(options, '{}'), ?)"
                " WHERE receipt = ? AND finished_at IS NULL",
                (json.dumps(more, ensure_ascii=False), receipt),
            )
        return self.run(receipt)

    def remember_results(self, receipt: str, results: Path) -> None:
        """Remember where the results workbook of an upload is asked for from now on.

        Where people aren't kept, that one was asked for somewhere is remembered all the same.
        """
        more = {"no_results": False} | _asked_for(results, keep=bool(self.keep_people))
        with self._writing():
            self._database.execute(
                "UPDATE runs SET options = json_patch(coalesce(options, '{}'), ?)"
                " WHERE receipt = ?",
                (json.dumps(more, ensure_ascii=False), receipt),
            )

    def remember_workbook(self, receipt: str, path: Path) -> None:
        """Remember, as long as people are kept, where the workbook of a hand-over is."""
        if self.keep_people:
            with self._writing():
                self._database.execute(
                    "UPDATE runs SET options = json_patch(coalesce(options, '{}'), ?)"
                    " WHERE receipt = ?",
                    (json.dumps({"workbook": str(path)}, ensure_ascii=False), receipt),
                )

    def workbook_is_there(self, receipt: str) -> None:
        """Remember that the workbook of a hand-over can be seen."""
        with self._writing():
            self._database.execute(
                "DELETE FROM told WHERE receipt = ? AND what = ?", (receipt, NO_WORKBOOK)
            )

    def without_workbook(self, address: str | None = None) -> list[Run]:
        """The hand-overs that aren't settled and were cut off before their workbook was there."""
        return self._runs(
            "(?1 IS NULL OR address = ?1) AND receipt IN (SELECT receipt FROM told WHERE what = ?2)"
            " AND receipt IN (SELECT receipt FROM steps WHERE kind = 'email'"
            "  AND state = 'handed over')",
            (address, NO_WORKBOOK),
        )

    def results_due(self, address: str) -> list[Run]:
        """The sendings of which no results workbook tells how they stand: a command was killed."""
        due = self._runs(
            "address = ? AND receipt IN (SELECT receipt FROM told WHERE what = ?)",
            (address, RESULTS_DUE),
        )
        return due[::-1]

    def results_left(self, receipts: Iterable[str]) -> None:
        """Remember that results workbooks tell how some runs stand, or that none was to."""
        with self._writing():
            self._database.executemany(
                "DELETE FROM told WHERE receipt = ? AND what = ?",
                ((receipt, RESULTS_DUE) for receipt in receipts),
            )

    def remember_copy(self, receipt: str, path: Path) -> None:
        """Remember, until people are erased, where a receipt was written with its people."""
        with self._writing():
            if str(path) not in json.loads(self.run(receipt).options or "{}").get("copies", ()):
                self._append(receipt, "copies", str(path))

    def forget_copy(self, path: Path) -> None:
        """Forget that a file names people: a receipt without them has taken its place."""
        there = path.resolve()
        found = self._database.execute(
            "SELECT receipt, json_extract(options, '$.copies') FROM runs"
            " WHERE json_extract(options, '$.copies') IS NOT NULL"
        ).fetchall()
        for receipt, text in found:
            copies = json.loads(text)
            left = [one for one in copies if Path(one).resolve() != there]
            if left != copies:
                with self._writing():
                    self._database.execute(
                        "UPDATE runs SET options = json_set(options, '$.copies', json(?))"
                        " WHERE receipt = ?",
                        (json.dumps(left, ensure_ascii=False), receipt),
                    )

    def remember_server(self, receipt: str, server: str) -> None:
        """Remember by which mail server, approved since, the rest of a sending goes from now on."""
        with self._writing():
            self._append(receipt, "servers", [server, time.time()])

    def _append(self, receipt: str, name: str, one: Any) -> None:
        """Add something to a list of a run's options."""
        self._database.execute(
            "UPDATE runs SET options = json_insert(json_insert(coalesce(options, '{}'), ?1,"
            " json('[]')), ?2, json(?3)) WHERE receipt = ?4",
            (f"$.{name}", f"$.{name}[#]", json.dumps(one, ensure_ascii=False), receipt),
        )


def _asked_for(results: Path, *, keep: bool) -> dict[str, Any]:
    """What is kept of where a results workbook is asked for; that it is stays for good."""
    return {"results_named": True} | ({"results": str(results)} if keep else {})
