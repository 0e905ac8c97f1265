"""Mails everybody from a process of its own, and kills itself at any step, as a test says.

Run as `python mailing_child.py LEDGER PORT PEOPLE SEED CHANCE [HEADER]`; ends with 0 when nobody
is left that it may mail.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from email.message import EmailMessage
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from aapimport.mail.connection import Patience
from aapimport.mail.delivery import Delivery, Letter
from aapimport.mail.outcomes import InDoubt, Later, NotSent, Sent
from aapimport.mail.smtp import Mailer
from support.mailing import VirtualClock, a_message, mail_for


def main() -> int:
    """Mail everybody who may be mailed."""
    ledger, port, people, seed, chance, *header = sys.argv[1:]
    draw = random.Random(int(seed))
    book = sqlite3.connect(ledger, isolation_level=None)
    book.execute("PRAGMA synchronous=EXTRA")
    book.execute("CREATE TABLE IF NOT EXISTS mails (mailbox PRIMARY KEY, state, began)")

    def maybe_die() -> None:
        if draw.random() < float(chance):
            os.kill(os.getpid(), signal.SIGKILL)

    def intend(letter: Letter) -> None:
        maybe_die()
        began = letter.began or time.time()
        book.execute("INSERT OR REPLACE INTO mails VALUES (?, 'dot', ?)", (letter.to, began))
        maybe_die()

    known = {to: (state, began) for to, state, began in book.execute("SELECT * FROM mails")}

    def message(to: str) -> EmailMessage:
        made = a_message(to)
        if header:
            made[header[0]] = to
        return made

    more = {"idempotency_header": header[0], "idempotency_hours": 24.0} if header else {}
    mail = mail_for(int(port), **more)
    clock = VirtualClock()
    clock.time = time.time()
    mailer = Mailer(mail, clock, patience=Patience(connect=10.0, command=10.0, dot=10.0))
    letters = [
        Letter(key=to, to=to, message=partial(message, to), began=began)
        for to in (f"p{number}@example.com" for number in range(int(people)))
        for state, began in [known.get(to, ("", None))]
        if state == "" or (state == "dot" and header)
    ]
    left = False
    for letter, outcome in Delivery(mailer, mail, clock, intend).run(letters):
        maybe_die()
        match outcome:
            case Sent():
                book.execute("UPDATE mails SET state = 'sent' WHERE mailbox = ?", (letter.to,))
            case NotSent() | Later():
                book.execute("DELETE FROM mails WHERE mailbox = ?", (letter.to,))
        left = left or not isinstance(outcome, Sent | InDoubt)
        maybe_die()
    mailer.close()
    return 4 if left else 0


if __name__ == "__main__":
    sys.exit(main())
