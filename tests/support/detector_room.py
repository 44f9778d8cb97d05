"""A folder of one scene with planted squares, labels beside it, and the models that find them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from terragate.tests.support.small_archive import table
from terragate.tests.support.tiny_geo import LEFT, PIXEL, TOP, write_tif
from terragate.tests.tools.geo.detection.tiny_models import (
    LARGE,
    SMALL,
    install,
    logits_model,
    lonlat_point,
    planted,
    yolo_model,
)
from terragate.tools.geo.catalog import Catalog
from terragate.tools.geo.static_catalog import open_catalog

SQUARES = [
    (3, 3, SMALL), (5, 24, LARGE), (18, 17, SMALL), (19, 60, SMALL),
    (33, 33, LARGE), (40, 50, LARGE), (50, 5, SMALL), (58, 70, LARGE),
]  # fmt: skip
COVER = ("Water", "Forest")
LEVELS = (0.0, 1.0)


class Room(NamedTuple):
    """A folder of data, the operator's models, and the box that questions are about."""

    data: Path
    models: Path
    box: tuple[float, float, float, float]

    @property
    def catalog(self) -> Catalog:
        return open_catalog(self.data)

    @property
    def question(self) -> str:
        said = " ".join(f"{edge:.5f}" for edge in self.box)
        return f"How many storage tanks does the ONNX model find in bbox {said}?"


def write_room(folder: Path) -> Room:
    """Write the data and the models, and choose a box over some of the squares."""
    data = folder / "data"
    data.mkdir()
    write_tif(data / "chip.tif", planted(70, 83, SQUARES)[None], nodata=np.nan)
    table(data / "boats.gpkg", ["Barge", "Ferry", "Ferry"])
    (data / "terragate.toml").write_text(
        '[collections.chips]\nkind = "scenes"\nfiles = ["chip.tif"]\nbands = ["red"]\n'
        'date = 2024-06-01\n[collections.boats]\nkind = "detections"\nfiles = ["boats.gpkg"]\n'
        'class_column = "cat_name"\n'
    )
    models = install(folder / "models", "squares", yolo_model())
    install(
        models,
        "cover",
        logits_model(LEVELS),
        task="landcover",
        classes=list(COVER),
        output={"format": "logits"},
    )
    west, north = lonlat_point(shapely.Point(LEFT + 12 * PIXEL, TOP))
    east, south = lonlat_point(shapely.Point(LEFT + 65 * PIXEL, TOP - 70 * PIXEL))
    return Room(data, models, (west, south, east, north))


def tanks_in(box: tuple[float, float, float, float]) -> int:
    """Count the large squares whose middle is in a box, by their planted places alone."""
    west, south, east, north = box
    middles = [
        lonlat_point(shapely.Point(LEFT + (c + s / 2) * PIXEL, TOP - (r + s / 2) * PIXEL))
        for r, c, s in SQUARES
        if s == LARGE
    ]
    return sum(west < x < east and south < y < north for x, y in middles)
