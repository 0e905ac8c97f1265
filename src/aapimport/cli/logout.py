"""`aapimport logout`: forget what `login` keeps."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.login import SERVICE, SecretsCommand, chosen_services
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.keys import TableName


@click.command(cls=SecretsCommand)
@SERVICE
@profile_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def logout(*, service: "TableName | None", profile: str | None, as_json: bool) -> ExitCode:
    """Forget the secret of the portal, of Jhana or of the mail server, or all.

    It goes from the keyring and from the file, also what was kept for an address
    that the profile had before, or for a profile that no settings file has any
    more; the service itself isn't told.
    """
    from aapimport.app.written import ForgottenSecret, LogoutReport
    from aapimport.config.choice import sources_to_forget, stores_of
    from aapimport.config.keeping import forget
    from aapimport.config.keys import TABLE_NAMES, TITLES
    from aapimport.config.mail import mail_service
    from aapimport.config.overview import whereabouts
    from aapimport.config.settings import is_configured

    sources = sources_to_forget(profile)
    stores = stores_of(sources)
    answer = current_answer()
    answer.target = "live"
    if is_configured(sources):
        answer.address = whereabouts(sources).address
    if is_gone := bool(sources.profile) and sources.profile not in sources.profiles:
        at = f"its state folder is {stores.file.path.parent}"
        click.echo(f"no settings file has the profile {sources.profile} any more; {at}", err=True)
    secrets = []
    for name in (service,) if service else TABLE_NAMES:
        one = mail_service(sources) if name == "mail" else sources.service(name)
        found = forget(name, one.kept_for if one else "", stores)
        for place, where in found.items():
            at = one.url if one and place == one.place else place
            secrets.append(ForgottenSecret(service=name, url=at, was_in=where))
            of = f"{TITLES[name]} at {at}"
            click.echo(f"the secret of {of} is forgotten: {', '.join(where)}", err=True)
        if one and one.place not in found:
            secrets.append(ForgottenSecret(service=name, url=one.url, was_in=[]))
            click.echo(f"no secret of {TITLES[name]} at {one.url} was kept", err=True)
    if not secrets and is_gone:
        click.echo(f"no secret of profile {sources.profile} was kept", err=True)
    elif not secrets:
        chosen_services(sources, service)  # says that there is no address
    if as_json:
        report = LogoutReport(target=answer.target, address=answer.address, secrets=secrets)
        answer.print(report.model_dump_json(indent=2))
    return ExitCode.OK
