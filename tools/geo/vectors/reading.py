"""The one way features reach a tool: bounded, in longitude and latitude, valid, and said how."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

from ...errors import RetryableToolError, ToolError
from ...records import ArtifactRef
from ...spec import ToolContext
from ..areas.crossings import require_few_crossings
from ..catalogs.opening import check_header
from .axes import Box, lonlat
from .limits import Flags, Shapes, require_size, vertices

MAX_BYTES: Final = 512 * 1024 * 1024
WGS84: Final = "EPSG:4326"
POLYGON, LINE, POINT = 2, 1, 0
_ERRORS: Final = (DataSourceError, DataLayerError, ProjError, ShapelyError, ValueError, OSError)
_DENSE_BELOW: Final = 100_000
_NAMES: Final = {POLYGON: "polygons", LINE: "lines", POINT: "points"}
_CURVES: Final = (
    "CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE",
)  # fmt: skip


class FeatureSet(NamedTuple):
    """Features in EPSG:4326, every one with a geometry; `notes` say what was changed."""

    frame: gpd.GeoDataFrame
    payload: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def shapes(self) -> Shapes:
        """Return the geometries."""
        return np.asarray(self.frame.geometry.to_numpy(), dtype=object)

    def select(self, rows: Any) -> FeatureSet:
        """Return the features of these rows, in this order."""
        return self._replace(frame=gpd.GeoDataFrame(self.frame.iloc[rows].reset_index(drop=True)))


def read_feature_set(context: ToolContext, record: str, *, repair: bool = True) -> FeatureSet:
    """Return the features of a record, in EPSG:4326 with longitude first.

    Features without a geometry are left out, heights are dropped, curves become chords, and with
    `repair` invalid outlines are mended.
    """
    payload: Mapping[str, Any] = context.output(record, "features")
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    notes: list[str] = []
    frame = _read(path, notes)
    frame = with_geometry(frame, notes)
    require_size(len(frame), int(vertices(_shapes(frame)).sum()))
    if len(frame):
        frame = _in_degrees(path, frame, _extent(context, payload), notes)
        frame = _repaired(frame, notes) if repair else frame
    return FeatureSet(frame, payload, tuple(notes))


def _shapes(frame: gpd.GeoDataFrame) -> Shapes:
    return np.asarray(frame.geometry.to_numpy(), dtype=object)


def _unreadable(path: Path, reason: str) -> ToolError:
    return ToolError(f"features {path.name!r} {reason}; load them again", kind="bad_data")


def _read(path: Path, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the first layer of a GeoPackage, opened by that driver alone."""
    try:
        check_header(path, "GPKG")
        if path.stat().st_size > MAX_BYTES:
            raise ToolError(
                f"features {path.name!r} are larger than {MAX_BYTES} bytes; choose a smaller area",
                kind="too_large",
            )
        with warnings.catch_warnings():
            # GDAL warns of declared types that the rows do not have; the rows are what counts.
            warnings.simplefilter("ignore", RuntimeWarning)
            info = pyogrio.read_info(path)
            if info["driver"] != "GPKG":
                raise _unreadable(path, f"are read as {info['driver']!r}, not as a GeoPackage")
            require_size(int(info["features"]))
            _note_curves(path, info, notes)
            frame = pyogrio.read_dataframe(path, layer=info["layer_name"])
    except _ERRORS as error:
        raise _unreadable(path, f"are unreadable ({error})") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _unreadable(path, "have no geometry")
    if frame.crs is None:
        raise ToolError(
            f"features {path.name!r} have no coordinate reference system, so nothing says where "
            "they are; state their CRS (for longitude and latitude EPSG:4326) in the source file",
            kind="bad_data",
        )
    return frame


def _note_curves(path: Path, info: Mapping[str, Any], notes: list[str]) -> None:
    layer, column = (str(info[key]).replace('"', '""') for key in ("layer_name", "geometry_name"))
    query = f'SELECT DISTINCT ST_GeometryType("{column}") AS kind FROM "{layer}"'
    kinds = pyogrio.read_dataframe(path, sql=query, read_geometry=False)["kind"]
    if kinds.dropna().astype(str).str.upper().isin(_CURVES).any():
        notes.append("curved outlines were replaced by chords of 4 degrees of arc")


