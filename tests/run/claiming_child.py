"""A process that claims e-mails, round after round: its state folder, profile, run and how many.

It prints a line for each round, so that whoever started it can end it in between.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from aapimport.run.beside import Beside
from aapimport.run.journal import Journal
from aapimport.run.mail_rows import MailClaim

PEOPLE = 3
PORTAL, JHANA = "https://portal.example/v2", "https://jhana.example/v2"


def claims_of(number: int) -> Iterator[tuple[int, list[MailClaim]]]:
    """Some people, all of them on both services."""
    for row in range(number * PEOPLE, (number + 1) * PEOPLE):
        yield row, [(PORTAL, f"u{row}", "portal"), (JHANA, f"j{row}", "jhana")]


def main(folder: Path, profile: str, receipt: str, rounds: int) -> None:
    """Claim everybody, a round at a time."""
    path = folder / "profiles" / profile / "journal.sqlite3"
    with Journal(path, beside=Beside(folder, path)) as journal:
        for number in range(rounds):
            claims = dict(claims_of(number))
            addresses = {row: f"p{row}@acme.com" for row in claims}
            taken = journal.claim_mails(receipt, claims, addresses)
            print(number, len(claims) - len(taken), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
