"""The change of an index over a period, where its two ends lie on different pixels."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from terragate.tests.support.tiny_geo import (
    BANDS,
    LEFT,
    PIXEL,
    TOP,
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.geo.analysis.change import CHANGED_AREA
from terragate.tools.geo.analysis.change_over import CHANGE_OVER
from terragate.tools.records import ArtifactRef


def write_ramp(folder: Path, name: str, gain: float, shift: float = 0.0) -> str:
    """Write a scene whose NDVI rises to the east by `gain` a pixel, `shift` pixels to the east."""
    ndvi = np.tile(gain * (np.arange(40) + shift), (40, 1))
    bands = np.full((len(BANDS), 40, 40), 0.1)
    bands[BANDS.index("nir")] = 0.5 * (1 + ndvi)
    bands[BANDS.index("red")] = 0.5 * (1 - ndvi)
    grid = Affine(PIXEL, 0, LEFT + shift * PIXEL, 0, -PIXEL, TOP)
    write_tif(folder / name, bands.astype("float32"), transform=grid)
    return name


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5])
def test_places_are_compared_not_rows_of_pixels(tmp_path: Path, shift: float) -> None:
    area = utm_box((5.3, 34.7), (5.3, 34.7))
    assets = [
        {band: (name, number) for number, band in enumerate(BANDS, start=1)}
        for name in (
            write_ramp(tmp_path, "first.tif", 0.01),
            write_ramp(tmp_path, "last.tif", 0.01, shift),
        )
    ]
    scenes = [
        scene("first", "", "2019-06-01", assets=assets[0], cloud_known=False),
        scene("last", "", "2024-06-01", assets=assets[1], cloud=7.0),
    ]
    records = [record("a", aoi=aoi_payload(area)), record("s", scenes=scenes_payload(scenes))]
    run = context(tmp_path, records)
    result = CHANGE_OVER(run, {"index": "NDVI", "scenes": "s", "aoi": "a"})
    assert result.values[0].value == pytest.approx(0.0, abs=1e-6)
    artifact = ArtifactRef.model_validate(result.outputs["change"]["artifact"])
    with rasterio.open(run.store.path(artifact)) as dataset:
        pixels = dataset.read(1)
    assert np.nanmax(np.abs(pixels[:, 1:-1])) < 1e-6
    assert "2019-06-01 (cloud cover not known)" in result.notes[0]
    assert "2024-06-01 (7 % cloud)" in result.notes[0]


def test_a_loss_of_exactly_the_number_is_not_more_than_it(tmp_path: Path) -> None:
    bands = np.full((2, len(BANDS), 40, 40), 0.1)
    red, nir = BANDS.index("red"), BANDS.index("nir")
    # NDVI falls by 0.2 exactly: from 1/3 to 2/15; in ten columns by more.
    bands[0, nir], bands[0, red] = 20, 10
    bands[1, nir], bands[1, red] = 17, 13
    bands[1, nir, :, :10], bands[1, red, :, :10] = 14, 16
    scenes = []
    for pixels, name, day in zip(bands, ("a", "b"), ("2019-06-01", "2024-06-01"), strict=True):
        write_tif(tmp_path / f"{name}.tif", pixels.astype("float32"))
        assets = {band: (f"{name}.tif", number) for number, band in enumerate(BANDS, start=1)}
        scenes.append(scene(name, "", day, assets=assets))
    records = [
        record("a", aoi=aoi_payload(utm_box((0, 40), (0, 40)))),
        record("s", scenes=scenes_payload(scenes)),
    ]
    made = CHANGE_OVER(context(tmp_path, records), {"index": "NDVI", "scenes": "s", "aoi": "a"})
    records.append(record("c", **made.outputs))
    args = {"direction": "loss", "threshold": "0.2", "raster": "c", "aoi": "a"}
    [lost] = CHANGED_AREA(context(tmp_path, records), args).values
    assert lost.value == pytest.approx(40 * 10 * PIXEL**2 / 1e4, rel=2e-3)
