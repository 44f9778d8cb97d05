import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import utm_box, write_tif
from terragate.tests.tools.geo.detection.tiny_models import (
    BOXES,
    LARGE,
    SMALL,
    YOLO,
    extent_model,
    install,
    outline,
    planted,
    prepared,
    yolo_model,
)
from terragate.tools.errors import ToolError
from terragate.tools.geo.detection.detect import DETECT_OBJECTS
from terragate.tools.geo.detection.metrics import Labelled, quality
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext

SQUARES = [
    (3, 3, SMALL),
    (5, 24, LARGE),
    (18, 17, SMALL),
    (19, 60, SMALL),
    (33, 33, LARGE),
    (40, 50, LARGE),
    (50, 5, SMALL),
    (58, 70, SMALL),
]
NAMES = {SMALL: "Building", LARGE: "Storage Tank"}


def detect(run: ToolContext, detector: str, category: str = "everything") -> ToolResult:
    args = {"detector": detector, "category": category, "scenes": "s", "aoi": "a", "interval": "i"}
    return DETECT_OBJECTS(run, args)


def found(run: ToolContext, result: ToolResult) -> gpd.GeoDataFrame:
    artifact = ArtifactRef.model_validate(result.outputs["features"]["artifact"])
    return gpd.read_file(run.store.path(artifact))


def squares(folder: Path, **changes: Any) -> Path:
    return install(folder / "op", "squares", yolo_model(), **changes)


def polygon(square: tuple[int, int, int]) -> shapely.Polygon:
    row, column, size = square
    return outline((column, column + size), (row, row + size))


def same_outlines(frame: gpd.GeoDataFrame, truth: list[shapely.Polygon]) -> bool:
    """Return whether every outline has exactly one that is equal but for rounding."""
    shapes = frame.geometry.tolist()
    apart = [[a.symmetric_difference(b).area / a.area for b in truth] for a in shapes]
    near = np.array(apart).reshape(len(shapes), len(truth)) < 1e-4
    return bool((near.sum(axis=0) == 1).all() and (near.sum(axis=1) == 1).all())


@pytest.mark.parametrize("batch", [1, 2, "n"])
@pytest.mark.parametrize("transposed", [False, True])
def test_planted_squares_are_found_once_at_their_place(
    tmp_path: Path, batch: Any, transposed: bool
) -> None:
    model = yolo_model(batch, transposed)
    shelf = install(tmp_path / "op", "squares", model, output={**YOLO, "transposed": transposed})
    run = prepared(tmp_path, planted(70, 83, SQUARES), shelf)
    result = detect(run, "squares")
    frame = found(run, result)
    truth = [polygon(one) for one in SQUARES]
    assert same_outlines(frame, truth)
    for one in SQUARES:
        named = frame[frame.contains(polygon(one).centroid)]["cat_name"].tolist()
        assert named == [NAMES[one[2]]]
    assert frame["score"].tolist() == pytest.approx([1.0] * len(SQUARES))
    assert {day.date().isoformat() for day in frame["date"]} == {"2024-06-01"}
    labels = Labelled(np.array(truth, object), [NAMES[size] for *_, size in SQUARES], np.empty(0))
    made = Labelled(
        frame.geometry.to_numpy(), frame["cat_name"].tolist(), frame["score"].to_numpy()
    )
    assert quality(made, labels, iou=0.99) == (1.0, 1.0, 1.0, 1.0)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(34, 90),
    st.integers(20, 90),
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([SMALL, LARGE])),
        unique_by=lambda cell: cell[:2],
        max_size=12,
    ),
    st.integers(0, 2),
)
def test_squares_anywhere_are_found_once(
    tmp_path_factory: pytest.TempPathFactory,
    height: int,
    width: int,
    cells: list[tuple[int, int, int]],
    shift: int,
) -> None:
    # One square a cell of 12 pixels, so that rings stay dark; none touches the raster's edge,
    # where padding repeats its brightness.
    placed = [(row * 12 + 1 + shift, col * 12 + 1 + shift, size) for row, col, size in cells]
    placed = [p for p in placed if p[0] + p[2] < height and p[1] + p[2] < width]
    folder = tmp_path_factory.mktemp("d")
    run = prepared(folder, planted(height, width, placed), squares(folder))
    result = detect(run, "squares")
    if not placed:
        assert result.empty
        assert result.values[0].value == 0
        return
    assert same_outlines(found(run, result), [polygon(one) for one in placed])


def test_the_answer_says_which_model_found_it(tmp_path: Path) -> None:
    run = prepared(tmp_path, planted(70, 83, SQUARES), squares(tmp_path))
    result = detect(run, "squares", "buildings")
    payload = result.outputs["features"]
    digest = payload["model_sha256"]
    assert result.notes[0] == (
        f"detections are by model squares (SHA-256 {digest}), score at least 0.9; "
        "nobody has checked them"
    )
    assert "scene tiny of 2024-06-01, 0 % cloud, the only one found" in result.notes
    assert "collection sentinel-2 is synthetic data" in result.notes
    assert payload["method"] == "onnx"
    assert (payload["detector"], payload["score_threshold"]) == ("squares", 0.9)
    assert payload["classes"] == ["Building"]
    assert payload["count"] == sum(size == SMALL for *_, size in SQUARES)
    assert ["score", "number"] in payload["columns"]
    assert result.summary == f"features {payload['count']} sentinel-2 Building"
    json.dumps(result.model_dump(mode="json"))


