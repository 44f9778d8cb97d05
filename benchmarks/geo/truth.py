"""The right answer to a question, computed from the archive's files without workflow or tools."""

from __future__ import annotations

from datetime import date
from typing import Literal

import geopandas as gpd
from pyproj import Geod
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ...tools.records import Frozen
from .holdings import SCENES, Holdings
from .meaning import Meaning, area_of
from .nearest_truth import nearest_m
from .oracle_plan import newest_layer, shows_map, value_name
from .raster_truth import best_scene, index_pixels, statistic
from .series_truth import change_of, slope_per_year
from .task import Slots

_EXACT = 1e-9
_ROUNDING = 1e-6
_STATISTIC = 0.005
_EXTREME = 0.02
_AREA_SHARE = 0.01
_EXPORTS = ("geojson", "gpkg", "cog")


class Layer(Frozen):
    """What a layer must hold: rows of some classes, scenes, or an index of one scene."""

    kind: Literal["features", "scenes", "raster"]
    collection: str
    classes: tuple[str, ...] = ()
    index: str | None = None
    count: int | None = None
    scene: str | None = None


class Expected(Frozen):
    """A number that must be in the answer, within `tolerance`; `signed` when its sign counts."""

    name: str
    value: float
    unit: str
    tolerance: float
    signed: bool = True


class Truth(Frozen):
    """What a right answer has; everything else it must not have.

    `subject` is the data the answer rests on; `drawn` is on a map, `pictured` in a picture and
    `exported` in a file of that format. `bounds` (degrees) are those of a map without layers.
    `offer` are the readings a clarification must name; `empty` says that nothing is there.
    """

    status: Literal["answered", "clarify", "refused"]
    value: Expected | None = None
    subject: Layer | None = None
    drawn: bool = False
    pictured: bool = False
    exported: Literal["geojson", "gpkg", "cog"] | None = None
    bounds: tuple[float, float, float, float] | None = None
    offer: tuple[str, ...] = ()
    empty: bool = False


def find_truth(slots: Slots, meaning: Meaning, holdings: Holdings) -> Truth:
    """Return the truth of a question."""
    if slots.family == "refuse":
        return Truth(status="refused")
    if slots.trap in ("ambiguous", "unknown_place"):
        return Truth(status="clarify", offer=meaning.offer)
    area = area_of(meaning)
    if slots.family == "zoom":
        bounds = area.bounds if area is not None else None
        return Truth(status="answered", bounds=bounds)
    start, end = meaning.start or date.min, meaning.end or date.max
    if slots.family == "compare":
        return _compared(slots, meaning, holdings)
    if slots.family == "nearest":
        return _nearest(slots, meaning, holdings)
    if meaning.collection == SCENES:
        return _scene_truth(slots, holdings, area, (start, end))
    rows = holdings.rows_in(meaning.collection or "", area, start, end)
    count = sum(name in meaning.classes for name in rows["cat_name"])
    layer = Layer(
        kind="features",
        collection=meaning.collection or "",
        classes=tuple(sorted(meaning.classes)),
        count=count,
    )
    return _found(slots, layer, float(count)) if count else _nothing(slots)


def _scene_truth(
    slots: Slots, holdings: Holdings, area: BaseGeometry | None, days: tuple[date, date]
) -> Truth:
    scenes = holdings.scenes_in(area, *days)
    if scenes.empty:
        return _nothing(slots)
    if newest_layer(slots) == "scenes":
        layer = Layer(kind="scenes", collection=SCENES, count=len(scenes))
        return _found(slots, layer, float(len(scenes)))
    index = slots.index
    if index is None:
        raise ValueError(f"a question of family {slots.family!r} needs an index; give one")
    west, south, east, north = map(float, scenes.total_bounds)
    where = area if area is not None else box(west, south, east, north)
    if slots.family in ("change", "changed_area", "trend"):
        return _over_time(slots, holdings, scenes, where)
    scene = best_scene(scenes, where)
    layer = Layer(kind="raster", collection=SCENES, index=index, scene=scene)
    pixels = index_pixels(holdings.root, scene, index, where)
    if slots.family == "zonal":
        name = slots.statistic or "mean"
        margin = _EXTREME if name in ("min", "max") else _STATISTIC
        return _found(slots, layer, statistic(pixels.values, name), margin=margin)
    if slots.family == "area":
        over = pixels.values - float(slots.threshold or "nan")
        # A pixel at the threshold, but for the last digits of a float, is neither above nor below.
        chosen = over > _ROUNDING if slots.comparison == "above" else over < -_ROUNDING
        area_ha = float(chosen.sum()) * pixels.pixel_ha
        margin = _AREA_SHARE * max(area_ha, len(chosen) * pixels.pixel_ha / 10)
        return _found(slots, layer, area_ha, unit="ha", margin=margin)
    return _found(slots, layer, None)


