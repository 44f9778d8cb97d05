import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.geo.detection.metrics import (
    Labelled,
    Matched,
    average_precision,
    iou_of,
    match,
    quality,
)

Box = tuple[float, float, float, float]


def labelled(boxes: list[Box], scores: list[float] | None = None, name: str = "Ship") -> Labelled:
    shapes = np.array([shapely.box(*box) for box in boxes], dtype=object)
    return Labelled(shapes, [name] * len(boxes), np.array(scores or [], dtype=float))


A, B, C = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0), (40.0, 0.0, 50.0, 10.0)
FAR = (100.0, 100.0, 110.0, 110.0)


def test_two_right_one_wrong_one_missed() -> None:
    figures = quality(labelled([A, B, FAR], [0.9, 0.7, 0.8]), labelled([A, B, C]))
    assert figures.precision == pytest.approx(2 / 3)
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.f1 == pytest.approx(2 / 3)
    # Ranked: right, wrong, right. Recall 1/3 at precision 1, then 2/3 at precision 2/3.
    assert figures.average_precision == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_a_second_detection_of_one_label_is_wrong() -> None:
    matched = match(labelled([A, A], [0.6, 0.9]), labelled([A]))
    assert matched.scores.tolist() == [0.9, 0.6]
    assert matched.right.tolist() == [True, False]


def test_a_detection_takes_the_label_it_overlaps_most() -> None:
    near, exact = (0.0, 0.0, 10.0, 12.0), (0.0, 0.0, 10.0, 10.0)
    matched = match(labelled([exact, near], [0.9, 0.8]), labelled([near, exact]))
    assert matched.right.tolist() == [True, True]


def test_overlap_at_the_threshold_counts_and_below_does_not() -> None:
    half = (0.0, 0.0, 10.0, 5.0)
    assert iou_of(labelled([half]).shapes, labelled([A]).shapes) == pytest.approx([0.5])
    assert match(labelled([half], [1.0]), labelled([A]), 0.5).right.all()
    assert not match(labelled([half], [1.0]), labelled([A]), 0.51).right.any()


def test_another_class_is_wrong() -> None:
    figures = quality(labelled([A], [0.9], "Tanker"), labelled([A]))
    assert figures.precision == figures.recall == figures.average_precision == 0


def test_what_is_not_defined_is_not_a_number() -> None:
    nothing_found = quality(labelled([], []), labelled([A]))
    assert math.isnan(nothing_found.precision)
    assert (nothing_found.recall, nothing_found.f1, nothing_found.average_precision) == (0, 0, 0)
    nothing_there = quality(labelled([A], [0.9]), labelled([]))
    assert math.isnan(nothing_there.recall)
    assert math.isnan(nothing_there.average_precision)
    assert nothing_there.precision == 0


@pytest.mark.parametrize("iou", [0, -1, 1.5, math.nan])
def test_a_threshold_that_is_no_share_is_refused(iou: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        match(labelled([A], [0.9]), labelled([A]), iou)


def test_average_precision_of_a_known_ranking() -> None:
    right = np.array([True, True, False, False, False, True, True, False, False, True])
    matched = Matched(np.linspace(1, 0.1, 10), right, 5)
    # Interpolated precision at recalls 0.2 to 1.0: 1, 1, 4/7, 4/7, 5/10.
    assert average_precision(matched) == pytest.approx((1 + 1 + 4 / 7 + 4 / 7 + 0.5) / 5)


boxes = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9)).map(
        lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
    ),
    max_size=8,
)
scores = st.lists(st.sampled_from([0.2, 0.4, 0.6, 0.8]), min_size=8, max_size=8)


def slow_match(found: list[Box], ranks: list[float], labels: list[Box], iou: float) -> list[bool]:
    """Match by the rule's words, one pair at a time, in whole square pixels."""
    free, right = set(range(len(labels))), []
    for at in sorted(range(len(found)), key=lambda i: -ranks[i]):
        best, taken = 0.0, None
        for label in sorted(free):
            a, b = found[at], labels[label]
            wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
            high = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - wide * high
            if wide * high / union >= iou and wide * high / union > best:
                best, taken = wide * high / union, label
        right.append(taken is not None)
        free.discard(taken if taken is not None else -1)
    return right


@given(boxes, boxes, scores, st.sampled_from([0.3, 0.5, 0.75]))
def test_matching_follows_the_rule(
    found: list[Box], labels: list[Box], ranks: list[float], iou: float
) -> None:
    ranks = ranks[: len(found)]
    matched = match(labelled(found, ranks), labelled(labels), iou)
    assert matched.right.tolist() == slow_match(found, ranks, labels, iou)


@given(st.lists(st.tuples(scores.map(lambda s: s[0]), st.booleans()), max_size=12), st.randoms())
def test_average_precision_needs_no_order_among_equal_scores(
    ranked: list[tuple[float, bool]], random: object
) -> None:
    def value(pairs: list[tuple[float, bool]]) -> float:
        pairs = sorted(pairs, key=lambda pair: -pair[0])
        columns = [np.array([p[i] for p in pairs]) for i in (0, 1)]
        return average_precision(Matched(columns[0].astype(float), columns[1].astype(bool), 12))

    shuffled = ranked.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert value(shuffled) == pytest.approx(value(ranked))
    assert 0 <= value(ranked) <= 1
    assert value([*ranked, (0.1, False)]) == pytest.approx(value(ranked))


@given(boxes)
def test_labels_against_themselves_are_perfect(given_boxes: list[Box]) -> None:
    unique = list(dict.fromkeys(given_boxes))
    figures = quality(labelled(unique, [0.5] * len(unique)), labelled(unique))
    assert all(math.isnan(f) if not unique else f == 1 for f in figures)
