"""Run a suite through inspect: its logs are the one record, and a killed run goes on from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inspect_ai import Task, eval_set
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from ...tools.errors import InfrastructureError, UsageError
from .fingerprint import differences
from .suite import Arm, Bench, Ceiling, Suite

LOGS: Final = "logs"
FORMAT: Final = 1
# Model calls wait for the server's slots, so there may be more samples under way than of those.
BESIDE: Final = 8


def run_suite(
    suite: Suite,
    items: Sequence[Any],
    arm: Arm,
    bench: Bench,
    *,
    fingerprint: Mapping[str, Any],
    price: Mapping[str, Any],
    ceiling: Ceiling,
    shard: tuple[int, int] | None = None,
) -> EvalLog:
    """Ask the arm every item and return the log; what an earlier run left is not asked again.

    `shard` says which slice of the suite the items are, and of how many.
    """
    about = {
        "terragate": FORMAT,
        "arm": arm.plain(),
        "fingerprint": dict(fingerprint),
        "price": dict(price),
        "ceiling": ceiling.model_dump(),
        **({"shard": list(shard)} if shard else {}),
    }
    _require_same(bench.out, about)
    return _ran(suite.task(items, arm, bench, about), bench)


def _ran(task: Task, bench: Bench) -> EvalLog:
    try:
        finished, logs = eval_set(
            [task],
            log_dir=str(bench.out / LOGS),
            model="none/none",
            max_tasks=1,
            max_samples=bench.at_once + bench.workers + BESIDE,
            retry_attempts=0,
            retry_immediate=False,
            display="none",
            log_dir_allow_dirty=True,
            log_model_api=False,
            ctl_server=False,
        )
    except OSError as error:
        raise UsageError(f"cannot write logs to {str(bench.out)!r} ({error})") from error
    if not finished:
        raise InfrastructureError(
            f"not every sample was answered ({_why(logs)}); mend the cause and give the same "
            "command again with --resume: it goes on where it was"
        )
    return whole(logs[0])


def earlier_logs(out: Path) -> list[EvalLog]:
    """Return the headers of the logs in a run's folder, newest first."""
    folder = out / LOGS
    if not folder.is_dir():
        return []
    found = list_eval_logs(str(folder))
    return [read_eval_log(info, header_only=True) for info in found]


def answered(out: Path) -> int:
    """Return how many samples an interrupted run has already been through."""
    counts = [0]
    for info in earlier_logs(out):
        kept = read_eval_log(info.location, exclude_fields={"events", "messages", "store"})
        counts.append(sum(sample.error is None for sample in kept.samples or ()))
    return max(counts)


def whole(log: EvalLog) -> EvalLog:
    """Return a log with its samples."""
    return log if log.samples else read_eval_log(log.location)


def _require_same(out: Path, about: Mapping[str, Any]) -> None:
    for log in earlier_logs(out):
        held: dict[str, Any] = dict(log.eval.metadata or {})
        apart = [
            line
            for part in ("arm", "fingerprint", "price")
            for line in differences(held.get(part, {}), about[part], sorted(about[part]))
        ]
        if apart:
            raise UsageError(
                f"{str(out)!r} holds a run of something else ({'; '.join(apart)[:600]}): "
                "choose another --out"
            )


def _why(logs: Sequence[EvalLog]) -> str:
    for log in logs:
        if log.error is not None:
            return log.error.message
        for sample in log.samples or ():
            if sample.error is not None:
                return sample.error.message
    return "see the logs"
