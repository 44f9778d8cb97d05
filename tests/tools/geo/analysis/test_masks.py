from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from terragate.tests.support.tiny_geo import LEFT, TOP, scene, utm_box, write_tif
from terragate.tools.errors import ToolError
from terragate.tools.geo.analysis.grid import common_grid, open_source
from terragate.tools.geo.analysis.masks import (
    bad_bits,
    bad_classes,
    bad_pixels,
    scene_masks,
)
from terragate.tools.geo.raster import Grid


def block_of(folder: Path) -> Grid:
    base = write_tif(folder / "base.tif", np.ones((1, 40, 40), dtype="uint8"))
    grid = common_grid(utm_box((0, 40), (0, 40)), [open_source(base, 1)])
    return grid.block(0, 0, 40, 40)


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        (0, True), (1, True), (2, False), (3, True), (4, False), (5, False), (6, False),
        (7, False), (8, True), (9, True), (10, True), (11, False), (12, True), (255, True),
    ],
)  # fmt: skip
def test_sentinel_2_classes(code: int, bad: bool) -> None:
    assert bad_classes(np.array([code], dtype=np.int32))[0] == bad


def test_snow_is_bad_only_when_asked() -> None:
    assert not bad_classes(np.array([11]))[0]
    assert bad_classes(np.array([11]), snow=True)[0]
    assert not bad_bits(np.array([32]))[0]
    assert bad_bits(np.array([32]), snow=True)[0]


# Values and meanings as in the tables of the USGS product guides for Landsat Collection 2.
@pytest.mark.parametrize(
    ("value", "bad"),
    [
        (1, True),  # fill
        (21824, False),  # clear, low confidences
        (21826, True),  # dilated cloud over land
        (21888, False),  # water
        (21890, True),  # dilated cloud over water
        (22080, False),  # mid confidence cloud, whose flag is not set
        (22280, True),  # high confidence cloud
        (23888, True),  # cloud shadow
        (30048, False),  # high confidence snow or ice
        (54596, True),  # cirrus
    ],
)
def test_landsat_bits(value: int, bad: bool) -> None:
    assert bad_bits(np.array([value], dtype=np.int32))[0] == bad


def test_the_masks_of_a_scene_are_joined_on_any_grid(tmp_path: Path) -> None:
    scl = np.full((20, 20), 4, dtype="uint8")
    scl[0, 0] = 9
    write_tif(tmp_path / "scl.tif", scl[None], transform=Affine(20, 0, LEFT, 0, -20, TOP), nodata=0)
    qa = np.full((40, 40), 21824, dtype="uint16")
    qa[10, 10] = 22280
    write_tif(tmp_path / "qa.tif", qa[None], nodata=1)
    cloud = np.zeros((40, 40), dtype="uint8")
    cloud[20, 20] = 100
    write_tif(tmp_path / "cloud.tif", cloud[None])
    assets = {"SCL": ("scl.tif", 1), "qa_pixel": ("qa.tif", 1), "cloud": ("cloud.tif", 1)}
    masks = scene_masks(tmp_path, scene("s", "base.tif", "2020-01-01", assets=assets))
    assert [one.kind for one in masks] == ["scl", "qa_pixel", "cloud"]
    truth = np.zeros((40, 40), dtype=bool)
    truth[0:2, 0:2] = truth[10, 10] = truth[20, 20] = True
    np.testing.assert_array_equal(bad_pixels(masks, block_of(tmp_path)), truth)


@pytest.mark.parametrize(("kind", "clear"), [("scl", 4), ("qa_pixel", 21824), ("cloud", 0)])
def test_pixels_beyond_a_mask(tmp_path: Path, kind: str, clear: int) -> None:
    write_tif(tmp_path / "m.tif", np.full((1, 40, 20), clear, dtype="uint16"))
    masks = scene_masks(tmp_path, scene("s", "m.tif", "2020-01-01", assets={kind: ("m.tif", 1)}))
    bad = bad_pixels(masks, block_of(tmp_path))
    assert not bad[:, :20].any()
    assert bad[:, 20:].all() == (kind != "cloud")


def test_a_scene_without_a_mask_has_no_bad_pixels(tmp_path: Path) -> None:
    masks = scene_masks(tmp_path, scene("s", "b.tif", "2020-01-01", assets={"red": ("b.tif", 1)}))
    assert masks == ()
    assert not bad_pixels(masks, block_of(tmp_path)).any()


def test_a_mask_outside_the_catalog_is_refused(tmp_path: Path) -> None:
    one = scene("s", "x.tif", "2020-01-01", assets={"scl": ("../../x.tif", 1)})
    with pytest.raises(ToolError, match="outside the catalog"):
        scene_masks(tmp_path, one)
