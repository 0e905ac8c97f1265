"""A setting as somebody gave it, and where."""

from dataclasses import dataclass, field

from aapimport.errors import SettingsError

DEFAULT = "default"
"""The origin of what nobody has set."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A value as it was typed; `settings` says what it means.

    Attributes:
        text: The value.
        origin: Where it came from, for screens: `AAPIMPORT_BUFFER`,
            `/home/ana/aapimport.toml [profile.acme]`.
        where: How a message names it: `AAPIMPORT_BUFFER`, `/home/ana/aapimport.toml: buffer`.
        foreign: Whether a file in the working folder or above it gave it, which somebody else
            may have put there.
        in_file: Whether a file gave it.
    """

    text: str = field(repr=False)
    origin: str
    where: str
    foreign: bool = False
    in_file: bool = False

    def wrong(self, what: str, hint: str = "") -> SettingsError:
        """An error that says where this value is, and what is wrong with it.

        Args:
            what: What is wrong, to be read after the setting's name.
            hint: What to do; by default, to correct it.
        """
        cure = "take it out of the file" if self.in_file else "unset it"
        return SettingsError(f"{self.where} {what}", hint=hint or f"correct it, or {cure}")
