"""The third-party files as a folder catalog: a copy with a sidecar that says what they do not."""

from __future__ import annotations

import shutil
from pathlib import Path

from terragate.tests.support.tiny_geo import SHARED

ABSENT = "../shared/data/geo is absent"
SIDECAR = """
ignore = [
    "rasterio/all-nodata.tif", "rasterio/corrupt.tif", "rasterio/float_nan.tif",
    "rasterio/rotated.tif", "rasterio/RGB.byte.tif",
]

[collections.sentinel-2]
kind = "scenes"
files = ["geopandas/s2a_l2a_fishbourne.tif"]
title = "Sentinel-2 chip"
aliases = ["S2"]
bands = ["blue", "green", "red", "nir"]
date = 2020-01-01
nodata = 0
scale = 0.0001

[collections.landsat]
kind = "scenes"
files = ["opengeos/landsat/*.tif"]
title = "Landsat composites"
bands = ["swir1", "nir", "red", "green"]

[collections.dsm]
kind = "surface"
files = ["opengeos/dsm.tif"]
title = "Surface height (DSM)"
unit = "m"

[collections.dtm]
kind = "surface"
files = ["opengeos/dtm.tif"]
title = "Ground height (DTM)"
unit = "m"

[collections.slope]
kind = "surface"
files = ["rasterstats/slope.tif"]
title = "Slope"

[collections.buildings]
kind = "features"
files = ["opengeos/buildings.geojson"]

[collections.countries]
kind = "features"
files = ["naturalearth/naturalearth_lowres.shp"]

[collections.cities]
kind = "features"
files = ["naturalearth/naturalearth_cities.shp"]

[collections.polygons]
kind = "features"
files = ["rasterstats/polygons.shp"]
"""


def write_folder(root: Path) -> Path:
    """Copy the files to `root`, which must not exist, and describe them; return it."""
    shutil.copytree(SHARED, root, copy_function=shutil.copyfile)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (root / "terragate.toml").write_text(SIDECAR, encoding="utf-8")
    return root
