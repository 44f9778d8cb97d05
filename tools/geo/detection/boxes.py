"""Boxes in pixels: what model outputs say, and which of several boxes are the same object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from .manifest import BoxesOutput, YoloOutput
from .model_check import bad_model

CUT_SHARE: Final = 0.5
"""A box cut by its chip's edge is part of a whole one that covers more than this share of it."""
MAX_CANDIDATES: Final = 20_000

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Boxes(NamedTuple):
    """Boxes (left, top, right, bottom) in pixels; `cut` ones touch an edge of their chip."""

    edges: Floats
    scores: Floats
    labels: NDArray[np.int64]
    cut: Flags

    @classmethod
    def none(cls) -> Self:
        """Return no boxes."""
        return cls(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64), np.empty(0, np.bool_))

    def take(self, chosen: NDArray[Any]) -> Boxes:
        """Return some of the boxes, in the order chosen."""
        return Boxes(self.edges[chosen], self.scores[chosen], self.labels[chosen], self.cut[chosen])

    @staticmethod
    def joined(parts: list[Boxes]) -> Boxes:
        """Return the boxes of several chips."""
        if not parts:
            return Boxes.none()
        return Boxes(
            np.concatenate([part.edges for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.cut for part in parts]),
        )


def decode_yolo(path: Path, rows: NDArray[Any], form: YoloOutput, classes: int, side: int) -> Boxes:
    """Return the boxes of one chip's [N, 4 + C] output that reach the score, in chip pixels."""
    rows = rows.T if form.transposed else rows
    width = 4 + int(form.objectness) + classes
    if rows.ndim != 2 or rows.shape[1] != width:
        raise bad_model(path, f"gives {rows.shape!r} numbers a chip, not N x {width} as stated")
    numbers = rows[:, 4:].astype(np.float64)
    if form.activation == "sigmoid":
        numbers = 1 / (1 + np.exp(-np.clip(numbers, -60, 60)))
    shares = numbers[:, 1:] * numbers[:, :1] if form.objectness else numbers
    labels = shares.argmax(axis=1)
    scores = shares[np.arange(len(shares)), labels]
    edges = rows[:, :4].astype(np.float64) * (side if form.normalised else 1)
    if form.boxes == "cxcywh":
        half = edges[:, 2:] / 2
        edges = np.concatenate([edges[:, :2] - half, edges[:, :2] + half], axis=1)
    return _sound(path, edges, scores, labels, form.score)


def decode_boxes(
    path: Path, outputs: Sequence[NDArray[Any]], form: BoxesOutput, classes: int
) -> Boxes:
    """Return the boxes of one chip's boxes, scores and labels that reach the score."""
    edges, scores = (tensor.astype(np.float64) for tensor in outputs[:2])
    labels = outputs[2].astype(np.int64) - form.first_label
    if scores.ndim != 1 or scores.shape != labels.shape or edges.shape != (len(scores), 4):
        shapes = [tensor.shape for tensor in outputs]
        raise bad_model(path, f"gives boxes, scores and labels that do not fit: {shapes!r}")
    kept = _sound(path, edges, scores, labels, form.score)
    unknown = kept.labels[(kept.labels < 0) | (kept.labels >= classes)]
    if len(unknown):
        wrong = int(unknown[0]) + form.first_label
        raise bad_model(path, f"gives label {wrong!r}, and the manifest has {classes} classes")
    return kept


def _sound(
    path: Path, edges: Floats, scores: Floats, labels: NDArray[np.int64], least: float
) -> Boxes:
    if not np.isfinite(scores).all() or (scores < -1e-3).any() or (scores > 1 + 1e-3).any():
        raise bad_model(path, "gives scores outside 0 to 1; state the activation in its manifest")
    good = scores >= least
    if not np.isfinite(edges[good]).all():
        raise bad_model(path, "gives boxes that are no numbers")
    good &= (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
    best = np.flatnonzero(good)[np.argsort(-scores[good], kind="stable")][:MAX_CANDIDATES]
    cut = np.zeros(len(best), np.bool_)
    return Boxes(edges[best], scores[best].clip(0, 1), labels[best].astype(np.int64), cut)


def overlap_areas(edges: Floats, one: NDArray[Any], other: NDArray[Any]) -> Floats:
    """Return the area that pairs of boxes share, in square pixels."""
    low = np.maximum(edges[one, :2], edges[other, :2])
    high = np.minimum(edges[one, 2:], edges[other, 2:])
    return (high - low).clip(0).prod(axis=1)


def suppress(boxes: Boxes, iou: float) -> Boxes:
    """Return the boxes that stay after greedy non-maximum suppression within each class.

    Whole boxes go first, best score first, then those cut by a chip's edge. A box goes when its
    intersection over union with a kept one is above `iou`, and a cut one also when more than
    `CUT_SHARE` of the smaller of the two lies in the other: it is a part of the same object.
    """
    order = np.lexsort((-boxes.scores, boxes.cut))
    boxes = boxes.take(order)
    edges = boxes.edges
    if not len(edges):
        return boxes
    outlines = shapely.box(*edges.T)
    one, other = shapely.STRtree(outlines).query(outlines)
    ahead = (one < other) & (boxes.labels[one] == boxes.labels[other])
    one, other = one[ahead], other[ahead]
    areas = (edges[:, 2:] - edges[:, :2]).prod(axis=1)
    shared = overlap_areas(edges, one, other)
    same = shared > iou * (areas[one] + areas[other] - shared)
    same |= boxes.cut[other] & (shared > CUT_SHARE * np.minimum(areas[one], areas[other]))
    return boxes.take(_greedy(len(edges), one[same], other[same]))


def _greedy(count: int, one: NDArray[Any], other: NDArray[Any]) -> Flags:
    by_first = np.argsort(one, kind="stable")
    firsts, starts = np.unique(one[by_first], return_index=True)
    alive = np.ones(count, dtype=np.bool_)
    groups = np.split(other[by_first], starts[1:]) if len(firsts) else []
    for first, group in zip(firsts, groups, strict=True):
        if alive[first]:
            alive[group] = False
    return alive
