"""From a checkpoint to a quantised one that may be published, or to the reasons why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from ....tools.artifacts import sha256_file
from ....tools.errors import InfrastructureError, UsageError
from .checkpoint import Checkpoint, check_scheme, read_checkpoint
from .gate import Gate, Margins, judge, read_gate, read_scores, to_json, with_tasks
from .job import Calibration, Job, Measures, Scheme
from .publish import (
    GATE,
    building,
    copy_companions,
    held_folder,
    move_into_place,
    must_be_free,
    must_have_room,
    refused_report,
    weights_digest,
    write_manifest,
)
from .rows import Row, apart, choose, digest, read_rows, write_rows
from .run import Progress, run_worker

Reported = TypeVar("Reported", Calibration, Measures)

_SEED = 20261125
# Weights, once more at most, and the rows and logs beside them.
_SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Order:
    """What is to be quantised, how, and what it may lose.

    Without `gate_data` the gate takes rows of the calibration file that were not calibrated on;
    with `hold` a result that passes waits for task scores instead of being published.
    """

    source: Path
    out: Path
    scheme: Scheme
    group: int = 128
    calibration: Path | None = None
    samples: int = 512
    gate_data: Path | None = None
    gate_rows: int = 2000
    margins: Margins = Margins()
    hold: bool = False


@dataclass(frozen=True)
class Outcome:
    """How it ended: `folder` is the result, None when it was refused; `report` is the gate's."""

    state: Literal["published", "held", "refused"]
    folder: Path | None
    report: Path
    gate: Gate
    size_bytes: int
    source_bytes: int


@dataclass(frozen=True)
class _Rows:
    calibration: list[Row]
    gate: list[Row]
    seen: int


def quantize(order: Order, python: Path, progress: Progress) -> Outcome:
    """Quantise, measure, decide; the result is in place only if the gate lets it pass."""
    checkpoint = read_checkpoint(order.source)
    check_scheme(checkpoint, order.scheme, order.group)
    target = held_folder(order.out) if order.hold else order.out
    must_be_free(order.out, target)
    rows = _rows(order)
    order.out.parent.mkdir(parents=True, exist_ok=True)
    must_have_room(order.out.parent, checkpoint.size_bytes + _SPARE_BYTES)
    with building(order.out) as part:
        weights = part / "weights"
        used = _quantized(order, rows, python, part, progress)
        copy_companions(checkpoint, weights)
        measures = _measured(order, rows, python, part, progress)
        gate = judge(
            measures,
            order.margins,
            seen_in_calibration=rows.seen,
            rows_sha256=digest(rows.gate),
        )
        write_manifest(weights, _facts(order, checkpoint, used, rows))
        (weights / GATE).write_text(to_json(gate), "utf-8")
        size = sum(path.stat().st_size for path in weights.glob("*.safetensors"))
        if gate.passes:
            move_into_place(weights, target)
    return _ended(order.out, gate, target, size, checkpoint.size_bytes)


def publish(held: Path, out: Path, scores: Path) -> Outcome:
    """Decide on a held result once its tasks are scored, and publish it if it passes."""
    must_be_free(out)
    gate = read_gate(held / GATE)
    found, given = weights_digest(held), read_scores(scores)
    if given.result_sha256 != found:
        raise UsageError(
            f"{str(scores)!r} scored weights {given.result_sha256!r}, not {found!r} of "
            f"{str(held)!r}: score these"
        )
    gate = with_tasks(gate, given)
    size = sum(path.stat().st_size for path in held.glob("*.safetensors"))
    if gate.passes:
        fresh = held / f"{GATE}.part"
        fresh.write_text(to_json(gate), "utf-8")
        fresh.replace(held / GATE)
        move_into_place(held, out)
    return _ended(out, gate, out, size, 0)


def _ended(out: Path, gate: Gate, target: Path, size: int, source_size: int) -> Outcome:
    report = refused_report(out)
    if gate.passes:
        report.unlink(missing_ok=True)
        state = "published" if target == out else "held"
        return Outcome(state, target, target / GATE, gate, size, source_size)
    report.write_text(to_json(gate), "utf-8")
    return Outcome("refused", None, report, gate, size, source_size)


def _rows(order: Order) -> _Rows:
    """Return the rows to calibrate on and those to measure with, none of them in both."""
    given = read_rows(order.calibration) if order.calibration else []
    if not given and order.scheme == "w4a16":
        raise UsageError(
            "w4a16 needs rows to calibrate on: give --calibration FILE.jsonl of the training split"
        )
    calibration = choose(given, order.samples, _SEED)
    if order.gate_data is None:
        if not given:
            raise UsageError("the gate needs rows: give --gate-data FILE.jsonl of held-out rows")
        offered, seen = apart(given, calibration), calibration
    else:
        offered, seen = read_rows(order.gate_data), given
    kept = apart(offered, seen)
    if not kept:
        raise UsageError(
            f"every row of {str(order.gate_data or order.calibration)!r} is calibrated on: "
            "give --gate-data rows of another split"
        )
    return _Rows(calibration, choose(kept, order.gate_rows, _SEED), len(offered) - len(kept))


def _quantized(
    order: Order, rows: _Rows, python: Path, part: Path, progress: Progress
) -> Calibration:
    job = Job(
        task="quantize",
        source=order.source.resolve(),
        result=(part / "weights").resolve(),
        report=(part / "calibration.json").resolve(),
        rows=_written(part / "calibration.jsonl", rows.calibration),
        scheme=order.scheme,
        group=order.group,
    )
    run_worker(python, job, part / "quantize.log", progress)
    return _reported(job.report, Calibration)


def _measured(order: Order, rows: _Rows, python: Path, part: Path, progress: Progress) -> Measures:
    job = Job(
        task="measure",
        source=order.source.resolve(),
        result=(part / "weights").resolve(),
        report=(part / "measures.json").resolve(),
        rows=_written(part / "gate.jsonl", rows.gate),
    )
    run_worker(python, job, part / "measure.log", progress)
    return _reported(job.report, Measures)


def _written(path: Path, rows: list[Row]) -> Path | None:
    if not rows:
        return None
    write_rows(path, rows)
    return path.resolve()


def _reported(path: Path, kind: type[Reported]) -> Reported:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InfrastructureError(
            f"the quantiser left no report ({error}): start it again"
        ) from error


def _facts(order: Order, checkpoint: Checkpoint, used: Calibration, rows: _Rows) -> dict[str, Any]:
    method = "GPTQ" if rows.calibration else "rounding to nearest"
    return {
        "schema_version": 1,
        "scheme": order.scheme,
        "group": order.group if order.scheme == "w4a16" else None,
        "method": method,
        "architecture": checkpoint.architecture,
        "parameters": checkpoint.parameters,
        "source": {"name": order.source.resolve().name, "sha256": checkpoint.digests()},
        "calibration": {
            "file_sha256": sha256_file(order.calibration) if order.calibration else None,
            "rows": used.rows,
            "tokens": used.tokens,
            "rows_sha256": digest(rows.calibration),
        },
        "tools": used.tools,
    }
