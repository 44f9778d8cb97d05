import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from terragate.tests.support.tiny_geo import record, scenes_payload
from terragate.tests.tools.geo.detection.tiny_models import (
    LARGE,
    SMALL,
    install,
    planted,
    prepared,
    yolo_model,
)
from terragate.tools.errors import RetryableToolError, ToolError, ToolUnavailable
from terragate.tools.geo.detection.detect import DETECT_OBJECTS
from terragate.tools.spec import ToolContext

SQUARES = [(3, 3, SMALL), (5, 24, LARGE), (18, 17, SMALL), (40, 50, LARGE), (58, 70, SMALL)]


def detect(run: ToolContext, detector: str, category: str = "everything") -> None:
    args = {"detector": detector, "category": category, "scenes": "s", "aoi": "a", "interval": "i"}
    DETECT_OBJECTS(run, args)


def squares(folder: Path, **changes: Any) -> Path:
    return install(folder / "op", "squares", yolo_model(), **changes)


@pytest.mark.parametrize(("gsd", "said"), [(0.3, "0.2 m to 0.45 m"), (30.0, "20 m to 45 m")])
def test_a_scene_far_from_the_detectors_resolution_is_refused(
    tmp_path: Path, gsd: float, said: str
) -> None:
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path, input={"gsd_m": gsd}))
    with pytest.raises(RetryableToolError, match=f"pixels of 10 m.*{said}") as caught:
        detect(run, "squares")
    assert caught.value.kind == "precondition"


def test_a_missing_band_names_detectors_that_can(tmp_path: Path) -> None:
    shelf = squares(tmp_path)
    install(shelf, "thermal", yolo_model(), input={"bands": ["lwir"]})
    run = prepared(tmp_path, planted(40, 40, []), shelf)
    with pytest.raises(RetryableToolError, match="'thermal' reads band 'lwir'") as caught:
        detect(run, "thermal")
    assert caught.value.candidates == ("xview1-labels", "squares")


def test_unknown_detectors_and_classes_have_candidates(tmp_path: Path) -> None:
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path))
    with pytest.raises(RetryableToolError, match="no detector 'yolo99'") as caught:
        detect(run, "yolo99")
    assert caught.value.candidates == ("xview1-labels", "squares")
    with pytest.raises(RetryableToolError, match="'zebra' is none") as caught:
        detect(run, "squares", "zebra")
    assert "everything" in caught.value.candidates


def test_no_scene_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path))
    records = {**run.records, "s": record("s", scenes=scenes_payload([]))}
    with pytest.raises(RetryableToolError, match="no scene"):
        detect(replace(run, records=records), "squares")


def test_an_area_beside_the_scene_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path), shapely.box(10, 10, 11, 11))
    with pytest.raises(RetryableToolError, match="no pixel of raster"):
        detect(run, "squares")


def test_an_area_of_too_many_chips_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared(tmp_path, planted(70, 83, SQUARES), squares(tmp_path))
    monkeypatch.setattr("terragate.tools.geo.detection.chip_reader.MAX_CHIPS", 3)
    with pytest.raises(ToolError, match="20 chips of 32 pixels") as caught:
        detect(run, "squares")
    assert caught.value.kind == "too_large"


def test_too_many_boxes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = prepared(tmp_path, planted(70, 83, SQUARES), squares(tmp_path))
    monkeypatch.setattr("terragate.tools.geo.detection.inference.MAX_BOXES", 3)
    with pytest.raises(ToolError, match="more than 3 boxes") as caught:
        detect(run, "squares")
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ToolUnavailable, match=r"pip install 'terragate\[detect\]'"):
        detect(run, "squares")


def test_a_model_that_takes_too_long_for_the_area_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared(tmp_path, planted(70, 83, SQUARES), squares(tmp_path))
    monkeypatch.setattr("terragate.tools.geo.detection.inference.MAX_SECONDS", -1)
    with pytest.raises(ToolError, match="choose a smaller area") as caught:
        detect(run, "squares")
    assert caught.value.kind == "too_large"
