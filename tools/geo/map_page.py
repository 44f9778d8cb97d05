"""A map as one HTML file that works offline: bokeh inlined, land drawn from embedded polygons."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import geopandas as gpd
import shapely
from bokeh.embed import json_item
from bokeh.models import DataRange1d, ScaleBar
from bokeh.models.annotations.dimensional import ImperialLength
from bokeh.plotting import figure as Figure
from bokeh.resources import Resources

from .basemap import ATTRIBUTION
from .map_layers import Bounds, draw_land, mercator, rings

SEA = "#dbe7ec"
SYNTHETIC = "synthetic data"
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:;
  script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:">
<style>
html, body {{ height: 100%; margin: 0 }}
body {{ display: flex; flex-direction: column; background: #fbfbf9; color: #263238;
  font: 14px/1.4 system-ui, "Segoe UI", Helvetica, Arial, sans-serif }}
header {{ padding: .8rem 1.2rem .5rem }}
h1 {{ font-size: 1.25rem; margin: 0 }}
header p, footer {{ color: #607d8b; margin: .1rem 0 0; font-size: .85rem }}
#map {{ flex: 1; min-height: 320px; margin: 0 1.2rem; border: 1px solid #cfd8dc }}
footer {{ padding: .4rem 1.2rem .7rem }}
.synthetic {{ background: #fff3cd; color: #6b5200; padding: .05rem .5rem; border-radius: .6rem }}
</style></head><body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<div id="map"></div>
<footer>{credits}</footer>
<script>{library}</script>
<script>Bokeh.embed.embed_item({item});</script>
</body></html>
"""


def new_map(bounds: Bounds) -> Figure:
    """Return an empty north-up Web Mercator figure with land, showing `bounds` (degrees)."""
    across, up = DataRange1d(range_padding=0.12), DataRange1d(range_padding=0.12)
    plot = Figure(
        x_axis_type="mercator",
        y_axis_type="mercator",
        x_range=across,
        y_range=up,
        match_aspect=True,
        sizing_mode="stretch_both",
        tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll="wheel_zoom",
        background_fill_color=SEA,
        border_fill_color=None,
        outline_line_color=None,
        toolbar_location="above",
    )
    draw_land(plot, bounds)
    view = mercator(gpd.GeoSeries([shapely.box(*bounds)], crs="EPSG:4326"))
    frame = plot.multi_polygons(*rings(view), fill_alpha=0, line_alpha=0)
    across.renderers = up.renderers = [frame]
    plot.toolbar.logo = None
    plot.grid.level = "image"
    plot.grid.grid_line_color = "white"
    plot.grid.grid_line_alpha = 0.7
    plot.add_layout(_scale_bar(bounds))
    return plot


def _scale_bar(bounds: Bounds) -> ScaleBar:
    # A Web Mercator metre is shorter on the ground by the cosine of the latitude.
    shrink = math.cos(math.radians((bounds[1] + bounds[3]) / 2))
    # Of bokeh's units only this class takes a table of its own; the table here is metric.
    metric = ImperialLength(
        basis={"mu": (shrink, "mu"), "m": (1.0, "m"), "km": (1000.0, "km")},
        ticks=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
    )
    return ScaleBar(
        unit="mu",
        dimensional=metric,
        location="bottom_left",
        bar_length=0.1,
        background_fill_alpha=0.7,
        border_line_color=None,
    )


def render(plot: Figure, title: str, subtitle: str, credits: Sequence[str]) -> bytes:
    """Return the finished page; equal input gives equal bytes. All text is escaped here."""
    if plot.legend:
        plot.legend.click_policy = "hide"
        plot.legend.location = "top_right"
        plot.legend.background_fill_alpha = 0.85
        plot.legend.border_line_color = None
        plot.legend.label_text_font_size = "12px"
    plot.axis.axis_line_color = None
    plot.axis.major_label_text_color = "#607d8b"
    marks = [
        f'<span class="synthetic">{html.escape(text)}</span>'
        if SYNTHETIC in text
        else html.escape(text)
        for text in (*credits, ATTRIBUTION)
    ]
    page = _PAGE.format(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        credits=" · ".join(marks),
        library=_library(),
        item=_item(plot),
    )
    return page.encode()


def corners(bounds: Bounds) -> str:
    """Return where a map's edges are, in degrees, in words."""
    west, south, east, north = bounds
    return f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}"


def data_credits(collection: str, synthetic: bool) -> tuple[str, ...]:
    """Return what a map's footer says of where its data is from."""
    return (f"Data: {collection}", SYNTHETIC) if synthetic else (f"Data: {collection}",)


@cache
def _library() -> str:
    return "\n".join(Resources(mode="inline", components=["bokeh"], minified=True).js_raw)


def _item(plot: Figure) -> str:
    """Return the plot as JSON that is safe inside a script, with ids in order of appearance."""
    item = json_item(plot)  # pyright: ignore[reportArgumentType]
    numbered: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(part) for part in node]
        if not isinstance(node, dict):
            return node
        return {
            key: numbered.setdefault(part, f"m{len(numbered)}") if key == "id" else renumber(part)
            for key, part in node.items()
        }

    doc = renumber(item["doc"])
    plain = {**item, "target_id": "map", "doc": doc, "root_id": numbered[str(item["root_id"])]}
    return json.dumps(plain).replace("<", "\\u003c")
