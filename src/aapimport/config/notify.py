"""Who is told how a run ended: the settings of `[notify]`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aapimport.config.access import check_own
from aapimport.config.given import DEFAULT, Given
from aapimport.config.keys import NOTIFY, NOTIFY_TO, TO, variable
from aapimport.config.mail_values import mailbox
from aapimport.config.settings_file import Table
from aapimport.config.sources import Service, Sources
from aapimport.errors import SettingsError

if TYPE_CHECKING:
    from aapimport.config.settings import Settings

_MOST = 10
_COULD_LISTEN = "would be told of every run: where, on which pass, and how many"


@dataclass(frozen=True, kw_only=True)
class Notify:
    """Who is told how a run ended.

    Attributes:
        to: The addresses; nobody by default.
        origin: Where they came from, in words.
    """

    to: tuple[str, ...] = ()
    origin: str = DEFAULT


NOBODY = Notify()


def notify_of(sources: Sources, services: Iterable[Service] = ()) -> Notify:
    """Who is told how a run ended, by the table of the chosen profile, else by the top one.

    Args:
        sources: Where settings come from.
        services: The services that are worked with, for which one place must say it as it must of
            `[mail]`; none on the practice portal, where nothing leaves this machine.

    Raises:
        SettingsError: An address can't be right; a variable is empty or says otherwise than the
            table; or a file in the working folder says it for services that others name.
    """
    table = Table(sources.profile, NOTIFY)
    stated = [found for file in sources.files if (found := file.given(table, TO))]
    typed, named = sources.variable(NOTIFY_TO), [*services]
    if named and typed is None and NOTIFY_TO in sources.environment:
        raise SettingsError(f"{NOTIFY_TO} is empty", hint="set it, or unset it")
    if named and typed and (stated or sources.profile):
        sources.check_same(typed, stated[:1], table, TO)
    given = typed or next(iter(stated), None)
    if given is None:
        return NOBODY
    if named and not all(map(sources.only_the_folder_names, named)):
        own = [one for one in stated if not one.foreign]
        check_own(given, f"{TO} of [{table}]", own, _COULD_LISTEN)
    return Notify(to=_addresses(given), origin=given.origin)


def check_can_tell(settings: "Settings") -> None:
    """Refuse to begin a run of which nobody could be told.

    Raises:
        SettingsError: There is no mail server for it, or its secret is missing.
    """
    if not settings.notify.to or settings.target == "practice":
        return
    if settings.mail is None:
        at = f"profile.{settings.profile}." if settings.profile else ""
        raise SettingsError(
            f"{', '.join(settings.notify.to)} is to be told how a run ends"
            f" ({settings.notify.origin}), and there is no mail server that could send it",
            hint=f"write the mail server into [{at}mail] (docs/settings.md has an example), or take"
            f" out [{at}{NOTIFY}], and unset {variable(TO, NOTIFY)}",
        )
    if settings.mail.trouble is not None:
        raise settings.mail.trouble


def _addresses(given: Given) -> tuple[str, ...]:
    """The addresses of a text with commas between them, each once."""
    parts = [one.strip() for one in given.text.split(",")]
    found = tuple(dict.fromkeys(mailbox(replace(given, text=one)) for one in parts))
    if len(found) > _MOST:
        raise given.wrong(f"names more than {_MOST} addresses", "name a mailing list")
    return found
