"""Every place that settings come from, and which of them goes first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from aapimport.config.addresses import place_of
from aapimport.config.files import Places
from aapimport.config.given import Given
from aapimport.config.keys import (
    COMMON,
    OF_A_LOGIN,
    OF_A_PORTAL,
    OF_A_SERVICE,
    PLAIN,
    PROFILE,
    SERVICE_NAMES,
    STATE,
    ServiceName,
    TableName,
    check_variables,
    service_variables,
    variable,
)
from aapimport.config.masking import masked
from aapimport.config.settings_file import (
    NAME_RULE,
    SettingsFile,
    Table,
    check_profile_names,
    is_profile_name,
)
from aapimport.config.values import web_address
from aapimport.errors import SettingsError
from aapimport.text import closest, did_you_mean

FLAG = "--profile"


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where a service, or the mail server, is, and how one logs in, without the secret.

    Attributes:
        name: Which it is.
        address: Its address, as it was given.
        url: The same, checked, in the one way in which addresses are written.
        details: Its other settings.
    """

    name: TableName
    address: Given
    url: str
    details: Mapping[str, Given]

    @property
    def place(self) -> str:
        """What its address leads to, however it is spelled."""
        return place_of(self.url)

    @property
    def kept_for(self) -> str:
        """What a kept secret is bound to: the place, and where else and as whom it is sent.

        The settings of the log-in are told apart by a hash, since a secret that was put there by
        mistake would be readable otherwise. A token that is sent as such has none.
        """
        said = [f"{key}={self.details[key].text}" for key in OF_A_LOGIN if key in self.details]
        if not said or said == ["auth=bearer"]:
            return self.place
        return f"{self.place}#{sha256(chr(0).join(said).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The environment, the settings files, and the profile that was chosen.

    Attributes:
        environment: The environment's variables.
        files: The folder's file and the user's, as far as they are there, in this order.
        profile: The chosen profile; empty without one.
        chosen_by: What chose it, `--profile` or `AAPIMPORT_PROFILE`; empty without one.
    """

    environment: Mapping[str, str] = field(repr=False)
    files: tuple[SettingsFile, ...] = ()
    profile: str = ""
    chosen_by: str = ""

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of all profiles, sorted."""
        return tuple(sorted({name for file in self.files for name in file.profiles}))

    def variable(self, name: str) -> Given | None:
        """What a variable holds; None where it is missing or blank."""
        text = self.environment.get(name, "").strip()
        return Given(text=text, origin=name, where=name) if text else None

    def plain(self, key: str) -> Given | None:
        """A setting that stands above the tables; None where nobody has set it.

        A profile's own goes before the common one of the same file, and the folder's file before
        the user's.
        """
        if (found := self.variable(variable(key))) is not None:
            return found
        for file in self.files:
            common = not self.profile or key in (*COMMON, STATE)
            for profile in dict.fromkeys((self.profile, "") if common else (self.profile,)):
                if (found := file.given(Table(profile), key)) is not None:
                    return found
        return None

    def is_named(self, name: ServiceName) -> bool:
        """Whether anything speaks of this service, be it empty."""
        return any(one in self.environment for one in service_variables(name)) or any(
            Table(self.profile, name) in file.tables for file in self.files
        )

    def service(self, name: ServiceName) -> Service | None:
        """Where a service is; None where nothing says it.

        A table that names another address than the one that counts says nothing about it.

        Raises:
            SettingsError: The address can't be right, or a variable says otherwise than a table.
        """
        address = self._address(name)
        if address is None:
            return None
        url, table = web_address(address), self.table(name)
        details: dict[str, Given] = {}
        for key in OF_A_SERVICE[1:]:
            speaking = (one for one in self.files if self._speaks_of(one, name, address, url))
            stated = [found for one in speaking if (found := one.given(table, key))]
            typed = self.variable(variable(key, name))
            if typed and (stated or self.profile):
                self.check_same(typed, stated, table, key)
            if found := typed or next(iter(stated), None):
                details[key] = found
        return Service(name=name, address=address, url=url, details=details)

    def check_facts(self, portal: Service) -> None:
        """Refuse what may be said of another client than the one whose portal this is.

        With a profile, a variable that says otherwise than its own tables may be left over; what
        holds for every client may be said by a variable alone, what is known of one portal may not.
        Without one, what stands above a `[portal]` is said of that.

        Raises:
            SettingsError: There is something.
        """
        for key in OF_A_PORTAL:
            for file in self.files:
                about = file.given(self.table("portal"), "url")
                given = file.given(Table(self.profile), key)
                if given and about and place_of(web_address(about)) != portal.place:
                    raise given.wrong(
                        f"is known of the portal at {web_address(about)}, and this one is"
                        f" {portal.url} ({portal.address.origin})",
                        "write each client's settings into a profile of its own",
                    )
        if not self.profile:
            return
        table = Table(self.profile)
        for key in PLAIN:
            typed = self.variable(variable(key))
            stated = [found for one in self.files if (found := one.given(table, key))]
            if typed and (stated or key in OF_A_PORTAL):
                self.check_same(typed, stated, table, key)

    def check_same(self, typed: Given, stated: list[Given], table: Table, key: str) -> None:
        """Refuse a variable that no table states, or that any states otherwise.

        The user's own file counts, whatever a file in the working folder agrees to.
        """
        if not stated:
            raise SettingsError(
                f"{typed.where} is set, and the profile {self.profile!r} has no {key} in"
                f" [{table}]: it may be left over from another client",
                hint=f"unset {typed.where}; or, if it is right, write it into [{table}]",
            )
        for one in stated:
            if one.text != typed.text:
                raise SettingsError(
                    f"{typed.where} says otherwise than {one.where}: nobody knows which is meant",
                    hint=f"unset {typed.where}, or correct the other",
                )

    def named_in(self, service: Service) -> frozenset[str]:
        """The places that name the address of a service: the environment, and files."""
        found = {str(one.path): one.given(self.table(service.name), "url") for one in self.files}
        found["the environment"] = self.variable(variable("url", service.name))
        return frozenset(
            where
            for where, one in found.items()
            if one and place_of(web_address(one)) == service.place
        )

    def own(self, name: TableName | None, key: str) -> Iterator[Given]:
        """A setting as the user's own file gives it, whatever goes before it."""
        for file in self.files:
            if not file.foreign:
                tables = [self.table(name)] if name else [Table(self.profile), Table()]
                found = (file.given(table, key) for table in tables)
                yield from (one for one in found if one is not None)

    def only_the_folder_names(self, service: Service) -> bool:
        """Whether nobody but a file in the working folder names a service's address."""
        if service.name == "mail":
            own = (one.text for key in ("host", "preset") for one in self.own("mail", key))
            return service.address.foreign and service.address.text not in set(own)
        return service.address.foreign and all(
            web_address(one) != service.url for one in self.own(service.name, "url")
        )

    def missing(self) -> list[str]:
        """What both services need and nothing gives, by the names of the settings."""
        return [
            f"url in [{self.table(name)}]"
            if self.profile and variable("url", name) not in self.environment
            else variable("url", name)
            for name in SERVICE_NAMES
            if self._address(name) is None
        ]

    def _address(self, name: ServiceName) -> Given | None:
        in_files = [found for file in self.files if (found := file.given(self.table(name), "url"))]
        if (wanted := variable("url", name)) not in self.environment:
            return in_files[0] if in_files else None
        if (typed := self.variable(wanted)) is None:
            return None  # it failed to load, and no other may stand in for it
        url = web_address(typed)
        if self.profile and not in_files:
            self.check_same(typed, [], self.table(name), "url")
        for bound in in_files if self.profile else []:
            if place_of(web_address(bound)) != place_of(url):
                raise SettingsError(
                    f"{typed.where} is {url}, and the profile {self.profile!r} is bound to"
                    f" {web_address(bound)} ({bound.origin})",
                    hint=f"unset {typed.where}, or use another profile",
                )
        return typed

    def _speaks_of(self, file: SettingsFile, name: ServiceName, address: Given, url: str) -> bool:
        """Whether a file's table is about the service at this address."""
        named = file.given(self.table(name), "url")
        if named is None:
            return file.foreign or not address.foreign
        return place_of(web_address(named)) == place_of(url)

    def table(self, name: TableName) -> Table:
        """The table of a service, or of the mail server, for the chosen profile."""
        return Table(self.profile, name)


