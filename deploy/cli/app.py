"""The command tree and the one place where errors become exit codes.

0 answered, 1 could not answer, 2 wrong usage, 3 something the run needs is missing, 130
interrupted. Commands import what they need when they run, so that help is there at once.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from ... import __version__
from ...tools.errors import (
    InfrastructureError,
    TerragateError,
    ToolError,
    ToolUnavailable,
    UsageError,
)
from . import ask, data, doctor, evals, models, plan, rtl, runs, serve, tools, workflows
from .diagnostics import log_to_stderr

COULD_NOT, WRONG_USAGE, MISSING, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    name="terragate",
    help="Ask questions of Earth-observation data with open models run locally.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("ask")(ask.ask)
app.command("doctor")(doctor.doctor)
app.command("plan")(plan.plan)
app.add_typer(data.app, name="data")
app.add_typer(evals.app, name="eval")
app.add_typer(models.app, name="models")
app.add_typer(rtl.app, name="rtl")
app.add_typer(runs.app, name="runs")
app.add_typer(serve.app, name="serve")
app.add_typer(tools.app, name="tools")
app.add_typer(workflows.app, name="workflows")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"terragate {__version__}")
        raise typer.Exit


@app.callback()
def _root(  # pyright: ignore[reportUnusedFunction] - typer calls it
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what happens to stderr.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Ask questions of Earth-observation data with open models run locally."""
    log_to_stderr(logging.INFO if verbose else logging.ERROR)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        app(args=list(argv) if argv is not None else None, prog_name="terragate")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except TerragateError as error:
        _say(_explained(error))
        return _code(error)
    except OSError as error:
        _say(f"{error}; check the path, its rights and the free disk space")
        return MISSING
    return 0


def _say(message: str) -> None:
    Console(stderr=True).print(
        f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True
    )


def _explained(error: TerragateError) -> str:
    message = str(error)
    if isinstance(error, ToolError) and error.candidates and error.candidates[0] not in message:
        return f"{message}; candidates: {', '.join(error.candidates)}"
    return message


def _code(error: TerragateError) -> int:
    if isinstance(error, UsageError):
        return WRONG_USAGE
    if isinstance(error, InfrastructureError | ToolUnavailable):
        return MISSING
    return COULD_NOT
