"""From inspect logs to rows: one per sample, with what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from inspect_ai.log import EvalLog, EvalSample, list_eval_logs, read_eval_log

from ...agents.profiles import Price
from ...agents.protocol import TokenUsage
from ...tools.errors import UsageError
from ...tools.records import Frozen
from .running import FORMAT, LOGS

DEPTHS: Final = ((1, 2), (3, 4), (5, 7), (8, 99))


class Row(Frozen):
    """How one sample of one item came out; `cause` groups failures, tokens are of all calls.

    `depth` is the number of tool calls of the shortest right run, 0 where that means nothing.
    """

    item: str
    epoch: int
    group: str = ""
    family: str = ""
    depth: int = 0
    success: bool
    published: bool
    cause: str = ""
    why: str = ""
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    model_calls: int = 0
    seconds: float = 0.0
    joules: float | None = None
    usd: float = 0.0
    measures: dict[str, float] = {}

    @property
    def tokens(self) -> int:
        """Return prompt and completion tokens together."""
        return self.prompt + self.completion

    @property
    def depths(self) -> str:
        """Return the range of depths that it belongs to."""
        return next(
            (f"{low}-{high} calls" for low, high in DEPTHS if low <= self.depth <= high), ""
        )


class Result(Frozen):
    """A finished run: what was asked of whom, and a row for every sample."""

    arm: dict[str, Any]
    fingerprint: dict[str, Any]
    price: dict[str, Any]
    ceiling: dict[str, Any]
    rows: tuple[Row, ...]
    log: str
    status: str


def result_of(log: EvalLog) -> Result:
    """Return the result in a log; UsageError for a log that is not of our evaluation."""
    about: dict[str, Any] = dict(log.eval.metadata or {})
    if about.get("terragate") != FORMAT:
        raise UsageError(f"{log.location!r} is no log of 'terragate eval run'")
    price = Price.model_validate(about["price"])
    rows = sorted(rows_of(log.samples or (), price), key=lambda row: (row.item, row.epoch))
    return Result(
        arm=about["arm"],
        fingerprint=about["fingerprint"],
        price=about["price"],
        ceiling=about["ceiling"],
        rows=tuple(rows),
        log=log.location,
        status=log.status,
    )


def read_result(path: Path) -> Result:
    """Return the newest finished result in a run's folder, or of one log file."""
    return result_of(read_log(path))


def read_log(path: Path) -> EvalLog:
    """Return the newest finished log in a run's folder, or the log of a file."""
    if path.is_file():
        return read_eval_log(str(path))
    folder = path / LOGS if (path / LOGS).is_dir() else path
    if not folder.is_dir():
        raise UsageError(f"{str(path)!r} is neither a run's folder nor a log")
    for info in list_eval_logs(str(folder)):
        log = read_eval_log(info)
        if log.status == "success":
            return log
    raise UsageError(
        f"{str(path)!r} holds no finished run: give the folder of --out, or finish it with --resume"
    )


def rows_of(samples: Iterable[EvalSample], price: Price) -> Iterable[Row]:
    """Yield a row for every scored sample."""
    for sample in samples:
        for score in (sample.scores or {}).values():
            if isinstance(score.value, dict):
                yield _row(sample, score.value, score.metadata or {}, price)


def _row(
    sample: EvalSample, value: Mapping[str, Any], said: Mapping[str, Any], price: Price
) -> Row:
    cost: dict[str, Any] = dict(said["cost"])
    success = float(value["success"]) > 0
    usage = TokenUsage(prompt=cost["prompt"], cached=cost["cached"], completion=cost["completion"])
    known = {"success", "published"}
    return Row(
        item=str(sample.id),
        epoch=sample.epoch,
        group=str(sample.metadata.get("group", "")),
        family=str(sample.metadata.get("family", "")),
        depth=int(sample.metadata.get("depth", 0)),
        success=success,
        published=float(value.get("published", value["success"])) > 0,
        cause=str(said.get("cause", "")),
        why=str(said.get("why", "")),
        **cost,
        joules=said.get("joules"),
        usd=price.cost(usage),
        measures={name: float(v) for name, v in value.items() if name not in known},
    )


def read_results(folder: Path) -> list[Result]:
    """Return the finished results of every run in or below a folder, by name."""
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is no folder")
    homes = sorted({path.parent for path in folder.rglob("*.eval") if path.parent.name == LOGS})
    found: list[Result] = []
    for home in homes:
        newest: dict[str, Result] = {}
        for info in list_eval_logs(str(home)):
            log = read_eval_log(info)
            if log.status == "success" and log.eval.task not in newest:
                newest[log.eval.task] = result_of(log)
        found += newest.values()
    if not found:
        raise UsageError(f"{str(folder)!r} holds no finished run of 'terragate eval run'")
    return found
