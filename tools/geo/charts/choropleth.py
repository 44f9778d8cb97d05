"""Features coloured by the classes of a numeric column, as one offline map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.palettes import YlGnBu
from bokeh.plotting import figure as Figure

from ...errors import RetryableToolError, ToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..layers import newest
from ..map_layers import (
    MOST_FEATURES,
    MOST_VERTICES,
    Bounds,
    draw_area,
    draw_towns,
    mercator,
    rings,
)
from ..map_page import data_credits, new_map, render
from ..raster import aoi_shape
from ..vector import read_features
from .classes import Classes, Floats, Method, classify
from .scale import quantity, shown

NO_DATA: Final = "#cfd3d6"
_TIP: Final = [("value", "@value")]
# Column names that state the unit of a quantity; any other ending may mean something else.
_MEASURE: Final = re.compile(
    r"((?:\w+_)?(?:area|length|perimeter|distance))_(ha|m2|km2|km|m)", re.I
)
_UNITS: Final = {"ha": "ha", "m2": "m²", "km2": "km²", "km": "km", "m": "m"}


class ChoroplethMapArgs(ToolArgs):
    """Which numeric column colours the newest features, and how its classes are made."""

    column: Annotated[str, Live("column.numeric")]
    method: Method
    features: Annotated[str, Live("handle.features", hidden=True)]


class Coloured(NamedTuple):
    """What is drawn: shapes, a value for each (NaN when missing), classes and the legend title."""

    frame: gpd.GeoDataFrame
    values: Floats
    classes: Classes
    legend: str


def choropleth_map(context: ToolContext, args: ChoroplethMapArgs) -> ToolResult:
    """Draw the features in up to five colours, with the classes and their unit in the legend."""
    payload = context.output(args.features, "features")
    frame = read_features(context, payload)
    values = _numbers(frame, args.column)
    classes = classify(values[np.isfinite(values)], args.method)
    name, unit = _quantity(payload, args.column)
    record = newest(context, "aoi")
    aoi = context.output(record, "aoi") if record else None
    bounds = _bounds(frame, aoi)
    plot = new_map(bounds)
    drawn = _draw(plot, Coloured(frame, values, classes, quantity(name, unit)))
    if aoi:
        draw_area(plot, aoi_shape(aoi), str(aoi["name"]))
    draw_towns(plot, bounds)
    collection = str(payload["collection"])
    page = render(
        plot,
        f"{name[0].upper()}{name[1:]} of {len(frame)} features",
        f"{len(classes.edges) - 1} classes by {args.method}",
        data_credits(collection, bool(payload.get("synthetic"))),
    )
    artifact = context.store.put_bytes(page, "choropleth.html", "text/html")
    layer = {
        "kind": "features",
        "collection": collection,
        "classes": list(payload.get("classes", ())),
        "index": args.column,
        "record": args.features,
        "edges": [float(edge) for edge in classes.edges],
    }
    return ToolResult(
        summary=f"map of {len(frame)} features in {len(classes.edges) - 1} classes",
        outputs={"map": {"layers": [layer], "bounds": list(bounds)}},
        artifacts=(artifact,),
        notes=(*classes.notes, *drawn, *_missing(values)),
    )


def _numbers(frame: gpd.GeoDataFrame, column: str) -> Floats:
    numeric = tuple(
        str(name)
        for name in frame.columns
        if name != frame.geometry.name
        and pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
    )
    if column not in numeric:
        raise RetryableToolError(
            f"{column!r} is no numeric column of the features; there are {list(numeric)}",
            kind="bad_argument",
            candidates=numeric,
        )
    read: Any = frame[column]
    values: Floats = read.to_numpy(dtype=np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    if not np.isfinite(values).any():
        raise ToolError(
            f"column {column!r} has no value to colour by; choose another", kind="bad_data"
        )
    return values


def _quantity(payload: Mapping[str, Any], column: str) -> tuple[str, str]:
    """Return what a column holds, in letters and digits, and the unit stated for it."""
    stated = payload.get("units", {}).get(column)
    measured = _MEASURE.fullmatch(column)
    name, unit = (measured[1], _UNITS[measured[2].casefold()]) if measured else (column, "")
    plain = re.sub(r"[^\w ]+", " ", name.replace("_", " ")).strip()[:60]
    return plain or "column", str(stated or unit)


def _bounds(frame: gpd.GeoDataFrame, aoi: Mapping[str, Any] | None) -> Bounds:
    west, south, east, north = map(float, aoi["bbox"] if aoi else frame.total_bounds)
    return west, south, east, north


def _missing(values: Floats) -> tuple[str, ...]:
    missing = int(np.isnan(values).sum())
    return (f"{missing} of {len(values)} features have no value and are grey",) if missing else ()


def _draw(plot: Figure, drawn: Coloured) -> tuple[str, ...]:
    notes: list[str] = []
    shapes, values = gpd.GeoSeries(drawn.frame.geometry.reset_index(drop=True)), drawn.values
    if len(shapes) > MOST_FEATURES:
        step = -(-len(shapes) // MOST_FEATURES)
        notes.append(f"the map shows every {step}th of {len(shapes)} features")
        shapes, values = gpd.GeoSeries(shapes.iloc[::step]), values[::step]
    shapes, simpler = _light(shapes)
    if simpler:
        notes.append("the map shows outlines in less detail than the data")
    place = np.where(np.isnan(values), -1, drawn.classes.places(np.nan_to_num(values)))
    count = len(drawn.classes.edges) - 1
    colours = list(YlGnBu[max(count, 3)][::-1])[:count] if count > 1 else ["#2c7fb8"]
    groups = [(i, _class_label(drawn.classes, i, place), colours[i]) for i in range(count)]
    for number, label, colour in [(-1, "no value", NO_DATA), *groups]:
        chosen = place == number
        if chosen.any():
            _draw_class(plot, gpd.GeoSeries(shapes[chosen]), values[chosen], (label, colour))
    plot.legend.title = drawn.legend
    return tuple(notes)


def _class_label(classes: Classes, number: int, place: np.ndarray[Any, Any]) -> str:
    low, high = classes.edges[number], classes.edges[number + 1]
    count = int((place == number).sum())
    return (
        f"{shown(low)} to {shown(high)} ({count:,})" if low < high else f"{shown(low)} ({count:,})"
    )


def _light(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, bool]:
    """Return shapes with few enough vertices for a browser."""
    west, south, east, north = map(float, shapes.total_bounds)
    tolerance = max(east - west, north - south) / 4000
    simpler = False
    while int(shapely.get_num_coordinates(shapes.to_numpy()).sum()) > MOST_VERTICES:
        shapes, simpler, tolerance = shapes.simplify(tolerance), True, tolerance * 2
        if tolerance > 10:
            return gpd.GeoSeries(shapes.representative_point()), True
    return shapes, simpler


def _draw_class(plot: Figure, shapes: gpd.GeoSeries, values: Floats, look: tuple[str, str]) -> None:
    texts = ["" if np.isnan(v) else shown(float(v)) for v in values]
    told = pd.Series(texts, index=shapes.index, dtype=object)
    areal = shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    if areal.any():
        _draw_outlines(plot, mercator(gpd.GeoSeries(shapes[areal])), told, look)
    if not areal.all():
        points = gpd.GeoSeries(shapes[~areal]).representative_point()
        _draw_points(plot, mercator(points), told, look)


def _draw_outlines(
    plot: Figure, shapes: gpd.GeoSeries, told: pd.Series, look: tuple[str, str]
) -> None:
    xs, ys = rings(shapes)
    source = ColumnDataSource({"xs": xs, "ys": ys, "value": told[shapes.index].tolist()})
    outlines = plot.multi_polygons(
        "xs",
        "ys",
        source=source,
        fill_color=look[1],
        fill_alpha=0.85,
        line_color="white",
        line_width=0.6,
        legend_label=look[0],
    )
    plot.add_tools(HoverTool(renderers=[outlines], tooltips=_TIP, visible=False))


def _draw_points(
    plot: Figure, points: gpd.GeoSeries, told: pd.Series, look: tuple[str, str]
) -> None:
    x, y = points.x.tolist(), points.y.tolist()
    dots = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource({"x": x, "y": y, "value": told[points.index].tolist()}),
        size=9,
        color=look[1],
        line_color="#455a64",
        line_width=0.5,
        legend_label=look[0],
    )
    plot.add_tools(HoverTool(renderers=[dots], tooltips=_TIP, visible=False))


CHOROPLETH_MAP: Final = ToolSpec(
    name="choropleth_map",
    summary="map of the features coloured by a number of theirs",
    args=ChoroplethMapArgs,
    run=choropleth_map,
    consumes=frozenset({"features"}),
    produces=frozenset({"map"}),
    effect="writes",
    cost="seconds",
)
