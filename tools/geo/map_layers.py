"""Draw land, areas, features, scenes and rasters onto a Web Mercator figure."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from bokeh.models import ColorBar, ColumnDataSource, GlyphRenderer, HoverTool, LinearColorMapper
from bokeh.palettes import Category10_10
from bokeh.plotting import figure as Figure
from shapely.geometry.base import BaseGeometry

from .basemap import country_shapes
from .charts.class_scale import ClassScale
from .drawn_raster import DrawnRaster
from .gazetteer import Town, town_index
from .vector import CLASS_COLUMN

MERCATOR = "EPSG:3857"
MOST_FEATURES = 10_000
MOST_VERTICES = 60_000
NAMED_CLASSES = 9
OTHER = "other classes"
MOST_TOWNS = 60
LAND, BORDER, ACCENT, TOWN = "#f3efe6", "#b9b2a3", "#d1495b", "#37474f"
OTHER_COLOUR = "#9aa5ab"
_MERCATOR_WORLD = (-180.0, -85.0, 180.0, 85.0)
_DETAIL_DEG = 6.0
_FAR_TOLERANCE_DEG = 0.25
_FAR_AREA_DEG2 = 0.1

Bounds = tuple[float, float, float, float]


def mercator(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return EPSG:4326 shapes in Web Mercator metres, cut at 85 degrees of latitude."""
    inside = shapes.clip_by_rect(*_MERCATOR_WORLD)
    return gpd.GeoSeries(inside[~inside.is_empty]).to_crs(MERCATOR)


def rings(shapes: gpd.GeoSeries) -> tuple[list[Any], list[Any]]:
    """Return polygons as the nested coordinate lists of bokeh's `multi_polygons`, to 0.1 m."""
    xs: list[Any] = []
    ys: list[Any] = []
    for shape in shapes:
        polygons = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
        outlines = [
            [np.round(shapely.get_coordinates(r), 1) for r in (p.exterior, *p.interiors)]
            for p in polygons
        ]
        xs.append([[ring[:, 0].tolist() for ring in outline] for outline in outlines])
        ys.append([[ring[:, 1].tolist() for ring in outline] for outline in outlines])
    return xs, ys


def draw_land(plot: Figure, bounds: Bounds) -> None:
    """Draw the countries: in detail around the view (degrees), coarsely elsewhere."""
    west, south, east, north = bounds
    near = shapely.box(
        west - _DETAIL_DEG, south - _DETAIL_DEG, east + _DETAIL_DEG, north + _DETAIL_DEG
    )
    countries = country_shapes().geometry
    touching = countries.intersects(near)
    fine = min(0.005 * max(east - west, north - south, 0.2), _FAR_TOLERANCE_DEG)
    around = gpd.GeoSeries(countries[touching]).simplify(fine)
    parts = gpd.GeoSeries(countries[~touching]).explode()
    far = gpd.GeoSeries(parts[shapely.area(parts.to_numpy()) > _FAR_AREA_DEG2]).simplify(
        _FAR_TOLERANCE_DEG
    )
    for shapes in (far, around):
        xs, ys = rings(mercator(shapes))
        land = plot.multi_polygons(xs, ys, fill_color=LAND, line_color=BORDER, line_width=0.6)
        land.level = "image"


