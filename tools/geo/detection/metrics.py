"""How good detections are against labels: precision, recall, F1 and average precision.

A detection is right when it has the class of a label that no better-scored detection has taken and
overlaps it with an intersection over union of at least the threshold; of several such labels it
takes the one it overlaps most (the matching rule of COCO, Lin et al. 2014). Overlap is a ratio of
areas, so both sides must be in the same CRS, and any CRS will do for outlines of ordinary size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

DEFAULT_IOU: Final = 0.5

Floats = NDArray[np.float64]
Shapes = NDArray[Any]


class Labelled(NamedTuple):
    """Outlines and their classes; `scores` is empty for labels."""

    shapes: Shapes
    classes: Sequence[str]
    scores: Floats


class Matched(NamedTuple):
    """Which detections are right, best score first, and how many labels there are to find."""

    scores: Floats
    right: NDArray[np.bool_]
    labels: int


class Quality(NamedTuple):
    """Figures in [0, 1]; NaN where one is not defined, as precision is without a detection."""

    precision: float
    recall: float
    f1: float
    average_precision: float


def match(found: Labelled, labels: Labelled, iou: float = DEFAULT_IOU) -> Matched:
    """Return which detections are right at a threshold of intersection over union."""
    order = np.argsort(-found.scores, kind="stable")
    right = np.zeros(len(order), dtype=np.bool_)
    pairs = _pairs(found, labels, iou)
    free = np.ones(len(labels.shapes), dtype=np.bool_)
    for place, detection in enumerate(order):
        for label in pairs.get(int(detection), ()):
            if free[label]:
                free[label], right[place] = False, True
                break
    return Matched(found.scores[order], right, len(labels.shapes))


def _pairs(found: Labelled, labels: Labelled, iou: float) -> dict[int, list[int]]:
    """Return the labels that each detection may take, the one it overlaps most first."""
    if not 0 < iou <= 1:
        raise ValueError(f"the overlap threshold {iou!r} is not between 0 and 1")
    one, other = shapely.STRtree(labels.shapes).query(found.shapes)
    same = np.asarray(found.classes, object)[one] == np.asarray(labels.classes, object)[other]
    one, other = one[same], other[same]
    shares = iou_of(found.shapes[one], labels.shapes[other])
    enough = shares >= iou
    one, other, shares = one[enough], other[enough], shares[enough]
    may: dict[int, list[int]] = {}
    for at in np.lexsort((other, -shares)):
        may.setdefault(int(one[at]), []).append(int(other[at]))
    return may


def iou_of(one: Shapes, other: Shapes) -> Floats:
    """Return the intersection over union of pairs of outlines; 0 for pairs without area."""
    shared = shapely.area(shapely.intersection(one, other))
    union = shapely.area(one) + shapely.area(other) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def quality(found: Labelled, labels: Labelled, iou: float = DEFAULT_IOU) -> Quality:
    """Return precision, recall, F1 and average precision over all classes together."""
    matched = match(found, labels, iou)
    hits, made, there = int(matched.right.sum()), len(matched.right), matched.labels
    return Quality(
        precision=_ratio(hits, made),
        recall=_ratio(hits, there),
        f1=_ratio(2 * hits, made + there),
        average_precision=average_precision(matched),
    )


def average_precision(matched: Matched) -> float:
    """Return the area below the precision-recall curve; NaN when there is no label.

    Precision at a recall is the best at that or any higher recall (PASCAL VOC since 2010).
    Detections of the same score count together: no order is made up among them.
    """
    if not matched.labels:
        return math.nan
    if not len(matched.scores):
        return 0.0
    last = np.append(matched.scores[1:] != matched.scores[:-1], True)
    hits = np.cumsum(matched.right)[last]
    made = np.arange(1, len(matched.scores) + 1)[last]
    recall = hits / matched.labels
    precision = np.maximum.accumulate((hits / made)[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
