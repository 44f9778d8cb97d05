from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry.base import BaseGeometry
from terragate.tests.support.tiny_geo import TinyCatalog, record
from terragate.tests.tools.geo.detection.tiny_models import (
    LARGE,
    SMALL,
    YOLO,
    install,
    outline,
    planted,
    prepared,
    yolo_model,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.detection.detect import DETECT_OBJECTS, FILTER_BY_SCORE
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext

SQUARES = [(3, 3, SMALL), (5, 24, LARGE), (18, 17, SMALL), (19, 60, SMALL)]
DIM = [(33, 33, LARGE), (40, 50, LARGE), (50, 5, SMALL), (58, 70, SMALL)]


def detect(run: ToolContext, detector: str, category: str = "everything") -> ToolResult:
    args = {"detector": detector, "category": category, "scenes": "s", "aoi": "a", "interval": "i"}
    return DETECT_OBJECTS(run, args)


def found(run: ToolContext, result: ToolResult) -> gpd.GeoDataFrame:
    artifact = ArtifactRef.model_validate(result.outputs["features"]["artifact"])
    return gpd.read_file(run.store.path(artifact))


def squares(folder: Path, **changes: Any) -> Path:
    return install(folder / "op", "squares", yolo_model(), **changes)


def polygon(square: tuple[int, int, int]) -> Any:
    row, column, size = square
    return outline((column, column + size), (row, row + size))


class LabelCatalog(TinyCatalog):
    """A catalog whose detection table has three labels, two of them ships."""

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        assert collection == "xview1"
        assert interval == (date(2024, 1, 1), date(2025, 1, 1))
        names = ["Maritime Vessel", "Tugboat", "Tugboat"]
        shapes = [polygon(one) for one in SQUARES[:3]]
        frame = gpd.GeoDataFrame({"cat_name": names}, geometry=shapes, crs="EPSG:4326")
        frame["date"] = np.datetime64("2024-05-01", "ms")
        chosen = frame.intersects(aoi) & frame["cat_name"].isin(classes or names)
        return gpd.GeoDataFrame(frame[chosen])


def test_labels_are_said_to_be_labels(tmp_path: Path) -> None:
    catalog = LabelCatalog(tmp_path / "data")
    run = prepared(tmp_path, planted(40, 40, []), None, catalog=catalog)
    result = detect(run, "xview1-labels", "tugboats")
    payload = result.outputs["features"]
    assert (payload["method"], payload["collection"]) == ("precomputed", "xview1")
    assert payload["count"] == 2
    assert "model_sha256" not in payload
    assert "detections are precomputed labels of collection xview1; no image was analysed" in (
        result.notes
    )
    frame = found(run, result)
    assert frame["cat_name"].tolist() == ["Tugboat", "Tugboat"]
    assert frame["score"].isna().all()


def test_scores_are_filtered(tmp_path: Path) -> None:
    # Squares of brightness 0.7 answer with 0.7.
    pixels = planted(70, 83, SQUARES) + planted(70, 83, DIM, bright=0.7)
    shelf = squares(tmp_path, output={**YOLO, "score": 0.5})
    run = prepared(tmp_path, pixels, shelf)
    features = detect(run, "squares")
    assert features.outputs["features"]["count"] == 8
    run = replace(run, records={**run.records, "f": record("f", **features.outputs)})
    result = FILTER_BY_SCORE(run, {"score": "80%", "features": "f"})
    assert result.outputs["features"]["count"] == 4
    assert all(found(run, result).intersects(polygon(one)).sum() == 1 for one in SQUARES)
    assert result.outputs["features"]["score_threshold"] == 0.8
    below = FILTER_BY_SCORE(run, {"score": "0,3", "features": "f"})
    assert below.outputs["features"]["count"] == 8
    assert below.notes == ("the detector kept none below 0.5",)
    with pytest.raises(RetryableToolError, match="between 0 and 1"):
        FILTER_BY_SCORE(run, {"score": "nan", "features": "f"})


def test_no_detection_of_the_score_is_an_empty_result(tmp_path: Path) -> None:
    shelf = squares(tmp_path, output={**YOLO, "score": 0.5})
    run = prepared(tmp_path, planted(70, 83, SQUARES, bright=0.7), shelf)
    records = {**run.records, "f": record("f", **detect(run, "squares").outputs)}
    result = FILTER_BY_SCORE(replace(run, records=records), {"score": "0.9", "features": "f"})
    assert result.empty
    assert result.values[0].value == 0
    assert not result.outputs


def test_labels_without_scores_cannot_be_filtered_by_score(tmp_path: Path) -> None:
    catalog = LabelCatalog(tmp_path / "data")
    run = prepared(tmp_path, planted(40, 40, []), None, catalog=catalog)
    labels = detect(run, "xview1-labels")
    run = replace(run, records={**run.records, "f": record("f", **labels.outputs)})
    with pytest.raises(RetryableToolError, match="have no scores"):
        FILTER_BY_SCORE(run, {"score": "0.5", "features": "f"})
