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
    that the profile had before; the service itself isn't told.
    """
    from aapimport.app.written import ForgottenSecret, LogoutReport
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.keeping import forget
    from aapimport.config.keys import TABLE_NAMES, TITLES
    from aapimport.config.mail import mail_service
    from aapimport.config.settings import is_configured, services

    sources = sources_of(Choice(profile=profile))
    stores = stores_of(sources)
    answer = current_answer()
    answer.target = "live"
    if is_configured(sources):
        answer.address = " ".join(one.place for one in services(sources))
    secrets = []
    for name in (service,) if service else TABLE_NAMES:
        one = mail_service(sources) if name == "mail" else sources.service(name)
        found = forget(name, one.kept_for if one else "", stores)
        if one is None and name == "mail" and service is None:
            continue
        if one is None and not found:
            chosen_services(sources, service)  # says that there is no address
        for place, where in found.items():
            at = one.url if one and place == one.place else place
            secrets.append(ForgottenSecret(service=name, url=at, was_in=where))
            of = f"{TITLES[name]} at {at}"
            click.echo(f"the secret of {of} is forgotten: {', '.join(where)}", err=True)
        if one and one.place not in found:
            secrets.append(ForgottenSecret(service=name, url=one.url, was_in=[]))
            click.echo(f"no secret of {TITLES[name]} at {one.url} was kept", err=True)
    if as_json:
        report = LogoutReport(target=answer.target, address=answer.address, secrets=secrets)
        answer.print(report.model_dump_json(indent=2))
    return ExitCode.OK