def test_only_objects_whose_centre_is_in_the_area_are_found(tmp_path: Path) -> None:
    area = utm_box((20, 55), (10, 45))
    run = prepared(tmp_path, planted(70, 83, SQUARES), squares(tmp_path), area)
    frame = found(run, detect(run, "squares"))
    inside = [one for one in SQUARES if area.contains(polygon(one).centroid)]
    assert 0 < len(inside) < len(SQUARES)
    assert same_outlines(frame, [polygon(one) for one in inside])


def test_an_object_cut_by_the_area_is_seen_whole(tmp_path: Path) -> None:
    square = (20, 20, LARGE)
    run = prepared(
        tmp_path, planted(70, 83, [square]), squares(tmp_path), utm_box((0, 25), (0, 25))
    )
    assert same_outlines(found(run, detect(run, "squares")), [polygon(square)])


@pytest.mark.parametrize("column", [10, 20, 24, 30, 36, 41])
def test_an_object_cut_by_a_chip_is_merged_with_its_whole(tmp_path: Path, column: int) -> None:
    shelf = install(
        tmp_path / "op", "extent", extent_model(), output=BOXES, input={"layout": "CHW"}
    )
    square = (20, column, 11)
    run = prepared(tmp_path, planted(70, 83, [square]), shelf)
    result = detect(run, "extent")
    frame = found(run, result)
    assert same_outlines(frame, [polygon(square)])
    assert frame["cat_name"].tolist() == ["Storage Tank"]
    assert not any("chip's edge" in note for note in result.notes)


def test_an_object_larger_than_the_overlap_is_told(tmp_path: Path) -> None:
    shelf = install(
        tmp_path / "op", "extent", extent_model(), output=BOXES, input={"layout": "CHW"}
    )
    pixels = planted(40, 83, [])
    pixels[10:20, 5:80] = 1
    result = detect(prepared(tmp_path, pixels, shelf), "extent")
    assert any("larger than 12 pixels may be cut or counted twice" in n for n in result.notes)


def test_chips_without_data_are_skipped_and_told(tmp_path: Path) -> None:
    pixels = planted(70, 83, SQUARES)
    pixels[:, 42:] = np.nan
    run = prepared(tmp_path, pixels, squares(tmp_path), utm_box((0, 83), (0, 70)))
    result = detect(run, "squares")
    left = [polygon(one) for one in SQUARES if one[1] < 42]
    assert same_outlines(found(run, result), left)
    assert any(note.startswith("only 50.6% of the area was looked at") for note in result.notes)


def test_an_area_without_data_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.full((40, 40), np.nan, "float32"), squares(tmp_path))
    with pytest.raises(ToolError, match="only nodata") as caught:
        detect(run, "squares")
    assert caught.value.kind == "bad_data"


def test_pixels_are_normalised_as_stated(tmp_path: Path) -> None:
    # Stored 50 and 450 become 0 and 1.
    shelf = squares(tmp_path, input={"scale": 0.01, "mean": [0.5], "std": [4.0]})
    pixels = planted(70, 83, SQUARES) * 400 + 50
    run = prepared(tmp_path, pixels, shelf)
    assert same_outlines(found(run, detect(run, "squares")), [polygon(one) for one in SQUARES])


def test_a_geographic_scene_is_georeferenced(tmp_path: Path) -> None:
    pixel = 10 / 111_320
    grid = Affine(pixel, 0, 30.0, 0, -pixel, 0.01)
    run = prepared(
        tmp_path, planted(40, 40, [(10, 12, LARGE)]), squares(tmp_path), transform=grid,
        crs="EPSG:4326",
    )  # fmt: skip
    (shape,) = found(run, detect(run, "squares")).geometry
    truth = (30 + 12 * pixel, 0.01 - 18 * pixel, 30 + 20 * pixel, 0.01 - 10 * pixel)
    assert shape.bounds == pytest.approx(truth, abs=1e-9)


def test_several_bands_are_read_from_their_own_files(tmp_path: Path) -> None:
    # The model wants nir alone; red, in the same scene, is dark.
    run = prepared(tmp_path, planted(40, 40, []), squares(tmp_path, input={"bands": ["nir"]}))
    write_tif(tmp_path / "data" / "nir.tif", planted(40, 40, [(10, 12, LARGE)])[None])
    scene = run.records["s"].outputs["scenes"]["items"][0]
    scene["assets"]["nir"] = ("nir.tif", 1)
    assert same_outlines(found(run, detect(run, "squares")), [polygon((10, 12, LARGE))])
