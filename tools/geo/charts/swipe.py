"""Before and after: two rasters under one slider, as one offline page."""

from __future__ import annotations

import base64
import html
import io
from typing import Annotated, Any, Final, NamedTuple

from matplotlib.image import imsave
from pyproj import Transformer

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..drawn_raster import Scale, known_classes, payload_picture, scale_of
from ..map_layers import MERCATOR, Bounds
from ..map_page import corners
from ..picture import Picture
from .class_scale import ClassScale
from .page import offline_page
from .scale import shown

_STYLE: Final = """
#swipe { position: relative; overflow: hidden; border: 1px solid #cfd8dc; touch-action: none;
  background: repeating-conic-gradient(#eceff1 0 25%, #f7f8f8 0 50%) 0 0 / 18px 18px;
  width: min(100%, calc(72vh * var(--ratio))); aspect-ratio: var(--ratio); margin: 0 auto;
  --cut: 50% }
#swipe img { position: absolute; image-rendering: pixelated }
#swipe .side { position: absolute; inset: 0 }
#before { clip-path: inset(0 calc(100% - var(--cut)) 0 0) }
#after { clip-path: inset(0 0 0 var(--cut)) }
#line { position: absolute; top: 0; bottom: 0; left: var(--cut); width: 3px; margin-left: -1.5px;
  background: white; box-shadow: 0 0 4px #0008 }
.date { position: absolute; top: .5rem; background: #fffe; padding: .1rem .5rem;
  border-radius: .2rem; font-size: .85rem }
.date.left { left: .5rem } .date.right { right: .5rem }
#control { display: flex; gap: .8rem; align-items: center; margin: .6rem auto;
  width: min(100%, calc(72vh * var(--ratio))) }
#slider { flex: 1; accent-color: #0072B2; height: 1.6rem }
#slider:focus-visible { outline: 3px solid #0072B2; outline-offset: 2px }
#legend { margin: .4rem auto; width: min(100%, 26rem); font-size: .85rem; text-align: center }
#legend .bar { height: .8rem; border: 1px solid #cfd8dc }
#legend .ends { display: flex; justify-content: space-between }
#legend ul { list-style: none; margin: .3rem 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: .2rem .9rem; justify-content: center }
#legend li span { display: inline-block; width: .9rem; height: .9rem; margin-right: .3rem;
  border: 1px solid #90a4ae; vertical-align: -.1rem }
"""
_SCRIPT: Final = """
const box = document.getElementById("swipe"), slider = document.getElementById("slider");
const show = () => {
  box.style.setProperty("--cut", slider.value + "%");
  slider.setAttribute("aria-valuetext", slider.value + " % shows the earlier picture");
};
const drag = (event) => {
  const frame = box.getBoundingClientRect();
  slider.value = Math.round(100 * (event.clientX - frame.left) / frame.width);
  show();
};
slider.addEventListener("input", show);
box.addEventListener("pointerdown", (event) => {
  box.setPointerCapture(event.pointerId);
  drag(event);
});
box.addEventListener("pointermove", (event) => { if (event.buttons) drag(event); });
show();
"""


class SwipeMapArgs(ToolArgs):
    """The two newest rasters; which is earlier is told by their dates."""

    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    after: Annotated[str, Live("handle.raster", hidden=True)]


class Side(NamedTuple):
    """One picture and what it shows."""

    picture: Picture
    payload: dict[str, Any]

    @property
    def day(self) -> str:
        """Return the raster's date, as text."""
        return str(self.payload["date"])


def swipe_map(context: ToolContext, args: SwipeMapArgs) -> ToolResult:
    """Draw two rasters of one quantity on one colour scale, the earlier one on the left."""
    sides = _comparable(context, args)
    bounds = _union(sides)
    artifact = context.store.put_bytes(_page(context, sides, bounds), "swipe.html", "text/html")
    layers = [
        {
            "kind": "raster",
            "collection": side.payload["collection"],
            "classes": [],
            "index": side.payload["index"],
            "record": record,
        }
        for side, record in zip(sides, _ordered_ids(context, args), strict=True)
    ]
    return ToolResult(
        summary=f"before and after map of {sides[0].day} and {sides[1].day}"[:80],
        outputs={"map": {"layers": layers, "bounds": list(_degrees(bounds))}},
        artifacts=(artifact,),
        notes=_overlap_notes(sides),
    )


def _comparable(context: ToolContext, args: SwipeMapArgs) -> list[Side]:
    """Return both sides, the earlier first; RetryableToolError where they are no pair."""
    if args.before == args.after:
        raise RetryableToolError(
            "a comparison needs two rasters; compute one for another date first",
            kind="precondition",
        )
    sides = sorted((_side(context, args.before), _side(context, args.after)), key=lambda s: s.day)
    first, second = (side.payload for side in sides)
    if (first["index"], first.get("unit", "")) != (second["index"], second.get("unit", "")):
        raise RetryableToolError(
            f"the two newest rasters show different things ({first['index']!r} and "
            f"{second['index']!r}); compute the same for two dates",
            kind="precondition",
        )
    return sides


