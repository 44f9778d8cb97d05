"""Show an evaluation: a bar while it runs, tables when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

NEVER: Final = "–"


class Bar:
    """How many samples are judged, how many of them pass, and how long the rest may take."""

    def __init__(self, console: Console, total: int, done: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task("samples", total=total, completed=done)
        self._judged = self._passed = 0

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar as it is."""
        self._progress.stop()

    def advance(self, success: bool) -> None:
        """Count one sample more."""
        self._judged += 1
        self._passed += success
        share = self._passed / self._judged
        self._progress.update(self._task, advance=1, description=f"samples, {share:.1%} right")


def show_summary(console: Console, found: Mapping[str, Any]) -> None:
    """Print the figures of a run."""
    console.print(_passes(found))
    for title, part in (("by group", "groups"), ("by family", "families"), ("by depth", "depths")):
        if found[part]:
            console.print(_parts(title, found[part]))
    console.print(_cost(found["cost"]))
    if found["failures"]:
        table = Table("why", "samples", title="failures", title_justify="left")
        for cause, count in list(found["failures"].items())[:12]:
            table.add_row(cause, str(count))
        console.print(table)
    console.print(f"log {found['log']}", markup=False, soft_wrap=True, style="dim")


def _passes(found: Mapping[str, Any]) -> Table:
    arm, top = found["arm"], found["ceiling"]
    heat = "own temperatures" if arm["temperature"] is None else f"T={arm['temperature']:g}"
    table = Table(
        "figure", "value", "95 % interval", "CVDP's variant",
        title=f"{found['suite']}: {arm['workflow']} on {arm['model']}, {found['items']} items × "
        f"{arm['samples']} samples, {heat}", title_justify="left",
    )  # fmt: skip
    for name, one in found["pass"].items():
        span = f"{one['low']:.1%} to {one['high']:.1%}"
        table.add_row(name, f"{one['rate']:.1%}", span, f"{one['cvdp']:.1%}")
    table.add_row("published criterion", _share(found["published"]), "", "")
    ceiling = f"{top['passed']} of {top['total']}"
    if top["published"] is not None:
        ceiling += f" (published: {top['published']})"
    share = top["passed"] / top["total"] if top["total"] else None
    table.add_row("ceiling", _share(share), ceiling, "")
    for name, value in found["measures"].items():
        table.add_row(name, f"{value:.4g}", "", "")
    return table


def _share(value: float | None) -> str:
    return NEVER if value is None else f"{value:.1%}"


def _parts(title: str, parts: Mapping[str, Any]) -> Table:
    ks = list(next(iter(parts.values()))["pass"])
    table = Table("part", "items", *ks, "95 %", title=title, title_justify="left")
    for name, part in parts.items():
        rates = [part["pass"].get(k) for k in ks]
        first = rates[0]
        span = f"{first['low']:.1%} to {first['high']:.1%}" if first else NEVER
        cells = (f"{one['rate']:.1%}" if one else NEVER for one in rates)
        table.add_row(name, str(part["items"]), *cells, span)
    return table


def _cost(cost: Mapping[str, Any]) -> Table:
    parts = ("total", "per_sample", "per_success")
    names = ("tokens", "prompt", "cached", "completion", "model_calls", "seconds", "joules", "usd")
    table = Table("cost", *(part.replace("_", " ") for part in parts))
    for name in names:
        table.add_row(name.replace("_", " "), *(_number(cost[part][name]) for part in parts))
    return table


def _number(value: float | None) -> str:
    return NEVER if value is None else f"{value:,.6g}"
