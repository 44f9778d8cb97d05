from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import ToolError
from terragate.tools.geo.detection.boxes import Boxes, decode_boxes, decode_yolo, suppress
from terragate.tools.geo.detection.manifest import BoxesOutput, YoloOutput
from terragate.tools.geo.detection.tiling import chips, spans

MODEL = Path("model.onnx")
Row = tuple[int, int, int, int, float, int, bool]


def boxes(rows: list[Row]) -> Boxes:
    edges = np.array([(x, y, x + w, y + h) for x, y, w, h, *_ in rows], dtype=float)
    return Boxes(
        edges.reshape(-1, 4),
        np.array([row[4] for row in rows], dtype=float),
        np.array([row[5] for row in rows], dtype=np.int64),
        np.array([row[6] for row in rows], dtype=np.bool_),
    )


def slow_suppress(rows: list[Row], iou: float) -> list[Row]:
    """Suppress by the rule's words, one pair at a time, in whole square pixels."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: (one[6], -one[4])):
        x, y, w, h, _, label, cut = row
        for kx, ky, kw, kh, _, other, _ in kept:
            wide = max(min(x + w, kx + kw) - max(x, kx), 0)
            high = max(min(y + h, ky + kh) - max(y, ky), 0)
            shared, one, two = wide * high, w * h, kw * kh
            same = shared > iou * (one + two - shared) or (cut and 2 * shared > min(one, two))
            if label == other and same:
                break
        else:
            kept.append(row)
    return kept


row = st.tuples(
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([0.3, 0.5, 0.7, 0.9]),
    st.integers(0, 1),
    st.booleans(),
)


@given(st.lists(row, max_size=25), st.sampled_from([0.1, 0.3, 0.5, 0.8]))
def test_suppression_is_the_greedy_rule(rows: list[Row], iou: float) -> None:
    made = suppress(boxes(rows), iou)
    truth = boxes(slow_suppress(rows, iou))
    for mine, other in zip(made, truth, strict=True):
        assert mine.tolist() == other.tolist()


@given(st.lists(row, max_size=25))
def test_suppressing_twice_changes_nothing(rows: list[Row]) -> None:
    once = suppress(boxes(rows), 0.4)
    twice = suppress(once, 0.4)
    assert once.edges.tolist() == twice.edges.tolist()


def test_a_cut_box_gives_way_to_the_whole_one_even_with_a_better_score() -> None:
    whole, part = (0, 0, 20, 10, 0.6, 0, False), (14, 0, 6, 10, 0.9, 0, True)
    assert suppress(boxes([part, whole]), 0.5).edges.tolist() == [[0, 0, 20, 10]]


def test_a_small_whole_box_inside_a_large_one_stays() -> None:
    large, small = (0, 0, 20, 20, 0.9, 0, False), (5, 5, 4, 4, 0.8, 0, False)
    assert len(suppress(boxes([large, small]), 0.5).scores) == 2


def test_boxes_of_different_classes_do_not_suppress_each_other() -> None:
    same = [(0, 0, 10, 10, 0.9, 0, False), (0, 0, 10, 10, 0.8, 1, False)]
    assert len(suppress(boxes(same), 0.5).scores) == 2


def test_yolo_rows_are_decoded() -> None:
    rows = np.array([[10, 20, 4, 6, 0.1, 0.8], [10, 20, 4, 6, 0.2, 0.1]], dtype="float32")
    made = decode_yolo(MODEL, rows, YoloOutput(format="yolo", score=0.25), 2, 32)
    assert made.edges.tolist() == [[8, 17, 12, 23]]
    assert made.labels.tolist() == [1]
    assert made.scores == pytest.approx([0.8])


def test_yolo_with_objectness_logits_and_shares_of_the_chip() -> None:
    rows = np.array([[0.25, 0.5, 0.5, 1.0, 0.0, 2.0, -50.0]]).T
    form = YoloOutput(
        format="yolo",
        boxes="xyxy",
        normalised=True,
        transposed=True,
        objectness=True,
        activation="sigmoid",
        score=0.25,
    )
    made = decode_yolo(MODEL, rows, form, 2, 64)
    assert made.edges.tolist() == [[16, 32, 32, 64]]
    assert made.scores == pytest.approx([0.5 / (1 + np.exp(-2.0))])
    assert made.labels.tolist() == [0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((3, 5)), "3 x 5|\\(3, 5\\)"),
        (np.array([[1, 1, 2, 2, 7.3, 0]]), "outside 0 to 1"),
        (np.array([[1, 1, 2, 2, np.nan, 0]]), "outside 0 to 1"),
        (np.array([[np.inf, 1, 2, 2, 0.9, 0]]), "no numbers"),
    ],
)
def test_bad_yolo_output_is_a_typed_error(rows: np.ndarray, said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        decode_yolo(MODEL, rows, YoloOutput(format="yolo"), 2, 32)
    assert caught.value.kind == "bad_data"


def test_boxes_scores_and_labels_are_decoded() -> None:
    edges = np.array([[1, 2, 5, 9], [0, 0, 3, 3], [4, 4, 4, 9]])
    outputs = [edges, np.array([0.9, 0.1, 0.8]), np.array([2, 1, 1])]
    form = BoxesOutput(format="boxes-scores-labels", score=0.5)
    made = decode_boxes(MODEL, outputs, form, 2)
    assert made.edges.tolist() == [[1, 2, 5, 9]]
    assert made.labels.tolist() == [1]


@pytest.mark.parametrize("label", [0, 3, -1])
def test_a_label_without_a_class_is_a_typed_error(label: int) -> None:
    outputs = [np.array([[0, 0, 1, 1]]), np.array([0.9]), np.array([label])]
    with pytest.raises(ToolError, match=f"label {label}"):
        decode_boxes(MODEL, outputs, BoxesOutput(format="boxes-scores-labels"), 2)


def test_boxes_and_scores_that_do_not_fit_are_a_typed_error() -> None:
    outputs = [np.zeros((3, 4)), np.zeros(2), np.ones(2)]
    with pytest.raises(ToolError, match="do not fit"):
        decode_boxes(MODEL, outputs, BoxesOutput(format="boxes-scores-labels"), 2)


axis = st.tuples(st.integers(1, 300), st.integers(8, 40)).flatmap(
    lambda pair: st.tuples(
        st.just(pair[0]), st.just(pair[1]), st.integers(0, pair[1] // 2), st.integers(0, 299)
    )
)


@given(axis, st.integers(1, 300))
def test_chips_share_out_the_window_and_hold_whole_objects(
    given_axis: tuple[int, int, int, int], length: int
) -> None:
    size, side, overlap, first = given_axis
    first = min(first, size - 1)
    last = min(first + length, size)
    made = spans((first, last), size, side, overlap)
    own = [pixel for one in made for pixel in range(one.core_start, one.core_stop)]
    assert own == list(range(first, last))
    for one in made:
        assert one.start >= 0
        assert one.start + side <= max(size, side)
        for begin in range(max(one.core_start - overlap, 0), one.core_stop):
            centre, end = begin + overlap / 2, begin + overlap
            if one.core_start <= centre < one.core_stop and end <= size:
                assert one.start <= begin
                assert end <= one.start + side


def test_chips_are_the_product_of_rows_and_columns() -> None:
    made = list(chips((0, 50), (10, 90), (50, 100), 32, 8))
    assert len(made) == len(spans((0, 50), 50, 32, 8)) * len(spans((10, 90), 100, 32, 8))
    area = sum(
        (one.row.core_stop - one.row.core_start) * (one.column.core_stop - one.column.core_start)
        for one in made
    )
    assert area == 50 * 80
