"""Small folders of data files, and what a folder catalog says of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.geo.catalog import CollectionInfo, Interval
from terragate.tools.geo.catalogs.folder import FolderCatalog

WORLD = shapely.box(-180, -90, 180, 90)
ALWAYS = Interval(date(1900, 1, 1), date(2050, 1, 1))


def tif(path: Path, bands: int = 1, dtype: str = "uint16", **profile: Any) -> Path:
    """Write a raster of 5 by 4 pixels that counts from 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.arange(1, bands * 20 + 1).reshape(bands, 4, 5).astype(dtype)
    return write_tif(path, pixels, **profile)


def say(folder: Path, text: str) -> None:
    """Write the folder's sidecar."""
    (folder / "terragate.toml").write_text(text, encoding="utf-8")


def infos(catalog: FolderCatalog) -> dict[str, CollectionInfo]:
    return {info.id: info for info in catalog.collections()}


def problems(catalog: FolderCatalog) -> dict[str, str]:
    return {problem.file: f"{problem.kind}: {problem.reason}" for problem in catalog.problems}
