"""Many e-mails: greylisting, a slow server, a full day, a stop; everybody once, or by name."""

import random
from collections import Counter
from functools import partial
from typing import Any

import pytest

from aapimport.config.mail_values import Preset
from aapimport.mail.connection import Patience
from aapimport.mail.delivery import MOST_REFUSALS, WAITS, Delivery, Letter
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    Later,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
)
from aapimport.mail.smtp import Mailer
from support.mail_server import CUT, STEPS, MailServer
from support.mailing import VirtualClock, a_message, mail_for

QUICK = Patience(connect=5.0, command=5.0, dot=5.0)
PEOPLE = [f"p{number}@example.com" for number in range(12)]


class Run:
    """A delivery to everybody.

    Attributes:
        last: What became of each in the end.
        intents: Whose dot was announced, each time.
    """

    def __init__(self, server: MailServer, clock: VirtualClock, **more: Any) -> None:
        self.last: dict[str, Outcome] = {}
        self.intents: Counter[str] = Counter()
        self.clock = clock
        mail = mail_for(server.port, **more)
        self.mailer = Mailer(mail, clock, patience=QUICK)
        self._delivery = Delivery(self.mailer, mail, clock, self._intend)

    def to(self, people: list[str]) -> None:
        """Mail people; who is in doubt from an earlier session began then."""
        began = {to: self.clock.now() for to in people if isinstance(self.last.get(to), InDoubt)}
        letters = [
            Letter(key=to, to=to, message=partial(a_message, to), began=began.get(to))
            for to in people
        ]
        for letter, outcome in self._delivery.run(letters):
            self.last[letter.key] = outcome
        self.mailer.close()

    def _intend(self, letter: Letter) -> None:
        self.intents[letter.key] += 1

    def kinds(self) -> set[type[Outcome]]:
        """What became of people, each kind once."""
        return {type(one) for one in self.last.values()}


def test_greylisting_lets_everybody_through_once() -> None:
    """Who is put off is tried again 1 minute later; nobody is mailed twice."""
    clock = VirtualClock()
    first: dict[str, float] = {}

    def script(step: str, line: str) -> str | None:
        if step != "RCPT":
            return None
        to = line.partition("<")[2].partition(">")[0]
        waited = clock.now() - first.setdefault(to, clock.now())
        return None if waited >= 300 else "451 4.7.1 greylisted for 5 minutes"

    with MailServer(script) as server:
        run = Run(server, clock)
        run.to(PEOPLE)
    assert run.kinds() == {Sent}
    assert sorted(server.recipients) == sorted(PEOPLE)
    assert clock.now() - VirtualClock().now() == WAITS[0] + WAITS[1]


def test_who_is_put_off_for_too_long_is_left_by_name() -> None:
    """After 1, 5, 15 and 30 minutes it is for another session; everybody else has theirs."""

    def script(step: str, line: str) -> str | None:
        return "450 4.2.1 busy" if step == "RCPT" and "<p3@" in line else None

    with MailServer(script) as server:
        run = Run(server, VirtualClock())
        run.to(PEOPLE)
        tries = sum("<p3@" in one for one in server.commands)
    assert run.last["p3@example.com"] == Later("450 4.2.1 busy")
    assert tries == 1 + len(WAITS)
    assert len(server.taken) == len(PEOPLE) - 1
    assert run.intents["p3@example.com"] == 0


def test_a_fourth_connection_is_too_many() -> None:
    """432 while others hold the three: more slowly, and everybody gets theirs once."""
    others = 3
    clock = VirtualClock()

    def script(step: str, _: str) -> str | None:
        nonlocal others
        if step == "MAIL" and others == 3:
            others -= 1
            return "432 4.3.2 Concurrent connections limit exceeded"
        return None

    with MailServer(script) as server:
        run = Run(server, clock)
        run.to(PEOPLE)
    assert run.kinds() == {Sent}
    assert sorted(server.recipients) == sorted(PEOPLE)
    assert clock.slept[0] == WAITS[0]
    assert set(clock.slept[1:]) == {2.0}


def test_thirty_a_minute() -> None:
    """A server that counts refuses nobody, because nobody comes too early."""
    clock = VirtualClock()
    seen: list[float] = []

    def script(step: str, _: str) -> str | None:
        if step != "MAIL":
            return None
        seen.append(clock.now())
        within = [one for one in seen if one > clock.now() - 60]
        return "432 4.3.2 too fast" if len(within) > 30 else None

    people = [f"p{number}@example.com" for number in range(90)]
    with MailServer(script) as server:
        run = Run(server, clock, preset=Preset(host="", per_minute=30))
        run.to(people)
    assert run.kinds() == {Sent}
    assert len(seen) == 90
    assert 170 <= clock.now() - VirtualClock().now() <= 182


@pytest.mark.parametrize(
    ("said", "waits"), [("421 4.3.2 down", WAITS), ("554 5.7.1 you are on a list", ())]
)
def test_a_server_that_takes_nothing_is_waited_for_and_left(
    said: str, waits: tuple[float, ...]
) -> None:
    """For 51 minutes; then the session ends with nobody refused. A lasting one ends it at once."""
    with MailServer(lambda step, _: said if step == "connect" else None) as server:
        run = Run(server, VirtualClock())
        run.to(PEOPLE)
    assert [*run.last] == PEOPLE[:1]
    assert run.kinds() == {TakesNothing}
    assert run.clock.slept == [*waits]


