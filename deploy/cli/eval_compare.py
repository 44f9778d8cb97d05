"""`terragate eval compare`, `merge` and `report`: two runs, the slices of one, all on one page."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ...tools.errors import UsageError


def compare(
    first: Annotated[Path, typer.Argument(help="Folder or log of a run.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Run that is compared.", show_default=False)],
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare what they share, though items or tools differ."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether the second run is better than the first, worse, or not distinguishable."""
    from rich.console import Console

    from ...benchmarks.suites.comparison import compare as paired
    from ...benchmarks.suites.rows import read_result

    found = paired(read_result(first), read_result(second), anyway=anyway)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    show_comparison(Console(), found)


def show_comparison(console: Any, found: Mapping[str, Any]) -> None:
    """Print a comparison."""
    from rich.table import Table

    names = [f"{run['workflow']} on {run['model']}" for run in (found["first"], found["second"])]
    for line in (*found["differences"], *found["also_different"]):
        console.print(f"differs: {line}", style="yellow", markup=False, soft_wrap=True)
    table = Table("", *found["passes"], title_justify="left", title=" against ".join(names[::-1]))
    said = [_cells(one) for one in found["passes"].values()]
    for name in said[0]:
        table.add_row(name, *(cells[name] for cells in said))
    console.print(table)
    ratios = (f"{n} × {r:g}" for n, r in found["cost_ratio"].items() if r is not None)
    console.print(f"on {found['items']} items; {found['left_out']} are in one run only")
    console.print(f"cost of the second per sample: {', '.join(ratios)}", highlight=False)


def _cells(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first": f"{one['first']:.1%}",
        "second": f"{one['second']:.1%}",
        "difference": f"{one['gap']:+.1%}",
        "95 % interval": "–" if one["low"] is None else f"{one['low']:+.1%} to {one['high']:+.1%}",
        "p": f"{one['p']:.3g} ({one['method']})",
        "the second is": one["verdict"],
        "items it would take": str(one["needed"] or "–"),
    }


def merge(
    runs: Annotated[list[Path], typer.Argument(help="Folders of all slices.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder of the whole run.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make one run of the slices that 'eval run --shard' made, in any order."""
    from rich.console import Console

    from ...benchmarks.suites.rows import read_log, result_of
    from ...benchmarks.suites.shards import merge as merged
    from ...benchmarks.suites.shards import write_merged
    from .eval_show import show_summary
    from .evaluation import figures, require_fresh

    require_fresh(out, resume=False)
    log = merged(map(read_log, runs))
    write_merged(log, out)
    found = figures(result_of(log), out)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        show_summary(Console(), found)


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of one or more runs.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Write one HTML page about every finished run in or below a folder."""
    from rich.console import Console

    from ...benchmarks.suites.page import report_page
    from ...benchmarks.suites.rows import read_results

    page = report_page(read_results(folder))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(page)
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r} ({error.strerror}): choose --out") from error
    Console().print(f"page {out.absolute()}", markup=False, soft_wrap=True)
