"""The cost of a run, beside what anybody would write: `python bench/run.py [--people N]`.

Every way sends the same people to the same service that answers at once (bench/stub_server.py, a
process of its own), newly started each time: a bare httpx loop with the same prepared bodies and as
many threads as a run uses at the most; scim2-client's own create loop; aapimport with single
requests and with bulk requests, journal and reading back included. Prints people per second,
requests per person, the ratio to the bare loop, and aapimport's peak memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import httpx

from aapimport.config.settings import Endpoint
from aapimport.person import Person
from aapimport.plan.make import Services
from aapimport.plan.plan import Action, PersonPlan, Plan, PlanOptions, Step
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from aapimport.run.window import THREADS
from aapimport.services.accounts import new_body
from aapimport.services.directory import Directory
from aapimport.services.discovery import Capabilities
from aapimport.services.portal import Portal
from aapimport.services.transport import MEDIA_TYPE, Transport
from aapimport.services.values import Pass, Wanted
from aapimport.template.roles import Role

HERE = Path(__file__).parent


def wanted(number: int) -> Wanted:
    """One person to create."""
    return Wanted(
        email=f"person.{number:06}@acme.com",
        first_name=f"First{number % 977}",
        last_name=f"Last{number % 4999}",
        role=Role.INDIVIDUAL_CONTRIBUTOR.value,
        pass_id="leadership-2026",
        pass_name="Leadership 2026",
    )


@contextmanager
def stub() -> Iterator[str]:
    """A newly started service; yields its address."""
    command = [sys.executable, str(HERE / "stub_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


Work = Callable[[], None]
"""What is timed; everything before it is preparation."""


@contextmanager
def bare_httpx(url: str, people: int) -> Iterator[Work]:
    """A loop that sends prepared bodies and looks at nothing."""
    bodies = [
        json.dumps(new_body(wanted(number), Capabilities())).encode() for number in range(people)
    ]
    headers = {"Content-Type": MEDIA_TYPE, "Authorization": "Bearer token"}

    def work() -> None:
        replies = pool.map(lambda body: client.post(f"{url}/Users", content=body), bodies)
        assert all(reply.status_code == httpx.codes.CREATED for reply in replies)

    with httpx.Client(headers=headers) as client, ThreadPoolExecutor(THREADS) as pool:
        yield work


@contextmanager
def scim2_client(url: str, people: int) -> Iterator[Work]:
    """scim2-client's own way: one create after the other."""
    from httpx2 import Client
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_models import Email, Entitlement, Name, ResourceType, ScimProvider, User

    kind = ResourceType(name="User", endpoint="/Users", schema=User.__schema__)
    users = [
        User(
            user_name=one.email,
            name=Name(given_name=one.first_name, family_name=one.last_name),
            display_name=f"{one.first_name} {one.last_name}",
            active=True,
            emails=[Email(value=one.email, type=Email.Type.work, primary=True)],
            entitlements=[Entitlement(value=one.pass_id, type="pass")],
        )
        for one in map(wanted, range(people))
    ]

    def work() -> None:
        for user in users:
            scim.create(user, check_response_payload=False)

    with Client(base_url=url) as client:
        scim = SyncSCIMClient(client, provider=ScimProvider([User], resource_types=[kind]))
        yield work


def plan_of(people: int, address: str) -> Plan:
    """A plan that creates everybody."""
    return Plan(
        receipt="BENCH2",
        file="bench.xlsx",
        file_digest="0" * 64,
        sheet="Users",
        target="live",
        address=address,
        pass_=Pass(id="leadership-2026", name="Leadership 2026"),
        teams=(),
        options=PlanOptions(pass_name="Leadership 2026"),
        people=tuple(
            PersonPlan(
                person=Person(
                    row=number + 2,
                    email=wanted(number).email,
                    first_name=wanted(number).first_name,
                    last_name=wanted(number).last_name,
                    role=Role.INDIVIDUAL_CONTRIBUTOR,
                ),
                portal=Step(action=Action.CREATE, wanted=wanted(number)),
                seat=True,
            )
            for number in range(people)
        ),
    )


@contextmanager
def aapimport(url: str, people: int, *, bulk: bool) -> Iterator[Work]:
    """A run: intents, requests, results, reading back, all in the journal."""
    endpoint = Endpoint.bearer(url=url, token="token")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        portal, jhana = (stack.enter_context(closing(Transport(endpoint))) for _ in range(2))
        services = Services(
            target="live",
            portal=Portal("All Access Pass", portal),
            jhana=Directory("Jhana", jhana),
        )
        journal = stack.enter_context(Journal(Path(folder) / "journal.sqlite3"))
        plan = plan_of(people, services.address)

        def work() -> None:
            run = journal.begin(plan)
            for _ in Runner(
                journal, services, run, RunOptions(settle_seconds=0, bulk=bulk)
            ).steps():
                pass
            assert journal.run(run.receipt).finished_at is not None

        yield work


WAYS: dict[str, Callable[[str, int], AbstractContextManager[Work]]] = {
    "bare httpx loop": bare_httpx,
    "scim2-client loop": scim2_client,
    "aapimport, single": partial(aapimport, bulk=False),
    "aapimport, bulk": partial(aapimport, bulk=True),
}


def measure(name: str, people: int) -> tuple[float, float, float]:
    """Seconds, this process's own seconds of processor, and requests per person of one way."""
    with stub() as url, WAYS[name](url, people) as work:
        began, cost = time.perf_counter(), time.process_time()
        work()
        seconds, cost = time.perf_counter() - began, time.process_time() - cost
        with urlopen(f"{url}/ledger") as answer:  # noqa: S310 -- our own process on loopback
            ledger = json.load(answer)
    assert ledger.pop("people") == people, "not everybody was created"
    requests = sum(count for path, count in ledger.items() if path != "GET /ledger")
    return seconds, cost, requests / people


def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--only", choices=list(WAYS))
    arguments = parser.parse_args()
    bare = bare_cost = 0.0
    print(
        f"{'':20} {'people/s':>9} {'requests':>9} {'processor':>10} {'time':>6} {'processor':>10}"
    )
    print(f"{'':20} {'':>9} {'/person':>9} {'ms/person':>10} {'bare=1':>6} {'bare=1':>10}")
    for name in WAYS:
        if arguments.only not in {None, name}:
            continue
        seconds, cost, requests = measure(name, arguments.people)
        bare, bare_cost = bare or seconds, bare_cost or cost
        print(
            f"{name:20} {arguments.people / seconds:9,.0f} {requests:9.2f}"
            f" {1000 * cost / arguments.people:10.3f} {seconds / bare:6.2f}"
            f" {cost / bare_cost:10.2f}"
        )
    try:
        import resource
    except ImportError:
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
