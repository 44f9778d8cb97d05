"""A vector layer as it is: its features in the area, with plain column names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from ..catalog import ColumnKind, FeatureRows
from ..stac_json import bad_file
from .vector_layer import WGS84, Box, Filter, VectorLayer, box_in_degrees, box_in_layer

MAX_COLUMNS: Final = 500
MAX_CLASSES: Final = 2000
MAX_NAME: Final = 48
CLASS_COLUMN: Final = "cat_name"
_TAKEN: Final = ("fid", "geom", "geometry")


@dataclass(frozen=True)
class FeatureLayer:
    """A layer whose `class_column`, when there is one, is read as `cat_name`."""

    source: VectorLayer
    class_column: str | None = None

    def __post_init__(self) -> None:
        if self.class_column is not None and self.class_column not in self.source.columns:
            raise bad_file(self.path, f"lacks the column {self.class_column!r}")
        if len(self.source.columns) > MAX_COLUMNS:
            raise bad_file(self.path, f"has more than {MAX_COLUMNS} columns")

    @property
    def path(self) -> Path:
        """Return the file."""
        return self.source.path

    @cached_property
    def original(self) -> dict[str, str]:
        """Return the file's column names by the plain names they are read as."""
        plain = plain_names(self.source.columns, self.class_column)
        return {name: original for original, name in plain.items()}

    @cached_property
    def columns(self) -> tuple[tuple[str, ColumnKind], ...]:
        """Return the plain column names with what they hold."""
        return tuple((name, self.source.columns[old]) for name, old in self.original.items())

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Return the class names that occur, sorted; none without a class column."""
        if self.class_column is None:
            return ()
        names = self.source.names(self.class_column, MAX_CLASSES + 1)
        if len(names) > MAX_CLASSES:
            raise bad_file(
                self.path, f"has more than {MAX_CLASSES} classes in {self.class_column!r}"
            )
        return names

    @cached_property
    def bbox(self) -> Box:
        """Return (west, south, east, north) in degrees."""
        return box_in_degrees(self.source)

    def read(self, aoi: BaseGeometry) -> FeatureRows:
        """Return the features that intersect the AOI, valid and in EPSG:4326."""
        near = self.source.select(Filter(box=box_in_layer(self.source, aoi))).to_crs(WGS84)
        near.geometry = near.geometry.make_valid()
        shapely.prepare(aoi)
        found = near.loc[shapely.intersects(aoi, near.geometry.to_numpy())]
        data: dict[str, pd.Series] = {
            name: _plain_column(pd.Series(found[self.original[name]]), kind)
            for name, kind in self.columns
        }
        plain = gpd.GeoDataFrame(data, geometry=found.geometry.to_numpy(), crs=WGS84)
        frame = gpd.GeoDataFrame(plain.reset_index(drop=True), crs=WGS84)
        return FeatureRows(frame, self.columns, dict(self.original))


def _plain_column(column: pd.Series, kind: ColumnKind) -> pd.Series:
    if kind == "text":
        return column.astype("object").map(str, na_action="ignore")
    if kind == "date":
        days = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
        return days.astype("datetime64[ms, UTC]")
    return column


def plain_names(originals: Iterable[str], class_column: str | None = None) -> dict[str, str]:
    """Return each column's name in letters, digits and underscores, unique whatever the case.

    The class column becomes `cat_name`; names a GeoPackage keeps for itself get a number.
    """
    reserved = {*_TAKEN, *((CLASS_COLUMN,) if class_column else ())}
    given: dict[str, str] = {}
    for original in originals:
        if original == class_column:
            given[original] = CLASS_COLUMN
            continue
        folded = unicodedata.normalize("NFKD", original).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", folded).strip("_")[:MAX_NAME] or "column"
        name, number = stem, 1
        while name.lower() in reserved:
            number += 1
            name = f"{stem}_{number}"
        reserved.add(name.lower())
        given[original] = name
    return given
