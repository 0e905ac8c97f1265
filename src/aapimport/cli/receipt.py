"""`aapimport receipt`: what became of a run."""

import click

from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.verify import verify


@click.group(cls=SuggestingGroup)
def receipt() -> None:
    """Look at what became of a run."""


receipt.add_command(verify)
