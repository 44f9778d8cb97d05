"""One table of dated, classed rows: GeoPackage, FlatGeobuf or GeoParquet, read by its index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from .catalog import Interval
from .catalogs.vector_layer import (
    WGS84,
    Filter,
    VectorLayer,
    box_in_degrees,
    box_in_layer,
    open_layer,
)
from .stac_json import bad_file

CLASS_COLUMN: Final = "cat_name"
DATE_COLUMN: Final = "date"
MAX_CLASSES: Final = 2000


@dataclass(frozen=True)
class TableFile:
    """A layer whose `class_column` and `date_column` are read as `cat_name` and `date`."""

    source: VectorLayer
    class_column: str | None
    date_column: str = DATE_COLUMN

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        layer: str | None = None,
        class_column: str | None,
        date_column: str = DATE_COLUMN,
    ) -> Self:
        """Check a file's header and columns and return the layer (the first by default)."""
        return cls.of(open_layer(path, layer), class_column, date_column)

    @classmethod
    def of(
        cls, source: VectorLayer, class_column: str | None, date_column: str = DATE_COLUMN
    ) -> Self:
        """Return a layer as a table; one without the columns is an error."""
        needed = {date_column} | ({class_column} if class_column else set())
        if missing := sorted(needed - set(source.columns)):
            raise bad_file(
                source.path, f"lacks the columns {missing}; it has {sorted(source.columns)}"
            )
        return cls(source, class_column, date_column)

    @property
    def path(self) -> Path:
        """Return the file."""
        return self.source.path

    @property
    def layer(self) -> str:
        """Return the layer's name."""
        return self.source.name

    @property
    def columns(self) -> frozenset[str]:
        """Return the names of the attribute columns."""
        return frozenset(self.source.columns)

    @property
    def polygons(self) -> bool:
        """Return whether the rows are areas, not points."""
        return self.source.polygons

    @property
    def description(self) -> str:
        """Return what the file says of itself: data, never shown as it is."""
        return self.source.description

    @cached_property
    def days(self) -> tuple[date, date]:
        """Return the first and the last day in the table."""
        first, last = self.source.ends(self.date_column)
        try:
            return date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
        except ValueError as error:
            raise bad_file(self.path, f"has dates like {first!r}, not ISO 8601") from error

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Return the class names that occur, sorted."""
        if self.class_column is None:
            return ()
        names = self.source.names(self.class_column, MAX_CLASSES + 1)
        if len(names) > MAX_CLASSES:
            raise bad_file(self.path, f"has more than {MAX_CLASSES} classes in {CLASS_COLUMN!r}")
        return names

    @cached_property
    def bbox(self) -> tuple[float, float, float, float]:
        """Return (west, south, east, north) in degrees."""
        return box_in_degrees(self.source)

    def read(
        self,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
        *,
        touching: bool = False,
    ) -> gpd.GeoDataFrame:
        """Return rows whose representative point lies in the AOI; `touching`: that intersect it."""
        chosen = Filter(
            box=box_in_layer(self.source, aoi),
            date=self.date_column,
            days=interval,
            label=self.class_column or "",
            names=classes,
        )
        frame = self.source.select(chosen).to_crs(WGS84)
        shapely.prepare(aoi)
        points = frame.geometry if touching else frame.geometry.representative_point()
        kept = frame.loc[shapely.intersects(aoi, points.to_numpy())].reset_index(drop=True)
        kept = kept.rename(columns=self._renamed)
        days = pd.to_datetime(kept[DATE_COLUMN], utc=True, format="ISO8601", errors="coerce")
        kept[DATE_COLUMN] = days.astype("datetime64[ms, UTC]")
        return gpd.GeoDataFrame(kept, geometry="geometry", crs=WGS84)

    @property
    def _renamed(self) -> dict[str, str]:
        names = {self.date_column: DATE_COLUMN}
        return names | ({self.class_column: CLASS_COLUMN} if self.class_column else {})
