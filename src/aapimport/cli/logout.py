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

    It goes from the keyring and from the file; the service itself isn't told.
    """
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.keeping import forget
    from aapimport.config.keys import TITLES

    sources = sources_of(Choice(profile=profile))
    stores = stores_of(sources)
    for one in chosen_services(sources, service):
        where = forget(one, stores)
        of = f"{TITLES[one.name]} at {one.url}"
        if where:
            click.echo(f"the secret of {of} is forgotten: {', '.join(where)}", err=True)
        else:
            click.echo(f"no secret of {of} was kept", err=True)
    return ExitCode.OK
