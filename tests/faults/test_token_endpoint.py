import random
import sys
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from aapimport.config.settings import Endpoint
from aapimport.errors import ServiceError, SettingsError
from aapimport.person import Person
from aapimport.plan.make import Services, make_plan
from aapimport.plan.plan import PlanOptions
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from aapimport.services.directory import Directory
from aapimport.services.patience import Patience
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.template.roles import Role
from faults.memory import Memory
from support.extent import SEED
from support.token_endpoint import TokenEndpoint
from support.uploading import checked
from support.wire import Request, Response, Server, error

PEOPLE = 5000


def guarded(memory: Memory, endpoint: TokenEndpoint) -> Server:
    """A service that looks at who asks, and would take everybody twice."""

    def application(request: Request) -> Response:
        is_open = endpoint.opens(request.headers.get("authorization"))
        return memory.act(request) if is_open else error(401, "the token is wrong")

    return Server(application)


@pytest.mark.campaign
def test_a_long_run_survives_its_token_endpoint(tmp_path: Path):
    """5,000 people, tokens that expire, rotate and can't be had: 0 lost, 0 doubled."""
    memory, sessions, done = Memory(), 0, False
    rows = [
        Person(
            row=row,
            email=f"p{row}@acme.com",
            first_name="Ana",
            last_name=f"Number{row}",
            role=Role.MANAGER,
        )
        for row in range(2, PEOPLE + 2)
    ]
    with ExitStack() as stack:
        endpoint = stack.enter_context(TokenEndpoint())
        endpoint.life = 1.0
        portal, jhana = (
            stack.enter_context(closing(Transport(Endpoint(url=server.url, login=endpoint.login))))
            for server in (
                stack.enter_context(guarded(one, endpoint)) for one in (memory, Memory())
            )
        )
        services = Services(
            target="live",
            portal=Portal("All Access Pass", portal, Patience(portal.pause)),
            jhana=Directory("Jhana", jhana, Patience(jhana.pause)),
        )
        journal = stack.enter_context(Journal(tmp_path / "journal.sqlite3"))
        options = PlanOptions(pass_name="p26", maybe="create")
        run = journal.begin(make_plan(checked(rows), services, options).without_emails())
        with endpoint.in_trouble(0.5, random.Random(SEED)):
            while not done and sessions < 100:
                sessions += 1
                try:
                    for _ in Runner(journal, services, run, RunOptions(settle_seconds=0)).steps():
                        pass
                except (ServiceError, SettingsError):  # an outage, or revoked twice in one request
                    continue
                done = True
    assert done
    assert Counter(memory.people.values()) == {1: PEOPLE}
    sys.stderr.write(
        f"\nseed {SEED}: {PEOPLE:,} people, 0 lost, 0 doubled, {sessions} sessions,"
        f" {endpoint.given} tokens of {len(endpoint.seen)} asked for\n"
    )
    assert endpoint.given > 3
