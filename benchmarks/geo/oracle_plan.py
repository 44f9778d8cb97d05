"""The ideal tool calls of a question, in order, with the arguments that a model is shown."""

from __future__ import annotations

from collections.abc import Sequence

from ...agents.choice import Choice
from ...workflows.planned.member import KINDS
from .task import Slots

ALWAYS_EMPTY_HANDED = ("ambiguous", "unknown_place")
_EXPORTS = ("geojson", "gpkg", "cog")


def plan(slots: Slots) -> tuple[Choice, ...]:
    """Return the calls that answer a question, without the control `done`.

    A run that must end early stops where it does: at the place that is unknown or shared, or at the
    search that finds nothing. `report_value` takes the value's name; a run knows it as
    `record.name`, and the newest one is meant.
    """
    calls = [_place(slots)]
    if slots.trap in ALWAYS_EMPTY_HANDED:
        return tuple(calls)
    if slots.distance is not None and slots.place_kind != "point":
        calls.append(Choice(tool="buffer_aoi", args={"distance": slots.distance}))
    if slots.part is not None:
        calls.append(Choice(tool="part_of_aoi", args={"part": slots.part}))
    calls.append(_dates(slots))
    if slots.family == "refuse":
        return (*calls, Choice(tool="refuse"))
    if slots.family == "zoom":
        return (*calls, Choice(tool="zoom_map"))
    calls.append(_search(slots))
    if slots.trap == "empty":
        return tuple(calls)
    return (*calls, *_analysis(slots), *_again(slots), *_presentation(slots), *_report(slots))


def whole_plan(slots: Slots) -> tuple[Choice, ...]:
    """Return the calls of a question as a planner says them, before any of them has run.

    It cannot know of a trap, and refuses at once what no tool can serve.
    """
    if slots.family == "refuse":
        return (Choice(tool="refuse"),)
    return plan(slots.model_copy(update={"trap": "none"}))


def kinds_of(calls: Sequence[Choice]) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Return the kinds of work that a whole plan takes, each with its calls, in order."""
    groups: list[tuple[str, list[Choice]]] = []
    for call in calls:
        kind = next((k for k, held in KINDS.items() if call.tool in held.tools), call.tool)
        if groups and groups[-1][0] == kind and KINDS[kind].goes_on:
            groups[-1][1].append(call)
        else:
            groups.append((kind, [call]))
    return tuple((kind, tuple(held)) for kind, held in groups)


def value_name(slots: Slots) -> str | None:
    """Return the name of the value that answers a question; None when it asks for no number."""
    names = {
        "count": "feature_count",
        "fetch": "scene_count",
        "zonal": f"zonal_{slots.statistic}",
        "area": "area_ha",
        "change": "mean_change",
        "changed_area": f"{slots.direction}_ha",
        "trend": "slope_per_year",
        "nearest": "nearest_min_m",
        "compare": slots.measure or "difference",
    }
    return names.get(slots.family)


def shows_map(slots: Slots) -> bool:
    """Return whether a question asks for a map with a layer."""
    return slots.family == "plot" or slots.output == "map"


def newest_layer(slots: Slots) -> str:
    """Return the kind of the layer that a question ends with."""
    if slots.collection != "sentinel-2":
        return "features"
    return "scenes" if slots.family in ("fetch", "plot") else "raster"


def _place(slots: Slots) -> Choice:
    if slots.place is None:
        return Choice(tool="whole_archive")
    if slots.place_kind == "bbox":
        return Choice(tool="bbox_aoi", args={"box": slots.place})
    if slots.place_kind == "point":
        return Choice(tool="buffer_point", args={"point": slots.place, "distance": slots.distance})
    return Choice(tool="find_place", args={"place": slots.place})


def _dates(slots: Slots) -> Choice:
    if slots.dates is None:
        return Choice(tool="all_dates")
    return Choice(tool="find_dates", args={"dates": slots.dates})


def _search(slots: Slots) -> Choice:
    args = {"collection": slots.collection}
    if slots.collection == "sentinel-2":
        return Choice(tool="search_scenes", args=args)
    return Choice(tool="load_features", args=args | {"category": slots.category})


def _analysis(slots: Slots) -> list[Choice]:
    if slots.family in ("count", "compare"):
        return [Choice(tool="count_features")]
    if slots.family == "fetch":
        return [Choice(tool="count_scenes")]
    if slots.family == "plot":
        return []
    if slots.family == "nearest":
        return [_load_other(slots), Choice(tool="nearest_features")]
    if slots.family == "trend":
        # Of medians: what a cloud mask misses moves a mean, and so a trend of means.
        series = {"index": slots.index, "statistic": "median"}
        return [Choice(tool="index_series", args=series), Choice(tool="trend_of")]
    if slots.family in ("change", "changed_area"):
        return _change(slots)
    calls = [Choice(tool="spectral_index", args={"index": slots.index})]
    if slots.family == "zonal":
        calls.append(Choice(tool="zonal_stats", args={"statistic": slots.statistic}))
    elif slots.family == "area":
        measure = {"comparison": slots.comparison, "threshold": slots.threshold}
        calls.append(Choice(tool="area_where", args=measure))
    return calls


def _change(slots: Slots) -> list[Choice]:
    calls = [Choice(tool="change_over", args={"index": slots.index})]
    if slots.family == "changed_area":
        measure = {"direction": slots.direction, "threshold": slots.threshold}
        calls.append(Choice(tool="changed_area", args=measure))
    return calls


def _load_other(slots: Slots) -> Choice:
    args = {"collection": slots.collection, "category": slots.category2}
    return Choice(tool="load_other", args=args)


def _again(slots: Slots) -> list[Choice]:
    """Return the second half of a comparison."""
    if slots.family != "compare":
        return []
    if slots.category2 is not None:
        calls = [_load_other(slots)]
    elif slots.dates2 is not None:
        calls = [Choice(tool="other_dates", args={"dates": slots.dates2}), _search(slots)]
    else:
        calls = [Choice(tool="other_place", args={"place": slots.place2}), _search(slots)]
    compare = Choice(tool="compare_values", args={"measure": slots.measure})
    return [*calls, Choice(tool="count_features"), compare]


def _presentation(slots: Slots) -> list[Choice]:
    layer = {"layer": newest_layer(slots)}
    calls: list[Choice] = []
    if shows_map(slots):
        calls.append(Choice(tool="show_map", args=layer))
    if slots.output == "picture":
        calls.append(Choice(tool="quick_look"))
    elif slots.output in _EXPORTS:
        calls.append(Choice(tool="export_layer", args=layer | {"format": slots.output}))
    return calls


def _report(slots: Slots) -> list[Choice]:
    name = value_name(slots)
    return [] if name is None else [Choice(tool="report_value", args={"value": name})]