def test_a_server_that_refuses_everybody_refuses_us() -> None:
    """After the first 20 it ends, and the rest was not tried; one that takes some goes on."""
    people = [f"p{number}@example.com" for number in range(60)]
    refused = "550 5.7.1 relaying denied"
    with MailServer(lambda step, _: refused if step == "RCPT" else None) as server:
        run = Run(server, VirtualClock())
        run.to(people)
    assert [*run.last] == people[:MOST_REFUSALS]
    last = run.last[people[MOST_REFUSALS - 1]]
    assert isinstance(last, TakesNothing)
    assert refused in last.reason
    with MailServer(
        lambda step, line: refused if step == "RCPT" and "<p0@" not in line else None
    ) as server:
        run = Run(server, VirtualClock())
        run.to(people)
    assert [*run.last] == people
    assert run.kinds() == {Sent, Refused}


def test_a_full_day_ends_it_with_the_time_to_go_on() -> None:
    """Whoever is left was not sent."""
    clock = VirtualClock()
    with MailServer() as server:
        run = Run(server, clock, preset=Preset(host="", per_day=5))
        run.to(PEOPLE)
    assert len(server.taken) == 5
    last = run.last[PEOPLE[5]]
    assert isinstance(last, DayIsFull)
    assert last.until == clock.now() + 24 * 3600
    assert [*run.last] == PEOPLE[:6]


def test_a_stop_ends_it() -> None:
    """While it waits, too; who waits was not sent."""
    clock = VirtualClock()
    clock.stops_at = clock.now() + 30
    with MailServer(lambda step, _: "450 4.7.1 later" if step == "RCPT" else None) as server:
        run = Run(server, clock)
        run.to(PEOPLE)
    assert run.kinds() == {Later}
    assert server.taken == []


def test_a_doubt_is_repeated_only_where_the_server_knows_e_mails_again() -> None:
    """Without the header it is listed; with it, it is sent again within its hours, and then not."""

    def script(step: str, line: str) -> str | None:
        return CUT if step == "dot" and line == "p3@example.com" else None

    for hours, tries in ((0.0, 1), (0.5, 5), (24.0, 6)):
        header = "Idempotency-Key" if hours else ""
        with MailServer(script) as server:
            run = Run(server, VirtualClock(), idempotency_header=header, idempotency_hours=hours)
            run.to(PEOPLE)
        assert isinstance(run.last["p3@example.com"], InDoubt)
        assert run.intents["p3@example.com"] == tries
        assert {type(run.last[one]) for one in PEOPLE if "p3@" not in one} == {Sent}


def test_a_doubt_ends_only_with_yes() -> None:
    """A refusal, or a loss before the dot, of the second try says nothing of the first."""
    seen = Counter[str]()

    def script(step: str, line: str) -> str | None:
        seen[f"{step} {line}"] += 1
        if step == "dot" and seen[f"{step} {line}"] == 1:
            return CUT
        return "550 5.1.1 nobody" if step == "RCPT" and seen[f"{step} {line}"] > 1 else None

    with MailServer(script) as server:
        run = Run(
            server, VirtualClock(), idempotency_header="Idempotency-Key", idempotency_hours=1.0
        )
        run.to(PEOPLE[:1])
    assert run.kinds() == {InDoubt}


class Deduplicating(MailServer):
    """A server that knows e-mails again by their header."""

    def take(self, sender: str, recipient: str, text: bytes) -> None:
        """Take one, unless it was taken."""
        if recipient not in self.recipients:
            super().take(sender, recipient, text)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("knows_again", [False, True])
def test_cut_anywhere_nobody_is_mailed_twice(seed: int, knows_again: bool) -> None:
    """Everybody is sent, not sent or in doubt by name, whatever is lost when.

    With an idempotency header no doubt is left.
    """
    draw = random.Random(seed)

    def script(step: str, _: str) -> str | None:
        if draw.random() < 0.15 and step in STEPS:
            return draw.choice([CUT, CUT, "451 4.3.0 later", "432 4.3.2 slower"])
        return None

    kind = Deduplicating if knows_again else MailServer
    more = {"idempotency_header": "Idempotency-Key", "idempotency_hours": 24.0}
    with kind(script, takes_first=draw.random() < 0.5) as server:
        run = Run(server, VirtualClock(), **(more if knows_again else {}))
        run.to(PEOPLE)
        _check(run.last, Counter(server.recipients))
        server.script = lambda _step, _line: None  # the next session, when all is well again
        doubts = [to for to, one in run.last.items() if isinstance(one, InDoubt)]
        sent = [to for to, one in run.last.items() if isinstance(one, Sent)]
        run.to([to for to in PEOPLE if to not in sent and (knows_again or to not in doubts)])
        taken = Counter(server.recipients)
    _check(run.last, taken)
    left = {to for to in PEOPLE if not isinstance(run.last[to], Sent)}
    assert left == (set() if knows_again else set(doubts))


def _check(last: dict[str, Outcome], taken: Counter[str]) -> None:
    assert max(taken.values(), default=0) <= 1
    for to in PEOPLE:
        match last.get(to):
            case Sent():
                assert taken[to] == 1
            case Refused():
                raise AssertionError
            case NotSent() | Later() | TakesNothing() | DayIsFull() | None:
                assert taken[to] == 0
