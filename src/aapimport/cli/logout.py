"""`aapimport logout`: forget what `login` keeps."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.login import SERVICE, chosen_services
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.keys import ServiceName


@click.command()
@SERVICE
@profile_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def logout(*, service: "ServiceName | None", profile: str | None, as_json: bool) -> ExitCode:
    """Forget the secret of the portal, of Jhana, or of both.

    It goes from the keyring and from the file; the service itself isn't told.
    """
    from aapimport.app.written import ForgottenSecret, LogoutReport
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.keeping import forget
    from aapimport.config.keys import TITLES
    from aapimport.config.settings import services

    sources = sources_of(Choice(profile=profile))
    stores = stores_of(sources)
    chosen = chosen_services(sources, service)
    answer = current_answer()
    answer.target, answer.address = "live", " ".join(one.place for one in services(sources))
    secrets = []
    for one in chosen:
        where = forget(one, stores)
        secrets.append(ForgottenSecret(service=one.name, url=one.url, was_in=where))
        of = f"{TITLES[one.name]} at {one.url}"
        if where:
            click.echo(f"the secret of {of} is forgotten: {', '.join(where)}", err=True)
        else:
            click.echo(f"no secret of {of} was kept", err=True)
    if as_json:
        report = LogoutReport(target=answer.target, address=answer.address, secrets=secrets)
        answer.print(report.model_dump_json(indent=2))
    return ExitCode.OK
