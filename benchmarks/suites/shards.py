"""Slices of a suite that are evaluated apart, on any machine, and their logs made one again.

A shard is an ordinary run of every n-th item. Seeds follow from item and sample, never from the
slice, so the shards of a suite together hold what one run of it holds, in whatever order they end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Final, NamedTuple, TypeVar

from inspect_ai.log import EvalLog, EvalMetric, EvalResults, EvalSample, EvalScore, write_eval_log

from ...tools.errors import UsageError
from .fingerprint import differences
from .running import LOGS, whole
from .suite import Ceiling, Miss, digest_of

APART: Final = "suite_sha256"
T = TypeVar("T")


class Shard(NamedTuple):
    """The `number`-th of `of` slices, counted from 1."""

    number: int
    of: int

    def take(self, items: Sequence[T]) -> list[T]:
        """Return this slice; UsageError where it would be empty."""
        found = list(items[self.number - 1 :: self.of])
        if not found:
            raise UsageError(f"shard {self.number}/{self.of} of {len(items)} items is empty")
        return found


def read_shard(text: str) -> Shard:
    """Return the shard that `2/4` means."""
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {text!r} is no shard: write 1/4, 2/4, 3/4 and 4/4 for four")
    return Shard(int(found[1]), int(found[2]))


def merge(logs: Iterable[EvalLog]) -> EvalLog:
    """Return one log of the shards' samples; UsageError where they are not shards of one run."""
    parts = sorted(map(whole, logs), key=_shard)
    if not parts:
        raise UsageError("there is no log to merge")
    _require_all(parts)
    for part in parts[1:]:
        _require_alike(parts[0], part)
    samples: dict[tuple[str, int], EvalSample] = {}
    for part in parts:
        for sample in part.samples or ():
            kept = samples.setdefault((str(sample.id), sample.epoch), sample)
            if kept.output.completion != sample.output.completion:
                raise UsageError(f"{sample.id!r}, sample {sample.epoch} was answered twice, unlike")
    return _as_one(parts, [samples[key] for key in sorted(samples)])


def write_merged(log: EvalLog, out: Path) -> Path:
    """Write a merged log where `eval compare` and `eval report` look for one."""
    target = out / LOGS / f"merged_{log.eval.task_id}.eval"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_eval_log(log, str(target))
    except OSError as error:
        raise UsageError(
            f"cannot write {str(target)!r} ({error.strerror}): choose --out"
        ) from error
    log.location = str(target)
    return target


def _shard(log: EvalLog) -> Shard:
    held = (log.eval.metadata or {}).get("shard")
    if not held:
        raise UsageError(f"{log.location!r} is no shard: it was run without --shard")
    return Shard(*held)


def _require_all(parts: Sequence[EvalLog]) -> None:
    found = [_shard(part) for part in parts]
    of = found[0].of
    missing = [f"{n}/{of}" for n in range(1, of + 1) if Shard(n, of) not in found]
    unfinished = [part.location for part in parts if part.status != "success"]
    if {shard.of for shard in found} != {of}:
        raise UsageError(f"shards of different cuts: {sorted({s.of for s in found})} pieces")
    if missing:
        raise UsageError(f"shards are missing: run {', '.join(missing)} too")
    if unfinished:
        raise UsageError(f"{unfinished[0]!r} is unfinished: go on with it by --resume")


def _require_alike(one: EvalLog, two: EvalLog) -> None:
    left, right = (dict(log.eval.metadata or {}) for log in (one, two))
    apart = differences(left["arm"], right["arm"], sorted({*left["arm"], *right["arm"]}))
    keys = sorted({*left["fingerprint"], *right["fingerprint"]} - {APART})
    apart += differences(left["fingerprint"], right["fingerprint"], keys)
    if apart:
        raise UsageError(
            f"{one.location!r} and {two.location!r} are no shards of one run "
            f"({'; '.join(apart)[:500]})"
        )


def _as_one(parts: Sequence[EvalLog], samples: list[EvalSample]) -> EvalLog:
    first = parts[0].model_copy(deep=True)
    about: dict[str, Any] = dict(first.eval.metadata or {})
    about.pop("shard")
    about["ceiling"] = _ceiling(parts).model_dump()
    digests = {str(sample.id): str(sample.metadata["digest"]) for sample in samples}
    about["fingerprint"] = {**about["fingerprint"], APART: digest_of(digests)}
    first.eval.metadata = about
    first.eval.dataset.samples = len(digests)
    first.eval.dataset.sample_ids = sorted(digests)
    first.samples = samples
    first.results = _results(samples)
    first.reductions = None
    return first


def _ceiling(parts: Sequence[EvalLog]) -> Ceiling:
    held = [Ceiling.model_validate((part.eval.metadata or {})["ceiling"]) for part in parts]
    published = [one.published for one in held if one.published is not None]
    misses: list[Miss] = [miss for one in held for miss in one.misses]
    return Ceiling(
        total=sum(one.total for one in held),
        passed=sum(one.passed for one in held),
        published=sum(published) if published else None,
        misses=tuple(sorted(misses, key=lambda miss: miss.id)),
    )


def _results(samples: Sequence[EvalSample]) -> EvalResults:
    """Return the means that inspect's viewer shows."""
    values: dict[tuple[str, str], list[float]] = {}
    for sample in samples:
        for scorer, score in (sample.scores or {}).items():
            held: Mapping[str, Any] = score.value if isinstance(score.value, dict) else {}
            for name, value in held.items():
                values.setdefault((scorer, name), []).append(float(str(value)))
    scores = [
        EvalScore(
            name=name,
            scorer=scorer,
            metrics={"mean": EvalMetric(name="mean", value=fmean(found))},
        )
        for (scorer, name), found in values.items()
    ]
    return EvalResults(total_samples=len(samples), completed_samples=len(samples), scores=scores)
