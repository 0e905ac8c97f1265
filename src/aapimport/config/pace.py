"""How many requests a second a service takes: known limits, and what an administrator types."""

from aapimport.errors import SettingsError

PRESETS = {
    "slack": 3.0,  # 180 creates a minute
    "github": 1000 / 3600,
    "peakon": 25_000 / 3600,  # operations; bulk counts each
    "miro": 100 / 30,  # changes of users in 30 s
    "deel": 5.0,
    "condeco": 500 / 60,
    "instaclustr": 750 / 60,
}
"""Requests a second that hosted services document (docs/scim.md, "Hosted services")."""


def read_pace(typed: str | None) -> float | None:
    """The pace that was typed: requests a second, or the name of a known service.

    Returns:
        Requests a second; None when nothing was typed.

    Raises:
        SettingsError: It is neither.
    """
    if typed is None or not typed.strip():
        return None
    name = typed.strip().lower()
    if name in PRESETS:
        return PRESETS[name]
    try:
        pace = float(name)
    except ValueError:
        pace = 0.0
    if not 0 < pace <= 1000:  # noqa: PLR2004 -- beyond that, no pace is kept anyway
        raise SettingsError(
            f"{typed!r} is no pace",
            hint="a number of requests a second, or one of: " + ", ".join(PRESETS),
        )
    return pace
