"""`terragate eval run`: a suite, an arm, figures with their ceiling beside them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from ...benchmarks.suites.suite import DIRECT
from ...tools.errors import UsageError
from .eval_gate import GATE_FAILED, read_gate

if TYPE_CHECKING:
    from ...benchmarks.suites.suite import Bench, Ceiling, Suite


# The one suite whose data we write ourselves.
WRITTEN: Final = "geo"


@dataclass(frozen=True)
class Evaluation:
    """What is measured, how, and where its files go; see the options of `eval run`."""

    suite: str
    out: Path
    data: Path | None = None
    model: str | None = None
    workflow: str = DIRECT
    samples: int = 1
    temperature: float | None = None
    limit: int | None = None
    seed: int = 0
    workers: int = cpu_count() or 1
    in_flight: int | None = None
    max_tokens: int | None = None
    resume: bool = False


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
    gate: Annotated[
        list[str] | None, typer.Option(help="Bar such as 'pass@1>=0.5'; exit code 100 below it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on a suite; the golden self-test is its ceiling."""
    gates = [read_gate(text, samples) for text in gate or ()]
    asked = Evaluation(
        suite, out, data, model, workflow, samples, temperature, limit, seed,
        workers or cpu_count() or 1, in_flight, max_tokens, resume,
    )  # fmt: skip
    found = evaluate(asked, Console(stderr=True))
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


def evaluate(asked: Evaluation, console: Console) -> dict[str, Any]:
    """Run what was asked for and return the figures; they are written to `summary.json` too."""
    import anyio

    from ...benchmarks.suites.fingerprint import fingerprint
    from ...benchmarks.suites.registry import find_suite
    from ...benchmarks.suites.rows import result_of
    from ...benchmarks.suites.running import answered, run_suite
    from ...benchmarks.suites.suite import Arm, Bench, require_workflow, spread
    from ...benchmarks.suites.summary import summary
    from ..models.oracle import OracleModel
    from .eval_model import answer_tokens, eval_profile, open_eval_model
    from .eval_show import Bar

    suite = find_suite(asked.suite)
    require_workflow(suite, asked.workflow)
    require_fresh(asked.out, asked.resume)
    items = spread(suite.load(_data(asked)), asked.limit)
    bench = Bench(asked.out, asked.workers, oracle=OracleModel)
    ceiling = _ceiling(suite, items, bench, console)
    profile = eval_profile(asked.model, asked.in_flight)
    client, known = anyio.run(open_eval_model, profile, asked.seed, console)
    longest = answer_tokens(asked.max_tokens, known.get("context"))
    arm = Arm(asked.workflow, client, asked.samples, asked.temperature, asked.seed, longest)
    with Bar(console, len(items) * asked.samples, answered(asked.out)) as bar:
        log = run_suite(
            suite,
            items,
            arm,
            Bench(asked.out, asked.workers, bar.advance),
            fingerprint=fingerprint(suite, items, known),
            price=profile.price.model_dump(),
            ceiling=ceiling,
            at_once=profile.max_concurrency,
        )
    found = summary(result_of(log))
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (asked.out / "summary.json").write_text(text, "utf-8")
    return found


def _data(asked: Evaluation) -> Path:
    if asked.data is None and asked.suite == WRITTEN:
        return asked.out / "data"
    if asked.data is None:
        raise UsageError(f"suite {asked.suite!r} needs --data; see 'terragate eval list'")
    return asked.data


def require_fresh(out: Path, resume: bool) -> None:
    """Refuse to mix a new run with one that is there, and to go on with one that is not."""
    from ...benchmarks.suites.running import LOGS

    there = any((out / LOGS).glob("*.eval"))
    if there and not resume:
        raise UsageError(
            f"{str(out)!r} holds a run: go on with it by --resume, or choose another --out"
        )


def _ceiling(suite: Suite, items: Sequence[Any], bench: Bench, console: Console) -> Ceiling:
    with console.status(f"golden self-test of {len(items)} items"):
        return suite.ceiling(items, bench)
