"""Area and length of features on the ellipsoid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
import shapely

from ...errors import ToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..analysis.feature_columns import row_labels
from .columns import free_name
from .geodesic import ELLIPSOID, areas_m2, lengths_m
from .limits import Floats, Pairs, Shapes, intersecting_pairs, require_overlay_work
from .reading import LINE, POLYGON, FeatureSet, only, read_feature_set
from .results import EDGES, features_result, what

AreaUnit = Literal["hectares", "km2", "m2"]
LengthUnit = Literal["metres", "km"]
_AREA: Final[dict[AreaUnit, tuple[str, float]]] = {
    "hectares": ("ha", 1e4), "km2": ("km2", 1e6), "m2": ("m2", 1.0),
}  # fmt: skip
_LENGTH: Final[dict[LengthUnit, tuple[str, float]]] = {"metres": ("m", 1.0), "km": ("km", 1e3)}


class MeasureAreaArgs(ToolArgs):
    """In which unit to give the area of the newest features."""

    unit: AreaUnit
    features: Annotated[str, Live("handle.features", hidden=True)]


class MeasureLengthArgs(ToolArgs):
    """In which unit to give the length of the newest features."""

    unit: LengthUnit
    features: Annotated[str, Live("handle.features", hidden=True)]


class _Measure(NamedTuple):
    """What was measured of every feature: `name` of the quantity, and what it means."""

    name: str
    unit: str
    figures: Floats
    about: str


def measure_area(context: ToolContext, args: MeasureAreaArgs) -> ToolResult:
    """Return the total area of the polygons and that of each, on the WGS 84 ellipsoid."""
    features = only(read_feature_set(context, args.features), POLYGON)
    unit, square_metres = _AREA[args.unit]
    figures = areas_m2(features.shapes) / square_metres
    measure = _Measure("area", unit, figures, "area")
    return _measured(context, features, measure, _overlap_notes(features.shapes))


def measure_length(context: ToolContext, args: MeasureLengthArgs) -> ToolResult:
    """Return the total length of the lines, or of the polygons' outlines, on the ellipsoid."""
    features = only(read_feature_set(context, args.features), POLYGON, LINE)
    unit, metres = _LENGTH[args.unit]
    flat = shapely.get_dimensions(features.shapes) == POLYGON
    notes: list[str] = []
    if flat.any():
        notes.append("the length of a polygon is that of its outline, holes included")
        shares = "an outline that two polygons share is counted for both"
        notes.extend([shares] if flat.sum() > 1 else [])
    about = (
        "perimeter" if flat.all() else "length of lines and outlines" if flat.any() else "length"
    )
    measure = _Measure("length", unit, lengths_m(features.shapes) / metres, about)
    return _measured(context, features, measure, notes)


def _measured(
    context: ToolContext, features: FeatureSet, measure: _Measure, notes: Sequence[str]
) -> ToolResult:
    labels = row_labels(features.frame)
    frame = features.frame.copy()
    column = free_name(frame, f"{measure.name}_{measure.unit}")
    frame[column] = measure.figures
    table = write_table(
        context.store, f"{measure.name}.csv", f"{measure.about.capitalize()} of every feature",
        ("feature", column), zip(labels, measure.figures.tolist(), strict=True),
    )  # fmt: skip
    return features_result(
        context, features, frame, measure.name, table=table,
        values=_values(measure, labels, what(features)), notes=(*notes, EDGES),
    )  # fmt: skip


def _values(measure: _Measure, labels: list[str], said: str) -> tuple[Value, ...]:
    name, unit, figures, about = measure
    on = f"{about} of {said}, on the {ELLIPSOID}"
    least, most = int(np.argmin(figures)), int(np.argmax(figures))
    total = Value(
        name=f"total_{name}_{unit}", value=float(figures.sum()), unit=unit,
        about=f"sum of the {on}, {len(figures)} features",
    )  # fmt: skip
    numbers = (("mean", figures.mean()), ("smallest", figures[least]), ("largest", figures[most]))
    return (
        total,
        *(
            Value(name=f"{kind}_{name}_{unit}", value=float(number), unit=unit,
                  about=f"{kind} {on}")
            for kind, number in numbers
        ),
        Value(name=f"largest_{name}_feature", value=labels[most], unit="", about=f"largest {on}"),
    )  # fmt: skip


def _overlap_notes(shapes: Shapes) -> tuple[str, ...]:
    """Return a warning when the sum counts ground more than once."""
    try:
        met = intersecting_pairs(shapes, shapes)
        later = met.left < met.right
        pairs = Pairs(met.left[later], met.right[later])
        require_overlay_work(shapes, shapes, pairs)
    except ToolError:
        return ("whether features overlap was not checked: they are too many",)
    inside = shapely.relate_pattern(shapes[pairs.left], shapes[pairs.right], "2********")
    count = int(inside.sum())
    if not count:
        return ()
    return (f"{count} pairs of features overlap, and the sum counts their shared ground twice",)


MEASURE_AREA = ToolSpec(
    name="measure_area",
    summary="measure the area of the features",
    args=MeasureAreaArgs,
    run=measure_area,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
MEASURE_LENGTH = ToolSpec(
    name="measure_length",
    summary="measure the length of lines or outlines",
    args=MeasureLengthArgs,
    run=measure_length,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
