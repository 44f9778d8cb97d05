"""The command tree and the one place where errors become exit codes.

0 answered, 1 could not answer, 2 wrong usage, 3 something the run needs is missing, 130
interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from rich.console import Console

from ...tools.errors import InfrastructureError, TerragateError, ToolUnavailable, UsageError
from . import ask, data, doctor, models, runs, serve, tools, workflows

COULD_NOT, WRONG_USAGE, MISSING = 1, 2, 3

app = typer.Typer(
    name="terragate",
    help="Ask questions of Earth-observation data with open models run locally.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("ask")(ask.ask)
app.command("doctor")(doctor.doctor)
app.add_typer(data.app, name="data")
app.add_typer(models.app, name="models")
app.add_typer(runs.app, name="runs")
app.add_typer(serve.app, name="serve")
app.add_typer(tools.app, name="tools")
app.add_typer(workflows.app, name="workflows")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    errors = Console(stderr=True)
    try:
        app(args=list(argv) if argv is not None else None)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    except KeyboardInterrupt:
        return 130
    except TerragateError as error:
        errors.print("error:", str(error), style="red", markup=False, highlight=False)
        return _code(error)
    return 0


def _code(error: TerragateError) -> int:
    if isinstance(error, UsageError):
        return WRONG_USAGE
    if isinstance(error, InfrastructureError | ToolUnavailable):
        return MISSING
    return COULD_NOT
