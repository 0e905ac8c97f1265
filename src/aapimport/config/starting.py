"""A new `aapimport.toml`, with a comment for everything that may stand in it."""

import json
from dataclasses import dataclass
from pathlib import Path

from aapimport.errors import FileProblemError

_REST = """
# More settings, each with what holds without it; docs/settings.md says what they mean.
# They belong above the first line that begins with [.
# buffer = 10                  # per cent of a pass's seats that should stay free
# pace = 25                    # requests a second, or the name of a known service: "slack"
# settle_seconds = 120         # how long a service may still be finishing a lost request
# keep_people = 30             # days for which receipts name people; 0 erases them at once
# pass_as = "auto"             # what being on the pass is: "entitlement" or "group"
# not_kept = ["externalId"]    # what the portal declares and drops
# keeps_members = true         # the portal is known to keep a team's members
# no_results = true            # no results workbook is written beside the file
# proxy = "http://proxy.example.com:3128"
"""
_SERVICE_REST = """# auth = "bearer"              # or "basic" (with user), "header" (with header),
#                              # "client-credentials" (with token_url, client_id, scope)
# ca_file = "company-ca.pem"   # certificates of your company, trusted beside the system's
# certificate = "client.pem"   # a client certificate, and its key
# key = "client.key"
"""


_MAIL = """
# The mail server, where the portal sends no welcome e-mails; docs/settings.md has more.
# [{at}mail]
# host = "smtp.example.com"      # or preset = "microsoft365", "gmail", "google-relay"
# user = "learning@example.com"  # its password: aapimport login mail
# from = "learning@example.com"
# sign_in = "sso"                # or "set-password"
# sign_in_url = "https://portal.example.com/"

# Who is told how each run ended, by that mail server.
# [{at}notify]
# to = "you@example.com"
"""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a new settings file says.

    Attributes:
        portal_url: The portal's address, checked.
        jhana_url: Jhana's, likewise.
        administrator: The address of whoever runs aapimport; empty to leave it out.
        profile: The client's profile; empty for settings that need none.
    """

    portal_url: str
    jhana_url: str
    administrator: str = ""
    profile: str = ""


def settings_text(beginning: Beginning) -> str:
    """The text of a new settings file."""
    at = f"profile.{_key(beginning.profile)}." if beginning.profile else ""
    administrator = (
        f"administrator = {json.dumps(beginning.administrator, ensure_ascii=False)}\n"
        if beginning.administrator
        else '# administrator = "you@example.com"   # your own role is never changed\n'
    )
    return (
        "# Settings of aapimport. Secrets never stand here: `aapimport login` keeps them.\n"
        f"\n{administrator}{_REST}"
        f'\n[{at}portal]\nurl = "{beginning.portal_url}"\n{_SERVICE_REST}'
        f'\n[{at}jhana]\nurl = "{beginning.jhana_url}"\n' + _MAIL.format(at=at)
    )


def write_settings(path: Path, text: str) -> None:
    """Write a new settings file, never over one that is there.

    Raises:
        FileProblemError: It exists already, or can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise exists_already(path) from None
    except OSError as error:
        raise FileProblemError(f"{path} can't be written: {error.strerror}") from error


def exists_already(path: Path) -> FileProblemError:
    """The error that a settings file is there, which is never written over."""
    return FileProblemError(
        f"{path} exists already, and is never written over",
        hint="change it with an editor: a client more is [profile.NAME.portal] and"
        " [profile.NAME.jhana], each with its url",
    )


def _key(profile: str) -> str:
    return f'"{profile}"' if "." in profile else profile
