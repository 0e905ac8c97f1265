"""Commands in messages, as they have to be typed."""

from collections.abc import Iterator

import click

from aapimport.cli import group
from aapimport.screens.commands import with_flags

WORK_ANYWHERE = {"generate-template", "validate"}
"""What messages name to look at a file, which is the same wherever it goes."""
BY_ITSELF = {"receipt show", "history list"}
"""What a group does where none of its commands is typed."""


def test_commands_repeat_what_was_typed_about_where_to_work() -> None:
    """Once each; what says so already, or works anywhere, stays as it is."""
    said = "next: aapimport resume 7K3QX9\nor: aapimport plan --profile x; aapimport login"
    assert with_flags(said, " --profile acme") == (
        "next: aapimport resume --profile acme 7K3QX9\n"
        "or: aapimport plan --profile x; aapimport login"
    )
    assert with_flags(said, "") == said
    listed = "aapimport resume 7K3QX9 --profile acme"
    assert with_flags(listed, " --profile acme") == listed
    without = "aapimport undo --live 7K3QX9"
    assert with_flags(without, " --profile acme") == without
    by_pass = "aapimport send-emails --pass x"
    assert with_flags(by_pass, " --practice") == "aapimport send-emails --practice --pass x"


def commands(of: click.Command, *names: str) -> Iterator[str]:
    """Every command that works at one of several pairs of services, as it is typed."""
    if isinstance(of, click.Group):
        context = click.Context(of)
        for name in of.list_commands(context):
            if one := of.get_command(context, name):
                yield from commands(one, *names, name)
    elif {"--profile", "--practice"} <= {opt for one in of.params for opt in one.opts}:
        yield " ".join(names)


def test_every_command_at_services_is_known() -> None:
    """Typed as it is named, it works where the one that names it did."""
    found = {*commands(group)} - WORK_ANYWHERE - BY_ITSELF
    assert {"upload", "reconcile", "receipt verify"} <= found
    for one in found:
        assert with_flags(f"aapimport {one} x", " --practice") == f"aapimport {one} --practice x"
