"""Commands that messages name, as they have to be typed."""

import re

_COMMANDS = (
    "upload|plan|resume|send-emails|history purge|history|receipt verify|receipt|undo"
    "|reconcile|request seats|request address|passes|teams|doctor"
)
_NAMED = re.compile(rf"\baapimport ({_COMMANDS})\b(?!(?: \w+)? --(?:profile|practice|live)\b)")


def with_flags(text: str, flags: str) -> str:
    """A message whose commands work where the one that says it has worked.

    Args:
        text: The message.
        flags: What was typed about where to work: ` --profile acme`, ` --practice`, or nothing.
    """
    return _NAMED.sub(lambda named: f"{named[0]}{flags}", text) if flags else text
