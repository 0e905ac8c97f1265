"""Help texts with few knobs in sight: options in groups, the everyday ones first."""

from typing import Any

import click

from aapimport.errors import UsageError

EVERYDAY, UNATTENDED, EXPERT = "Everyday", "Without a terminal", "Expert"
HELP = "Help"
_WHOLE = 1_000
"""More letters than a first sentence has."""
HELP_ALL = "aapimport.help-all"
"""What a context's `meta` holds where all options are to be listed."""


class GroupedOption(click.Option):
    """An option that knows its group.

    Args:
        group: The heading that it stands under in the help text.
        common: Whether `--help` shows it; `--help-all` shows all.
    """

    def __init__(self, *arguments: Any, group: str, common: bool = False, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group
        self.common = common

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """What stands behind the help text in brackets; `[x>=0]` says nothing to administrators."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


class StrictCommand(click.Command):
    """A command that takes no empty word: in a script it is a variable that was never set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words, as click reads them.

        Raises:
            UsageError: What was given for an option, or as an argument, is empty.
        """
        given, _, _ = self.make_parser(ctx).parse_args([*args])
        for one in self.get_params(ctx):
            said = given.get(one.name or "")
            texts = said if isinstance(said, list | tuple) else [said]
            if any(isinstance(text, str) and not text.strip() for text in texts):
                is_option = isinstance(one, click.Option)
                name = max(one.opts, key=len) if is_option else one.make_metavar(ctx)
                raise UsageError(
                    f"{name} is empty" if is_option else f"the word for {name} is empty",
                    hint="a variable that isn't set is empty: set it"
                    + ("" if one.required else ", or leave it out"),
                )
        return super().parse_args(ctx, args)


class GroupedCommand(StrictCommand):
    """A command whose help text has its options in groups, and is short unless all is asked for."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The options, and last the one that lists them all."""
        return [*super().get_params(ctx), _HELP_ALL_OPTION]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group under its heading, and the two helps last."""
        groups: dict[str, list[tuple[str, str]]] = {
            EVERYDAY: [],
            UNATTENDED: [],
            EXPERT: [],
            HELP: [],
        }
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            is_shown = ctx.meta.get(HELP_ALL) or getattr(parameter, "common", True)
            if record is not None and is_shown and isinstance(parameter, click.Option):
                groups[getattr(parameter, "group", HELP)].append(record)
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def _show_all(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.meta[HELP_ALL] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


_HELP_ALL_OPTION = click.Option(
    ["--help-all"],
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_all,
    help="Show all options and exit.",
)


class SuggestingGroup(click.Group):
    """Commands that are listed without dots, and of which the one that was meant is named."""

    command_class = StrictCommand

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each command with its whole first sentence, where click would cut it."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, one.get_short_help_str(_WHOLE)) for name, one in found if one]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

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


class DefaultingGroup(SuggestingGroup):
    """Commands of which one is meant where none is named: `receipt 7K3QX9` is `receipt show` of it.

    Args:
        default: Its name.
    """

    def __init__(self, *arguments: Any, default: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name before words that name no command, and ask for no help."""
        if not args or args[0] not in {*self.list_commands(ctx), *ctx.help_option_names}:
            args.insert(0, self.default)
        return super().parse_args(ctx, args)
