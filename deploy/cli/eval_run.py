"""`terragate eval run`: a suite, an arm, figures with their ceiling beside them."""

from __future__ import annotations

import json
import sys
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ...benchmarks.suites.suite import DIRECT
from .eval_gate import GATE_FAILED, read_gate
from .evaluation import Evaluation, evaluate, figures

if TYPE_CHECKING:
    from ...benchmarks.suites.rows import Result


def run(
    suite: Annotated[str, typer.Argument(help="Suite; see 'eval list'.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option("--data", help="Where the suite's data are.", show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model profile, server URL, or 'random'.")
    ] = None,
    workflow: Annotated[
        str, typer.Option(help="Workflow family, or 'direct': one answer, no workflow.")
    ] = DIRECT,
    samples: Annotated[int, typer.Option(min=1, help="Samples of every item.")] = 1,
    temperature: Annotated[
        float | None,
        typer.Option(min=0, max=2, help="Of every model call; else the workflow decides."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask only so many items, spread over the suite.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed that all samples' seeds follow from.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Answers judged at once; default: cores.")
    ] = None,
    in_flight: Annotated[
        int | None, typer.Option(min=1, max=256, help="Model calls at once; default: profile's.")
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=16, max=16384, help="Longest answer that is code; default: half context."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of logs and judgements.")] = Path("runs/eval"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that is in --out.")
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(help="Only this slice, as 2/4; 'eval merge' makes one run of all slices."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(help="Ray cluster that runs the slices: an address, 'auto' or 'local'."),
    ] = None,
    shards: Annotated[
        int | None, typer.Option(min=1, max=9999, help="Slices for --ray; default: 4 per worker.")
    ] = None,
    gate: Annotated[
        list[str] | None, typer.Option(help="Bar such as 'pass@1>=0.5'; exit code 100 below it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on a suite; the golden self-test is its ceiling."""
    gates = [read_gate(text, samples) for text in gate or ()]
    asked = Evaluation(
        suite, out, data, model, workflow, samples, temperature, limit, seed,
        workers or cpu_count() or 1, in_flight, max_tokens, resume, read_slice(shard),
    )  # fmt: skip
    found = figures(_measured(asked, ray, shards), asked.out)
    verdicts = {one.text: one.holds(found) for one in gates}
    if as_json:
        sys.stdout.write(json.dumps({**found, "gates": verdicts}) + "\n")
    else:
        from .eval_show import show_summary

        show_summary(Console(), found)
    for text, held in verdicts.items():
        if not held:
            Console(stderr=True).print(f"gate {text} fails", style="red", markup=False)
    if not all(verdicts.values()):
        raise typer.Exit(GATE_FAILED)


def _measured(asked: Evaluation, ray: str | None, shards: int | None) -> Result:
    if ray is None:
        return evaluate(asked, Console(stderr=True))
    from .eval_ray import evaluate_on_ray

    return evaluate_on_ray(asked, ray, shards, Console(stderr=True))


def read_slice(text: str | None) -> tuple[int, int] | None:
    """Return what --shard means."""
    from ...benchmarks.suites.shards import read_shard

    return read_shard(text) if text is not None else None
