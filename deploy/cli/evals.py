"""`terragate eval`: measure models on suites, compare runs, and what the benchmarks allow."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from . import eval_compare, eval_policy, eval_run

if TYPE_CHECKING:
    from rich.console import Console

    from ...benchmarks.rtl.ceiling import Ceiling

app = typer.Typer(help="Evaluations.", no_args_is_help=True)
app.command("run")(eval_run.run)
app.command("compare")(eval_compare.compare)
app.command("merge")(eval_compare.merge)
app.command("report")(eval_compare.report)
app.command("policy")(eval_policy.policy)


@app.callback()
def _root() -> None:  # pyright: ignore[reportUnusedFunction] - typer calls it
    """Evaluate on public benchmarks and on our own."""


@app.command("list")
def list_suites(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the suites, what --data is for each, and the workflows that can be asked."""
    from rich.console import Console
    from rich.table import Table

    from ...benchmarks.suites.registry import SUITES

    if as_json:
        rows = [{"name": s.name, "data": s.about, "workflows": s.workflows} for s in SUITES]
        sys.stdout.write(json.dumps(rows) + "\n")
        return
    table = Table("suite", "--data", "workflows")
    for suite in SUITES:
        table.add_row(suite.name, suite.about, ", ".join(suite.workflows))
    Console().print(table)


@app.command()
def ceiling(
    suite: Annotated[
        Literal["verilogeval", "rtllm"], typer.Argument(help="The benchmark.", show_default=False)
    ],
    data: Annotated[
        Path, typer.Option("--data", help="Folder of the benchmark.", show_default=False)
    ],
    dataset: Annotated[
        Literal["spec-to-rtl", "code-complete-iccad2023"],
        typer.Option("--set", help="Which of VerilogEval's two sets."),
    ] = "spec-to-rtl",
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder of scores to keep and to use again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Test every reference design of a benchmark with its own testbench."""
    from rich.console import Console

    from ...benchmarks.rtl.ceiling import ceiling as measure
    from ...benchmarks.rtl.ceiling import problems

    listed = problems(suite, data, dataset)
    errors = Console(stderr=True)
    with errors.status(f"0 of {len(listed)} references tested") as status:
        found = measure(
            listed,
            cache=cache,
            progress=lambda at: status.update(f"{at.done} of {at.total} references tested"),
        )
    if as_json:
        sys.stdout.write(json.dumps(found.plain()) + "\n")
        return
    _show(Console(), found)


def _show(console: Console, found: Ceiling) -> None:
    from rich.table import Column, Table

    tools = ", ".join(f"{name} {version}" for name, version in found.tools.items())
    console.print(
        f"{found.passed} of {found.total} references pass by the published criterion, "
        f"{found.counts['verified']} by ours ({tools})",
        highlight=False,
    )
    for title, misses in (
        ("do not pass", found.failures),
        ("pass, but prove nothing or are refused", found.doubts),
    ):
        if misses:
            table = Table(
                "problem", Column("why", overflow="fold"), title=title, title_justify="left"
            )
            for miss in misses:
                table.add_row(miss.id, miss.why)
            console.print(table)
