"""`coreskills`: one verb per file, imported only when it is called."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from pathlib import Path

import click

from coreskills import __version__
from coreskills.errors import CoreskillsError

VERBS = {
    "autograde": "Grade submissions in the examiner, in parallel.",
    "backup": "One file that holds the classroom.",
    "badge": "Issue or verify a learner's badge.",
    "bench": "Measure our figures next to the alternative.",
    "check": "Prove that labs grade as they should.",
    "demo": "A scripted class of twelve, from fetch to score.",
    "export": "Grades for Canvas or Moodle.",
    "feedback": "Write feedback pages and give them back.",
    "lab": "Labs on this laptop: list them, or open one with a private gateway.",
    "progress": "Who has passed what.",
    "record": "Record a lab's calls into its cassettes.",
    "release": "Make release/<lab> from source/<lab> and publish it.",
    "restore": "The classroom brought back from a backup.",
    "roster": "Who is in the class.",
    "schedule": "Due dates from one start date.",
    "spend": "What was spent, by learner, lab, model or day.",
    "up": "Start the classroom on this machine.",
}


class Verbs(click.Group):
    """Looks a verb's module up by name, so that `--help` needs no heavy import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"coreskills.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = [] if args[0] in VERBS else difflib.get_close_matches(args[0], VERBS, n=1)
        if near and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(sorted(VERBS.items()))


@click.command(cls=Verbs, epilog="Start here: coreskills up")
@click.version_option(__version__)
def cli() -> None:
    """The classroom for LLM engineering."""


def main() -> None:
    """Run a verb; exit 0 when it worked, 1 when it failed, 2 when it was called wrongly."""
    # nbgrader calls `alembic` by name: the one of this environment, also when nobody activated it.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        cli(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except CoreskillsError as error:
        click.echo(f"coreskills: {error}", err=True)
        sys.exit(1)
