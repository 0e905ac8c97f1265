"""Help texts with few knobs in sight: options in groups, the everyday ones first."""

from typing import Any

import click

EVERYDAY, UNATTENDED, EXPERT = "Everyday", "Without a terminal", "Expert"


class GroupedOption(click.Option):
    """An option that knows its group.

    Args:
        group: The heading that it stands under in the help text.
    """

    def __init__(self, *arguments: Any, group: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """What stands behind the help text in brackets; `[x>=0]` says nothing to administrators."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class GroupedCommand(click.Command):
    """A command whose help text has its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group under its heading, and what has none last."""
        groups: dict[str, list[tuple[str, str]]] = {EVERYDAY: [], UNATTENDED: [], EXPERT: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                heading = getattr(parameter, "group", EXPERT)
                groups[heading].append(record)
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


class SuggestingGroup(click.Group):
    """Commands of which the one that was probably meant is named."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a command line.

        Raises:
            UsageError: There is none of that name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from aapimport.cli.usage import no_such_command

            raise no_such_command(name, self.list_commands(ctx), ctx.command_path)
        return super().resolve_command(ctx, args)
