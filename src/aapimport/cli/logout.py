"""`aapimport logout`: forget what `login` keeps."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.login import SERVICE, SecretsCommand, chosen_services
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.keys import ServiceName


@click.command(cls=SecretsCommand)
@SERVICE
@profile_option
def logout(*, service: "ServiceName | None", profile: str | None) -> ExitCode:
    """Forget the secret of the portal, of Jhana, or of both.

    It goes from the keyring and from the file, also what was kept for an address
    that the profile had before; the service itself isn't told.
    """
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.keeping import forget
    from aapimport.config.keys import SERVICE_NAMES, TITLES

    sources = sources_of(Choice(profile=profile))
    stores = stores_of(sources)
    for name in (service,) if service else SERVICE_NAMES:
        one = sources.service(name)
        found = forget(name, one.place if one else "", stores)
        if one is None and not found:
            chosen_services(sources, service)  # says that there is no address
        for place, where in found.items():
            at = one.url if one and place == one.place else place
            of = f"{TITLES[name]} at {at}"
            click.echo(f"the secret of {of} is forgotten: {', '.join(where)}", err=True)
        if one and one.place not in found:
            click.echo(f"no secret of {TITLES[name]} at {one.url} was kept", err=True)
    return ExitCode.OK
