"""A model run over chips, batch by batch, and its outputs as boxes in the raster's pixels."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError
from .boxes import Boxes, decode_boxes, decode_yolo, suppress
from .chip_reader import ReadChip, SceneView, own_pixels, read_chips
from .manifest import Manifest, YoloOutput
from .model_check import bad_model
from .session import ModelSession
from .tiling import Chip

CUT_MARGIN: Final = 2.0
"""A box that ends within so many pixels of its chip's edge may go on beyond it."""
MAX_BOXES: Final = 100_000
MAX_SECONDS: Final = 840.0
"""Less than the runtime waits for a slow tool, so that no thread is left behind."""

Outputs = tuple[NDArray[Any], ...]


class Found(NamedTuple):
    """Boxes in the lead band's pixels, and how many of the AOI's pixels had data."""

    boxes: Boxes
    pixels: int


def run_chips(
    session: ModelSession, read: Iterable[ReadChip], ranks: Mapping[str, int]
) -> Iterator[tuple[ReadChip, Outputs]]:
    """Yield every chip with its own outputs; `ranks` are the axes that each has for one chip."""
    waiting, started = iter(read), time.monotonic()
    while batch := list(islice(waiting, session.batch)):
        if time.monotonic() - started > MAX_SECONDS:
            raise ToolError(
                f"model {session.path.name!r} takes more than {MAX_SECONDS:.0f} s for the area; "
                "choose a smaller area",
                kind="too_large",
            )
        outputs = session.run(np.stack([one.image for one in batch]), tuple(ranks))
        for place, one in enumerate(batch):
            named = zip(outputs, ranks.values(), strict=True)
            yield one, tuple(session.part(tensor, rank, place) for tensor, rank in named)


def find_boxes(
    session: ModelSession, manifest: Manifest, view: SceneView, chips: Sequence[Chip]
) -> Found:
    """Return what a detection model finds in the chips, each object once."""
    ranks = _ranks(session, manifest)
    parts: list[Boxes] = []
    count = pixels = 0
    for read, outputs in run_chips(session, read_chips(view, manifest.input, chips), ranks):
        found = _decoded(session.path, manifest, outputs)
        parts.append(_placed(suppress(found, _iou(manifest)), read, view))
        own = own_pixels(view, read.chip, read.valid.shape)
        pixels += int((own & read.valid).sum())
        count += len(parts[-1].scores)
        if count > MAX_BOXES:
            raise ToolError(
                f"detector {manifest.name!r} finds more than {MAX_BOXES} boxes; "
                "choose a smaller area",
                kind="too_large",
            )
    return Found(suppress(Boxes.joined(parts), _iou(manifest)), pixels)


def _ranks(session: ModelSession, manifest: Manifest) -> dict[str, int]:
    form = manifest.output
    if form.format != "boxes-scores-labels":
        return {session.outputs[0]: 2}
    ranks = {form.boxes: 2, form.scores: 1, form.labels: 1}
    if missing := sorted(set(ranks) - set(session.outputs)):
        raise bad_model(session.path, f"has no output {missing[0]!r}; has {session.outputs!r}")
    return ranks


def _decoded(path: Path, manifest: Manifest, outputs: Outputs) -> Boxes:
    form, classes = manifest.output, len(manifest.classes)
    if isinstance(form, YoloOutput):
        return decode_yolo(path, outputs[0], form, classes, manifest.input.chip)
    if form.format == "boxes-scores-labels":
        return decode_boxes(path, outputs, form, classes)
    raise bad_model(path, "gives no boxes")


def _iou(manifest: Manifest) -> float:
    return 0.5 if manifest.output.format == "logits" else manifest.output.iou


def _placed(boxes: Boxes, read: ReadChip, view: SceneView) -> Boxes:
    """Return a chip's boxes in the raster's pixels, clipped to what the chip shows of it."""
    height, width = read.valid.shape
    row, column = read.chip.row.start, read.chip.column.start
    edges = boxes.edges.clip([0, 0, 0, 0], [width, height, width, height])
    real = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
    boxes, edges = boxes.take(real), edges[real]
    cut = np.zeros(len(edges), np.bool_)
    cut |= (edges[:, 0] < CUT_MARGIN) & (column > 0)
    cut |= (edges[:, 1] < CUT_MARGIN) & (row > 0)
    cut |= (edges[:, 2] > width - CUT_MARGIN) & (column + width < view.lead.width)
    cut |= (edges[:, 3] > height - CUT_MARGIN) & (row + height < view.lead.height)
    return boxes._replace(edges=edges + [column, row, column, row], cut=cut)
