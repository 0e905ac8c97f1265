"""`[notify]`: who is told how a run ended."""

import json

import pytest

from aapimport.config.choice import Choice, settings_for
from aapimport.config.given import DEFAULT
from aapimport.config.notify import Notify
from aapimport.errors import SettingsError
from support.machine import SERVICES, Machine, profile

TOKENS = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
ME, IT = "zoe@example.com", "it@example.com"


def _table(to: object, of: str = "") -> str:
    return f"[{f'profile.{of}.' if of else ''}notify]\nto = {json.dumps(to)}\n"


def _told(
    machine: Machine, *, of: str | None = None, practice: bool = False, **more: str
) -> Notify:
    given = {"AAPIMPORT_STATE_DIR": str(machine.state)} | TOKENS | more
    choice = Choice(profile=of, practice=practice)
    return settings_for(choice, on_terminal=False, environment=given).notify


def _refused(machine: Machine, *said: str, of: str | None = None, **more: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _told(machine, of=of, practice=False, **more)
    words = f"{caught.value.message} {caught.value.hint}"
    assert all(one in words for one in said), words


def test_one_or_several(machine: Machine) -> None:
    """A text, a list, or commas between them in the variable; each once."""
    machine.own_file(SERVICES)
    assert _told(machine) == Notify(to=(), origin=DEFAULT)
    machine.own_file(SERVICES + _table(ME))
    assert _told(machine).to == (ME,)
    assert str(machine.own_path) in _told(machine).origin
    machine.own_file(SERVICES + _table([ME, IT, ME]))
    assert _told(machine).to == (ME, IT)
    machine.own_file(SERVICES)
    found = _told(machine, AAPIMPORT_NOTIFY_TO=f"{ME}, {IT}")
    assert found == Notify(to=(ME, IT), origin="AAPIMPORT_NOTIFY_TO")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (_table("zoe"), "is not an e-mail address"),
        (_table([]), "is not an e-mail address"),
        (_table([ME, "Zoe <zoe@example.com>"]), "is not an e-mail address"),
        (_table(f"{ME}\r\nBcc: x@example.com"), "is not an e-mail address"),
        (_table([f"p{n}@example.com" for n in range(11)]), "more than 10 addresses"),
        (_table(7), "has the wrong form"),
        ('notify = "zoe@example.com"\n', "is a table, and not one value"),
        ('[notify]\ntoo = "zoe@example.com"\n', "did you mean 'to'"),
        ('[notfy]\nto = "zoe@example.com"\n', "did you mean 'notify'"),
        ('[mail]\nto = "zoe@example.com"\n', "belongs into the table [notify]"),
    ],
)
def test_what_cannot_be_right_is_refused(machine: Machine, table: str, said: str) -> None:
    """With where it stands, before anything is sent."""
    top, services = (table, SERVICES) if table.startswith("notify") else ("", SERVICES + table)
    machine.own_file(top + services)
    _refused(machine, said)


def test_variables_contradict_nothing(machine: Machine) -> None:
    """As for `[mail]`; a misspelt one is none."""
    machine.own_file(SERVICES + _table(ME))
    assert _told(machine, AAPIMPORT_NOTIFY_TO=ME).to == (ME,)
    _refused(machine, "says otherwise", AAPIMPORT_NOTIFY_TO=IT)
    _refused(machine, "AAPIMPORT_NOTIFY_TO is empty", AAPIMPORT_NOTIFY_TO=" ")
    _refused(machine, "did you mean 'AAPIMPORT_NOTIFY_TO'", AAPIMPORT_NOTFIY_TO=ME)


def test_a_profile_tells_its_own(machine: Machine) -> None:
    """Never whom the top names, nor a variable: it may be left over from another client."""
    own = _table(ME) + profile("acme") + profile("globex") + _table(IT, "globex")
    machine.own_file(own)
    assert _told(machine, of="acme").to == ()
    assert _told(machine, of="globex").to == (IT,)
    _refused(machine, "may be left over", of="acme", AAPIMPORT_NOTIFY_TO=ME)
    _refused(machine, "says otherwise", of="globex", AAPIMPORT_NOTIFY_TO=ME)
    assert _told(machine, practice=True).to == (ME,)
    assert _told(machine, of="globex", practice=True, AAPIMPORT_NOTIFY_TO=ME).to == (ME,)


def test_a_file_in_the_folder_does_not_listen(machine: Machine) -> None:
    """It would be told of every run at services that the user's own file names."""
    machine.own_file(SERVICES)
    machine.folder_file(_table(IT))
    _refused(machine, "would be told of every run")
    machine.own_file(SERVICES + _table(IT))
    assert _told(machine).to == (IT,)