def draw_towns(plot: Figure, bounds: Bounds) -> None:
    """Name the largest towns in and around the view (degrees), at most one in each cell of it."""
    west, south, east, north = bounds
    cell = max(east - west, north - south, 0.05) / 8
    chosen: dict[tuple[int, int], Town] = {}
    around = (
        town
        for group in town_index().values()
        for town in group
        if west - 8 * cell <= town.lon <= east + 8 * cell
        and south - 8 * cell <= town.lat <= north + 8 * cell
    )
    for town in sorted(around, key=lambda town: (-town.population, town.name, town.lon)):
        chosen.setdefault((int(town.lon // cell), int(town.lat // cell)), town)
    towns = list(chosen.values())[:MOST_TOWNS]
    points = gpd.GeoSeries(
        gpd.points_from_xy([town.lon for town in towns], [town.lat for town in towns]),
        crs="EPSG:4326",
    ).to_crs(MERCATOR)
    x, y = points.x.tolist(), points.y.tolist()
    plot.scatter(x, y, size=3, color=TOWN)
    plot.text(
        x,
        y,
        text=[town.name for town in towns],
        x_offset=5,
        y_offset=4,
        text_font_size="11px",
        text_color=TOWN,
    )


def draw_area(plot: Figure, area: BaseGeometry, name: str) -> None:
    """Draw the outline of the area of interest."""
    xs, ys = rings(mercator(gpd.GeoSeries([area], crs="EPSG:4326")))
    plot.multi_polygons(
        xs,
        ys,
        fill_alpha=0,
        line_color=ACCENT,
        line_width=2,
        line_dash="dashed",
        legend_label=f"Area: {name}"[:60],
    )


def draw_features(plot: Figure, frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Draw features as points with outlines, one legend entry a class; return caveats."""
    notes: list[str] = []
    if len(frame) > MOST_FEATURES:
        step = -(-len(frame) // MOST_FEATURES)
        notes.append(f"the map shows every {step}th of {len(frame)} features")
        frame = gpd.GeoDataFrame(frame.iloc[::step])
    shapes = frame.geometry.clip_by_rect(*_MERCATOR_WORLD).to_crs(MERCATOR)
    outlines = int(shapely.get_num_coordinates(shapes.to_numpy()).sum()) <= MOST_VERTICES
    if not outlines:
        notes.append("the map shows points, because the outlines have too many vertices")
    labels = _labels(frame)
    points = shapes.representative_point()
    dates = _dates(frame)
    ordered = _legend_order(labels)
    colours = dict(zip(ordered, Category10_10, strict=False)) | {OTHER: OTHER_COLOUR}
    # The unnamed rest first, so that it hides nothing.
    for label in sorted(ordered, key=lambda name: name != OTHER):
        chosen = labels == label
        source: dict[str, Any] = {
            "x": np.round(points.x.to_numpy()[chosen], 1).tolist(),
            "y": np.round(points.y.to_numpy()[chosen], 1).tolist(),
            "label": frame[CLASS_COLUMN].astype(str).str[:60].to_numpy()[chosen].tolist()
            if CLASS_COLUMN in frame
            else labels[chosen].tolist(),
            "date": dates[chosen].tolist(),
        }
        _draw_class(plot, label, colours[label], source)
        if outlines:
            _draw_outlines(plot, label, colours[label], gpd.GeoSeries(shapes[chosen]))
    return tuple(notes)


def _draw_class(plot: Figure, label: str, colour: str, source: dict[str, Any]) -> None:
    dots = plot.scatter(
        "x",
        "y",
        source=ColumnDataSource(source),
        size=8,
        color=colour,
        line_color="white",
        line_width=0.7,
        alpha=0.9,
        legend_label=label,
    )
    _hover(plot, dots, [("class", "@label"), ("date", "@date")])


def _draw_outlines(plot: Figure, label: str, colour: str, shapes: gpd.GeoSeries) -> None:
    polygons = gpd.GeoSeries(shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])])
    if len(polygons):
        xs, ys = rings(polygons)
        plot.multi_polygons(
            xs, ys, fill_color=colour, fill_alpha=0.15, line_color=colour, legend_label=label
        )


def _labels(frame: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[Any]]:
    if CLASS_COLUMN not in frame:
        return np.full(len(frame), "features", dtype=object)
    names = frame[CLASS_COLUMN].astype(str).str[:60]
    counts = names.value_counts()
    kept = sorted(counts.index, key=lambda name: (-counts[name], name))[:NAMED_CLASSES]
    return names.where(names.isin(kept), OTHER).to_numpy()


def _legend_order(labels: np.ndarray[Any, np.dtype[Any]]) -> list[str]:
    names, counts = np.unique(labels, return_counts=True)
    ranked = sorted(zip(names, counts, strict=True), key=lambda it: (it[0] == OTHER, -it[1], it[0]))
    return [str(name) for name, _ in ranked]


def _dates(frame: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[Any]]:
    if "date" not in frame:
        return np.full(len(frame), "", dtype=object)
    return frame["date"].astype(str).str[:10].to_numpy()


def draw_scenes(plot: Figure, scenes: gpd.GeoDataFrame) -> None:
    """Draw the outlines of scenes, with id, date and cloud cover on hover."""
    xs, ys = rings(mercator(scenes.geometry))
    source: dict[str, Any] = {
        "xs": xs,
        "ys": ys,
        "id": scenes["id"].astype(str).str[:80].tolist(),
        "date": scenes["date"].tolist(),
        "cloud": [f"{cover:.0f} %" for cover in scenes["cloud_cover"]],
    }
    outlines = plot.multi_polygons(
        "xs",
        "ys",
        source=ColumnDataSource(source),
        fill_color="#2a78b5",
        fill_alpha=0.08,
        line_color="#2a78b5",
        line_width=1.5,
        legend_label="Scenes",
    )
    _hover(plot, outlines, [("scene", "@id"), ("date", "@date"), ("cloud", "@cloud")])


def _hover(plot: Figure, renderer: GlyphRenderer[Any], tips: list[tuple[str, str]]) -> None:
    plot.add_tools(HoverTool(renderers=[renderer], tooltips=tips, visible=False))


def draw_raster(plot: Figure, drawn: DrawnRaster) -> None:
    """Draw a raster that is already in Web Mercator, with its legend."""
    picture, scale = drawn.picture, drawn.scale
    left, bottom, right, top = picture.bounds
    # Bokeh's images start at the bottom row.
    flipped = np.ascontiguousarray(scale.colours(picture.pixels)[::-1])
    image: Any = flipped.view(np.uint32)[:, :, 0]
    plot.image_rgba(
        [image], x=left, y=bottom, dw=right - left, dh=top - bottom, legend_label=drawn.title
    )
    if isinstance(scale, ClassScale):
        for name, colour in scale.legend():
            _legend_square(plot, name, colour, 1.0)
    else:
        mapper = LinearColorMapper(palette=scale.palette, low=scale.low, high=scale.high)
        bar = ColorBar(color_mapper=mapper, width=14, title=scale.label, bar_line_color=None)
        bar.background_fill_color = None
        plot.add_layout(bar, "right")
    if picture.has_holes:
        _legend_square(plot, "no data (transparent)", "#ffffff", 0.0)


def _legend_square(plot: Figure, name: str, colour: str, alpha: float) -> None:
    """Add a line to the legend for which nothing further is drawn."""
    plot.scatter(
        [],
        [],
        marker="square",
        size=13,
        fill_color=colour,
        fill_alpha=alpha,
        line_color="#90a4ae",
        legend_label=name,
    )