def with_geometry(frame: gpd.GeoDataFrame, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the rows that have a geometry, in two dimensions."""
    shapes = _shapes(frame)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any():
        notes.append(f"{missing.sum()} of {len(frame)} features have no geometry: left out")
        frame = gpd.GeoDataFrame(frame.loc[~missing])
    frame = gpd.GeoDataFrame(frame.reset_index(drop=True))
    if shapely.has_z(_shapes(frame)).any():
        notes.append("heights of the coordinates were dropped; measures are on the ellipsoid")
        frame = with_shapes(frame, shapely.force_2d(_shapes(frame)))
    return frame


def with_shapes(frame: gpd.GeoDataFrame, shapes: Shapes) -> gpd.GeoDataFrame:
    """Return the rows with other geometries, in the same CRS."""
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _in_degrees(
    path: Path, frame: gpd.GeoDataFrame, extent: Box | None, notes: list[str]
) -> gpd.GeoDataFrame:
    # Layers are stored x before y whatever their CRS says; geopandas keeps that order.
    if frame.crs is not None and not frame.crs.is_geographic:
        notes.append(f"features were converted from {frame.crs.name!r} to {WGS84}"[:120])
        frame = with_shapes(frame, _dense(_shapes(frame)))
    elif frame.crs is not None:
        frame = with_shapes(frame, lonlat(_shapes(frame), extent, notes))
    try:
        frame = frame.to_crs(WGS84)
    except ProjError as error:
        raise _unreadable(path, f"cannot be converted to {WGS84} ({error})") from error
    if not np.isfinite(shapely.get_coordinates(_shapes(frame))).all():
        raise _unreadable(path, "lie outside their coordinate reference system; correct the CRS")
    return with_shapes(frame, lonlat(_shapes(frame), None, notes))


def _dense(shapes: Shapes) -> Shapes:
    """Return projected outlines with enough vertices to keep long edges where they are."""
    if int(vertices(shapes).sum()) > _DENSE_BELOW:
        return shapes
    left, bottom, right, top = shapely.total_bounds(shapes)
    return shapely.segmentize(shapes, max(right - left, top - bottom, 1e-9) / 64)


def _extent(context: ToolContext, payload: Mapping[str, Any]) -> Box | None:
    for info in context.catalog.collections():
        if info.id == payload.get("collection"):
            return info.bbox
    return None


def _repaired(frame: gpd.GeoDataFrame, notes: list[str]) -> gpd.GeoDataFrame:
    shapes = _shapes(frame)
    bad = ~shapely.is_valid(shapes)
    if not bad.any():
        return frame
    shapes = mended(shapes, bad)
    gone = shapely.is_empty(shapes)
    if (count := int((bad & ~gone).sum())) > 0:
        notes.append(f"{count} features crossed or touched themselves and were repaired")
    if gone.any():
        notes.append(f"{gone.sum()} features without extent (zero area or length): left out")
    kept = with_shapes(frame, shapes).loc[~gone].reset_index(drop=True)
    return gpd.GeoDataFrame(kept)


def mended(shapes: Shapes, bad: Flags) -> Shapes:
    """Return geometries with the bad ones made valid; what has no extent becomes empty."""
    flat = bad & (shapely.get_dimensions(shapes) == POLYGON)
    if flat.any():
        require_few_crossings(list(shapely.get_parts(shapely.get_parts(shapes[flat]))))
    fixed = shapes.copy()
    fixed[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return fixed


def only(features: FeatureSet, *dimensions: int) -> FeatureSet:
    """Return the features of these dimensions (2 polygons, 1 lines, 0 points).

    Of a collection the parts of the highest wanted dimension are kept.
    """
    wanted = " or ".join(_NAMES[each] for each in dimensions)
    best = _parts_of(features.shapes, dimensions)
    empty = shapely.is_empty(best) | shapely.is_missing(best)
    if empty.all():
        raise RetryableToolError(
            f"the tool needs {wanted}, and the {len(features.frame)} features have none; choose "
            "other features (points and lines become polygons with buffer_features)",
            kind="precondition",
        )
    notes = features.notes
    if empty.any():
        notes = (*notes, f"{empty.sum()} of {len(empty)} features are no {wanted}: left out")
    frame = with_shapes(features.frame, best).loc[~empty].reset_index(drop=True)
    return FeatureSet(gpd.GeoDataFrame(frame), features.payload, notes)


def _parts_of(shapes: Shapes, dimensions: tuple[int, ...]) -> Shapes:
    """Return what of each geometry has the wanted dimensions, None where nothing has."""
    found = np.full(len(shapes), None, dtype=object)
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    fits = np.isin(shapely.get_dimensions(shapes), dimensions) & ~mixed
    found[fits] = shapes[fits]
    for row in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts([shapes[row]]))
        for dimension in sorted(dimensions, reverse=True):
            chosen = parts[shapely.get_dimensions(parts) == dimension]
            if len(chosen):
                found[row] = shapely.union_all(chosen)
                break
    return found


def renamed_apart(frame: gpd.GeoDataFrame, taken: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the attributes of features under names that another layer does not have."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    used = {str(name).casefold() for name in taken.columns}
    names: dict[str, str] = {}
    for name in map(str, table.columns):
        new, number = name, 1
        while new.casefold() in used:
            number += 1
            new = f"{name}_{number}"
        used.add(new.casefold())
        names[name] = new
    return table.rename(columns=names)
