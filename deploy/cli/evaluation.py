"""One evaluation from its options to its figures: suite, golden self-test, arm, log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from ...benchmarks.suites.suite import DIRECT
from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ...benchmarks.suites.rows import Result
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
    shard: tuple[int, int] | None = None


def evaluate(asked: Evaluation, console: Console, ceiling: Ceiling | None = None) -> Result:
    """Run what was asked for and return the result.

    `ceiling` is what the golden self-test of the same items found, where it was made before.
    """
    import anyio

    from ...benchmarks.suites.fingerprint import fingerprint
    from ...benchmarks.suites.registry import find_suite
    from ...benchmarks.suites.rows import result_of
    from ...benchmarks.suites.running import answered, run_suite
    from ...benchmarks.suites.shards import Shard
    from ...benchmarks.suites.suite import Arm, Bench, require_workflow, spread
    from ..models.oracle import OracleModel
    from .eval_model import answer_tokens, eval_profile, open_eval_model
    from .eval_show import Bar

    suite = find_suite(asked.suite)
    require_workflow(suite, asked.workflow)
    require_fresh(asked.out, asked.resume)
    items = spread(suite.load(data_of(asked)), asked.limit)
    if asked.shard:
        items = Shard(*asked.shard).take(items)
    if ceiling is None:
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
            Bench(asked.out, asked.workers, bar.advance, at_once=profile.max_concurrency),
            fingerprint=fingerprint(suite, items, known),
            price=profile.price.model_dump(),
            ceiling=ceiling,
            shard=asked.shard,
        )
    return result_of(log)


def figures(result: Result, out: Path) -> dict[str, Any]:
    """Return the figures of a run and write them beside its logs."""
    from ...benchmarks.suites.summary import summary

    found = summary(result)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (out / "summary.json").write_text(text, "utf-8")
    return found


def data_of(asked: Evaluation) -> Path:
    """Return where the suite's data are."""
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