def _over_time(
    slots: Slots, holdings: Holdings, scenes: gpd.GeoDataFrame, where: BaseGeometry
) -> Truth:
    index = slots.index or "NDVI"
    if slots.family == "trend":
        hectares = abs(Geod(ellps="WGS84").geometry_area_perimeter(where)[0]) / 1e4
        slope = slope_per_year(holdings.root, scenes, index, where, hectares)
        margin = max(0.05 * abs(slope), 5e-4)
        return _found(slots, None, slope, unit="/a", margin=margin)
    change = change_of(holdings.root, scenes, index, where)
    layer = Layer(kind="raster", collection=SCENES, index=f"{index} change", scene=change.last)
    if slots.family == "change":
        return _found(slots, layer, float(change.values.mean()), margin=_STATISTIC)
    limit = float(slots.threshold or "nan")
    lost = -change.values if slots.direction == "loss" else change.values
    area_ha = float((lost > limit + _ROUNDING).sum()) * change.pixel_ha
    margin = _AREA_SHARE * max(area_ha, len(lost) * change.pixel_ha / 10)
    return _found(slots, layer, area_ha, unit="ha", margin=margin)


def _compared(slots: Slots, meaning: Meaning, holdings: Holdings) -> Truth:
    second = meaning.model_copy(
        update={
            "place": meaning.place2 or meaning.place,
            "country": meaning.country2 or meaning.country,
            "start": meaning.start2 or meaning.start,
            "end": meaning.end2 or meaning.end,
            "classes": meaning.classes2 or meaning.classes,
        }
    )
    pair = [meaning, second]
    if meaning.start2 and meaning.start and meaning.start2 > meaning.start:
        pair.reverse()
    one, other = (float(len(_rows(each, holdings))) for each in pair)
    if not (one or other) or (slots.measure == "ratio" and not other):
        return _nothing(slots)
    value = one - other if slots.measure == "difference" else one / other
    found = _found(slots, None, value, margin=_ROUNDING)
    if found.value is None or meaning.start2 is not None:
        return found
    # Which of two places or classes is taken from which is a matter of wording.
    return found.model_copy(update={"value": found.value.model_copy(update={"signed": False})})


def _rows(meaning: Meaning, holdings: Holdings) -> gpd.GeoDataFrame:
    start, end = meaning.start or date.min, meaning.end or date.max
    rows = holdings.rows_in(meaning.collection or "", area_of(meaning), start, end)
    return gpd.GeoDataFrame(rows[rows["cat_name"].isin(meaning.classes)])


def _nearest(slots: Slots, meaning: Meaning, holdings: Holdings) -> Truth:
    ours = _rows(meaning, holdings)
    theirs = _rows(meaning.model_copy(update={"classes": meaning.classes2}), holdings)
    if ours.empty or theirs.empty:
        return _nothing(slots)
    metres = nearest_m(ours.set_geometry("outline"), theirs.set_geometry("outline"))
    return _found(slots, None, metres, unit="m", margin=max(1.0, 0.01 * metres))


def _found(
    slots: Slots,
    layer: Layer | None,
    value: float | None,
    *,
    unit: str = "",
    margin: float = _EXACT,
) -> Truth:
    name = value_name(slots)
    expected = None
    if name is not None and value is not None:
        expected = Expected(name=name, value=value, unit=unit, tolerance=margin)
    return Truth(
        status="answered",
        value=expected,
        subject=layer,
        drawn=shows_map(slots),
        pictured=slots.output == "picture",
        exported=slots.output if slots.output in _EXPORTS else None,
    )


def _nothing(slots: Slots) -> Truth:
    name = value_name(slots)
    expected = None
    if slots.family in ("count", "fetch") and name is not None:
        expected = Expected(name=name, value=0.0, unit="", tolerance=_EXACT)
    return Truth(status="answered", value=expected, empty=True)
