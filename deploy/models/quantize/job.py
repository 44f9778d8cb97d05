"""What crosses to the worker process, and what comes back: jobs, measures and the reply lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ....tools.records import Frozen

Scheme = Literal["w8a8", "w4a16"]
# The formats' own word width: packing eight 4-bit values a word leaves whole words in each group.
GROUPS = (32, 64, 128, 256)


class Job(Frozen):
    """One call of the worker.

    `quantize` writes a checkpoint of `source` to `result`, calibrated on the rows (none: plain
    rounding); `measure` compares the two on the rows. `report` is the JSON file it leaves.
    """

    task: Literal["quantize", "measure"]
    source: Path
    result: Path
    report: Path
    rows: Path | None
    scheme: Scheme = "w8a8"
    group: int = 128


class Line(Frozen):
    """One line of the worker's output; an `error` is the last one and names whose fault it is."""

    kind: Literal["progress", "usage", "infrastructure"]
    text: str


class Calibration(Frozen):
    """What a quantisation used: rows and tokens, and the releases of the tools."""

    rows: int
    tokens: int
    tools: dict[str, str]


class Sums(Frozen):
    """Sums over some tokens of a row; divergence and likelihoods in nats."""

    tokens: int
    divergence: float
    source_nll: float
    result_nll: float
    agreed: int


class RowMeasure(Frozen):
    """One row under both models: whether each says the whole answer, and sums over its tokens."""

    domain: str
    source_exact: bool
    result_exact: bool
    answer: Sums
    prompt: Sums


class Measures(Frozen):
    """What `measure` found; rows longer than the model's positions are left out and counted."""

    rows: tuple[RowMeasure, ...]
    too_long: int
    dtype: str


def total(parts: Sequence[Sums]) -> Sums:
    """Return the sums over several parts."""
    return Sums(
        tokens=sum(part.tokens for part in parts),
        divergence=sum(part.divergence for part in parts),
        source_nll=sum(part.source_nll for part in parts),
        result_nll=sum(part.result_nll for part in parts),
        agreed=sum(part.agreed for part in parts),
    )
