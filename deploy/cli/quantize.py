"""`terragate models quantize` and `publish`: smaller weights, let through only if as good."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..models.quantize.gate import Gate, Margins, Paired
    from ..models.quantize.pipeline import Outcome

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def quantize(
    source: Annotated[Path, typer.Argument(help="Checkpoint folder.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", show_default=False)],
    scheme: Annotated[
        Literal["w8a8", "w4a16"],
        typer.Option("--scheme", help="8-bit weights and inputs, or 4-bit weights."),
    ] = "w8a8",
    group: Annotated[int, typer.Option("--group", help="Inputs a 4-bit scale covers.")] = 128,
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", help="JSONL rows of the training split, for GPTQ."),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Rows to calibrate on.")] = 512,
    gate_data: Annotated[
        Path | None, typer.Option("--gate-data", help="JSONL rows of a held-out split.")
    ] = None,
    gate_rows: Annotated[
        int, typer.Option("--gate-rows", min=1, help="Rows to measure with.")
    ] = 2000,
    margin: Annotated[
        float, typer.Option("--margin", help="Share of right answers that may be lost.")
    ] = 0.02,
    divergence: Annotated[
        float, typer.Option("--divergence", help="Most divergence, in nats a token.")
    ] = 0.05,
    perplexity: Annotated[
        float, typer.Option("--perplexity", help="Most perplexity, over the source's.")
    ] = 1.05,
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep the result aside until its tasks are scored.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Quantise a checkpoint; publish it only if it loses no more than the margins."""
    from rich.console import Console

    from ...workflows.settings import Settings
    from ..models.quantize.environment import quantize_python, quantize_venv
    from ..models.quantize.pipeline import Order
    from ..models.quantize.pipeline import quantize as run

    order = Order(
        source=source,
        out=out,
        scheme=scheme,
        group=group,
        calibration=calibration,
        samples=samples,
        gate_data=gate_data,
        gate_rows=gate_rows,
        margins=_margins(margin, divergence, perplexity),
        hold=hold,
    )
    python = quantize_python(quantize_venv(Settings().home))
    console = Console(stderr=True)
    with console.status("quantising") as status:

        def progress(line: str) -> None:
            if console.is_terminal:
                status.update(line)
            else:
                console.print(line, markup=False, highlight=False, soft_wrap=True)

        outcome = run(order, python, progress)
    _show(outcome, as_json)


def publish(
    held: Annotated[Path, typer.Argument(help="Result that was held.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", show_default=False)],
    task_scores: Annotated[
        Path,
        typer.Option("--task-scores", help="JSON of both models' tasks.", show_default=False),
    ],
    as_json: AsJson = False,
) -> None:
    """Publish a held result if its tasks, scored by serving both models, are as good."""
    from ..models.quantize.pipeline import publish as run

    _show(run(held, out, task_scores), as_json)


def _margins(answers: float, divergence: float, perplexity: float) -> Margins:
    from pydantic import ValidationError

    from ...tools.errors import UsageError
    from ..models.quantize.gate import Margins

    try:
        return Margins(answers=answers, divergence=divergence, perplexity=perplexity)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"margin {first['loc'][0]!r} is {first['input']!r}: {first['msg']}"
        ) from error


def _show(outcome: Outcome, as_json: bool) -> None:
    from rich.console import Console

    if as_json:
        sys.stdout.write(_plain(outcome) + "\n")
    else:
        _print(outcome, Console())
    raise typer.Exit(1 if outcome.state == "refused" else 0)


def _plain(outcome: Outcome) -> str:
    plain = asdict(outcome)
    plain["gate"] = outcome.gate.model_dump(mode="json")
    return json.dumps(plain, default=str)


def _print(outcome: Outcome, console: Console) -> None:
    console.print(_table(outcome.gate))
    size = f"{outcome.size_bytes / 1e6:.2f} MB"
    if outcome.source_bytes:
        size += f" of {outcome.source_bytes / 1e6:.2f} MB"
    where = f" in {str(outcome.folder)!r}" if outcome.folder else ""
    console.print(f"{outcome.state}{where}: {size} of weights", markup=False, soft_wrap=True)
    for reason in outcome.gate.reasons:
        console.print(f"- {reason}", markup=False, soft_wrap=True)
    console.print(f"report: {outcome.report}", markup=False, soft_wrap=True)


def _table(gate: Gate) -> Table:
    from rich.table import Table

    table = Table("measure", "on", "n", "source", "result", "difference (95 %)")
    for domain in gate.domains:
        answer = domain.answer
        where, tokens = domain.name, str(answer.tokens)
        table.add_row("divergence, nats", where, tokens, "", f"{answer.divergence:.5f}", "")
        table.add_row("same first choice", where, tokens, "", f"{answer.agreement:.4f}", "")
        ratio = answer.result_perplexity / answer.source_perplexity
        table.add_row(
            *("perplexity", where, tokens, f"{answer.source_perplexity:.4f}"),
            *(f"{answer.result_perplexity:.4f}", f"x {ratio:.4f}"),
        )
        table.add_row("whole answer right", where, *_shares(domain.exact))
    for task in gate.tasks:
        table.add_row(f"tasks: {task.name}", task.domain, *_shares(task.success))
    return table


def _shares(found: Paired) -> tuple[str, str, str, str]:
    span = f"{100 * found.low:+.2f} … {100 * found.high:+.2f} points"
    return (
        str(found.n),
        f"{found.source:.4f}",
        f"{found.result:.4f}",
        f"{100 * found.difference:+.2f} ({span})",
    )