def read_sources(
    environment: Mapping[str, str],
    where: Places | None,
    profile: str | None,
    *,
    known: Iterable[str] = (),
) -> Sources:
    """Read the environment and the settings files, and find the profile.

    Args:
        environment: The environment's variables.
        where: Where the files are; None to read none.
        profile: What `--profile` names; None for what the environment says.
        known: Profiles that may be chosen although no file has them.

    Raises:
        SettingsError: A variable is no setting, a file can't be read, or nobody knows the profile.
    """
    check_variables(environment)
    files: tuple[SettingsFile, ...] = ()
    if where is not None:
        from aapimport.config.files import read_files

        files = tuple(file for file in read_files(where) if file is not None)
    check_profile_names((name for file in files for name in file.profiles), "the settings files")
    chosen_by = FLAG if profile is not None else PROFILE if PROFILE in environment else ""
    chosen = (environment.get(PROFILE, "") if profile is None else profile).strip()
    found = Sources(environment=environment, files=files, profile=chosen, chosen_by=chosen_by)
    if chosen_by and chosen not in known:
        _check_profile(found)
    return found


def _check_profile(sources: Sources) -> None:
    """Refuse a profile that nobody knows; one that is empty is a mistake, and not none."""
    name, by = sources.profile, sources.chosen_by
    if not name:
        raise SettingsError(f"{by} is empty", hint="name a profile, or leave it out")
    if not is_profile_name(name):
        raise SettingsError(
            f"{by} names {masked(name)!r}, which can't be a profile",
            hint=NAME_RULE,
        )
    if name in sources.profiles:
        return
    known = ", ".join(sources.profiles)
    by_form = {one.lower(): one for one in sources.profiles}
    meant = did_you_mean(by_form[form] for form in closest(name.lower(), sorted(by_form)))
    there_are = f"there are: {known}" if known else "there are no profiles yet"
    raise SettingsError(
        f"{by} names {masked(name)!r}, a profile that no settings file has",
        hint=f"{meant + ' ' if meant else ''}{there_are}; `aapimport config path` says which"
        " files are read",
    )
