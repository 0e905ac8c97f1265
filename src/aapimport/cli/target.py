"""Where a command works: `--profile`, `--practice` and `--live`, and the settings for them."""

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aapimport.cli.answer import current_answer
from aapimport.cli.flags import option
from aapimport.cli.grouping import EVERYDAY, UNATTENDED
from aapimport.text import as_typed

if TYPE_CHECKING:
    from aapimport.config.choice import Choice
    from aapimport.config.settings import Settings

_Command = Callable[..., Any]


def profile_option(command: _Command) -> _Command:
    """Give a command `--profile NAME`."""
    settings: dict[str, Any] = {
        "metavar": "NAME",
        "common": True,
        "help": "The client's profile in aapimport.toml.",
    }
    return option(EVERYDAY, "--profile", **settings)(command)


def target_options(command: _Command) -> _Command:
    """Give a command the three flags; it is called with one `choice` instead of them."""

    @functools.wraps(command)
    def with_choice(*, profile: str | None, practice: bool, live: bool, **more: Any) -> Any:
        from aapimport.config.choice import Choice

        choice = Choice(profile=profile, practice=practice, live=live)
        return command(choice=choice, **more)

    flags = (
        profile_option,
        option(
            EVERYDAY,
            "--practice",
            is_flag=True,
            help="Use the practice portal, whatever is set.",
        ),
        option(UNATTENDED, "--live", is_flag=True, help="Refuse to use the practice portal."),
    )
    wrapped: _Command = with_choice
    for flag in reversed(flags):
        wrapped = flag(wrapped)
    return wrapped


def chosen_settings(choice: "Choice") -> "Settings":
    """The settings for what the command line says; what is to be said of them is on stderr.

    Raises:
        UsageError: `--live` and `--practice` together.
        SettingsError: As `config.choice.settings_for` says.
    """
    from aapimport.config.choice import settings_for
    from aapimport.screens.settings import show_notices

    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    settings = settings_for(choice, on_terminal=on_terminal)
    show_notices(settings.notices)
    profile = f" --profile {as_typed(choice.profile)}" if choice.profile else ""
    current_answer().goes_to(settings, f"{profile}{' --practice' if choice.practice else ''}")
    return settings