def _page(context: ToolContext, sides: list[Side], bounds: Bounds) -> bytes:
    first, second = (side.payload for side in sides)
    scale = scale_of(
        second, known_classes(context, second), [side.picture.pixels for side in sides]
    )
    collections = sorted({str(side.payload["collection"]) for side in sides})
    return offline_page(
        f"{first['index']} before and after",
        f"{sides[0].day} and {sides[1].day}",
        _body(sides, bounds, scale),
        (f"Data: {', '.join(collections)}", f"{corners(_degrees(bounds))} (Web Mercator)"),
        style=f":root {{ --ratio: {_ratio(bounds):.4f} }}{_STYLE}",
        script=_SCRIPT,
        synthetic=any(side.payload.get("synthetic") for side in sides),
    )


def _ordered_ids(context: ToolContext, args: SwipeMapArgs) -> list[str]:
    days = {name: str(context.output(name, "raster")["date"]) for name in (args.before, args.after)}
    return sorted(days, key=lambda name: days[name])


def _side(context: ToolContext, record: str) -> Side:
    payload = context.output(record, "raster")
    classes = known_classes(context, payload) is not None
    return Side(payload_picture(context, payload, MERCATOR, classes=classes), payload)


def _union(sides: list[Side]) -> Bounds:
    lefts, bottoms, rights, tops = zip(*(side.picture.bounds for side in sides), strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _ratio(bounds: Bounds) -> float:
    left, bottom, right, top = bounds
    return (right - left) / (top - bottom)


def _overlap_notes(sides: list[Side]) -> tuple[str, ...]:
    a, b = (side.picture.bounds for side in sides)
    apart = min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])
    return ("the two rasters do not overlap",) if apart else ()


def _degrees(bounds: Bounds) -> Bounds:
    back = Transformer.from_crs(MERCATOR, "EPSG:4326", always_xy=True)
    west, south, east, north = back.transform_bounds(*bounds)
    return west, south, east, north


def _body(sides: list[Side], bounds: Bounds, scale: Scale) -> str:
    pictures = "".join(
        f'<div class="side" id="{name}">{_image(side, bounds, scale, name)}</div>'
        for name, side in zip(("before", "after"), sides, strict=True)
    )
    days = [html.escape(side.day) for side in sides]
    return (
        f'<div id="swipe">{pictures}<div id="line"></div>'
        f'<span class="date left">{days[0]}</span><span class="date right">{days[1]}</span></div>'
        f'<div id="control"><label for="slider">Compare</label>'
        f'<input id="slider" type="range" min="0" max="100" step="1" value="50"></div>'
        f"{_legend(scale)}"
    )


def _image(side: Side, bounds: Bounds, scale: Scale, name: str) -> str:
    """Return a picture placed by its own extent within both pictures' common frame."""
    left, bottom, right, top = bounds
    west, south, east, north = side.picture.bounds
    width, height = right - left, top - bottom
    png = io.BytesIO()
    plain: Any = {"Software": None}
    imsave(png, scale.colours(side.picture.pixels), format="png", metadata=plain)
    data = base64.b64encode(png.getvalue()).decode()
    place = (
        f"left:{100 * (west - left) / width:.4f}%;top:{100 * (top - north) / height:.4f}%;"
        f"width:{100 * (east - west) / width:.4f}%;height:{100 * (north - south) / height:.4f}%"
    )
    said = html.escape(f"{name}: {scale.label} on {side.day}")
    return f'<img style="{place}" alt="{said}" src="data:image/png;base64,{data}">'


def _legend(scale: Scale) -> str:
    if isinstance(scale, ClassScale):
        lines = "".join(
            f'<li><span style="background:{colour}"></span>{html.escape(name)}</li>'
            for name, colour in scale.legend()
        )
        return f'<div id="legend">{html.escape(scale.label)}<ul>{lines}</ul></div>'
    stops = ",".join(scale.palette[:: max(len(scale.palette) // 16, 1)])
    middle = (scale.low + scale.high) / 2
    ends = "".join(f"<span>{shown(v)}</span>" for v in (scale.low, middle, scale.high))
    return (
        f'<div id="legend"><div class="bar" style="background:linear-gradient(90deg,{stops})">'
        f'</div><div class="ends">{ends}</div>{html.escape(scale.label)}</div>'
    )


SWIPE_MAP: Final = ToolSpec(
    name="swipe_map",
    summary="the two newest rasters before and after, with a slider",
    args=SwipeMapArgs,
    run=swipe_map,
    consumes=frozenset({"raster"}),
    produces=frozenset({"map"}),
    effect="writes",
    cost="seconds",
)
