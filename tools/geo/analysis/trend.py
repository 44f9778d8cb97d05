"""An index over time in an area, and whether it rises or falls.

A date is the mosaic of its scenes, the clearest on top. Dates that show less than half of the area
are left out, because the part that clouds leave is not a sample of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

import numpy as np

from ...errors import RetryableToolError, ToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid, Pixels
from .formulas import Formula
from .formulas_scene import SceneBands
from .grid import CommonGrid
from .grid_work import Tally, bounded_cache, map_blocks
from .index_by_name_words import find_formula
from .mosaic import constant_notes
from .mosaic_scenes import Layers, Patch, found_scenes, lay_over, open_layers, read_notes

Statistic = Literal["mean", "median"]

MIN_SHARE: Final = 0.5
MIN_DATES: Final = 4
SIGNIFICANT: Final = 0.05
MAX_DATES: Final = 400
VALUES_SAID: Final = 24
YEAR_DAYS: Final = 365.2425


class IndexSeriesArgs(ToolArgs):
    """Which index, and which statistic of it in the area on each date."""

    index: Annotated[str, Live("span.index")]
    statistic: Statistic
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class TrendOfArgs(ToolArgs):
    """The newest series."""

    series: Annotated[str, Live("handle.series", hidden=True)]


class Point(NamedTuple):
    """One date of a series; `share` is how much of the area has valid pixels."""

    day: date
    value: float
    scene: str
    share: float


class Trend(NamedTuple):
    """A straight line through a series by Theil and Sen, with Kendall's test of its direction."""

    slope: float
    low: float
    high: float
    p: float
    n: int


def index_series(context: ToolContext, args: IndexSeriesArgs) -> ToolResult:
    """Return the area's mean or median of an index on every date that shows half of it."""
    formula, notes = find_formula(args.index)
    found = found_scenes(context, args.scenes, args.aoi)
    with bounded_cache():
        layers = open_layers(context, found, formula)
        days = _by_day(layers)
        every = [point for day in days if (point := _point(layers, day, args.statistic))]
        notes = (*notes, *read_notes(layers))
    points = [point for point in every if point.share >= MIN_SHARE]
    if not points:
        raise RetryableToolError(
            f"none of {len(days)} dates shows {MIN_SHARE:.0%} of the area without cloud; "
            "choose a smaller area or a longer period",
            kind="precondition",
        )
    payload = {
        "title": f"{args.statistic} {formula.name}",
        "unit": "",
        "points": [[point.day.isoformat(), point.value, point.scene] for point in points],
        "collection": found.collection,
        "synthetic": found.synthetic,
    }
    dropped = len(days) - len(points)
    left_out = f"{dropped} of {len(days)} dates left out: they show too little of the area"
    return ToolResult(
        summary=f"series {payload['title']} {len(points)} dates {found.collection}"[:80],
        outputs={"series": payload},
        values=_values(points, formula, args.statistic),
        notes=(
            *((left_out,) if dropped else ()),
            *constant_notes(formula),
            *notes,
            *found.notes(),
        ),
    )


def _by_day(layers: Layers) -> list[tuple[SceneBands, ...]]:
    days: dict[date, list[SceneBands]] = {}
    for one in sorted(layers.scenes, key=lambda s: (s.scene.day, s.scene.cloud_cover, s.scene.id)):
        days.setdefault(one.scene.day, []).append(one)
    if len(days) > MAX_DATES:
        raise ToolError(
            f"{len(days)} dates show the area, more than {MAX_DATES}; name a shorter period",
            kind="too_large",
        )
    return [tuple(scenes) for scenes in days.values()]


def _point(layers: Layers, scenes: tuple[SceneBands, ...], statistic: Statistic) -> Point | None:
    tally = Tally()
    for pixels in _day_pixels(layers.grid, scenes, layers.formula):
        tally.add(pixels)
    if not tally.count:
        return None
    value = tally.mean
    if statistic == "median":
        value = tally.median(lambda: _day_pixels(layers.grid, scenes, layers.formula))
    share = min(tally.count / max(layers.grid.expected, 1.0), 1.0)
    return Point(scenes[0].scene.day, value, scenes[0].scene.id, share)


def _day_pixels(
    grid: CommonGrid, scenes: tuple[SceneBands, ...], formula: Formula
) -> Iterator[Pixels]:
    def patch(block: Grid) -> Patch:
        return lay_over(scenes, formula, block)

    for _, made in map_blocks(patch, grid.blocks()):
        yield made.pixels


def _values(points: list[Point], formula: Formula, statistic: Statistic) -> tuple[Value, ...]:
    """Return a value for every date, or for first, last, lowest and highest of many."""
    chosen = points
    if len(points) > VALUES_SAID:
        low, high = min(points, key=lambda p: p.value), max(points, key=lambda p: p.value)
        ends = {p.day: p for p in (points[0], low, high, points[-1])}
        chosen = [ends[day] for day in sorted(ends)]
    return tuple(
        Value(
            name=f"{statistic}_{point.day.isoformat()}",
            value=point.value,
            unit="",
            about=f"{statistic} {formula.name} on {point.day}, {point.share:.0%} of the area seen",
        )
        for point in chosen
    )


def trend_of(context: ToolContext, args: TrendOfArgs) -> ToolResult:
    """Return the Theil-Sen slope per year, its 95 % interval, and the Mann-Kendall p and n."""
    series = context.output(args.series, "series")
    days, values = _checked(series["points"])
    trend = theil_sen(days, values)
    title, unit = str(series["title"]), str(series["unit"])
    found = "rises" if trend.slope > 0 else "falls"
    verdict = found if trend.p < SIGNIFICANT else "no significant trend"
    span = f"{days[0]} to {days[-1]}"
    slope = Value(
        name="slope_per_year",
        value=trend.slope,
        unit=f"{unit}/a",
        about=f"Theil-Sen slope of {title}, {span}, 95 % interval {trend.low:.4g} to "
        f"{trend.high:.4g}; {verdict} (Mann-Kendall, p < {SIGNIFICANT:g})",
    )
    p = Value(
        name="p_value",
        value=trend.p,
        unit="",
        about=f"two-sided Mann-Kendall test of {title}, n = {trend.n}",
    )
    n = Value(name="dates", value=trend.n, unit="", about=f"dates of {title}, {span}")
    return ToolResult(
        summary=f"value slope_per_year {trend.slope:.4g}, p {trend.p:.3g}, n {trend.n}"[:80],
        values=(slope, p, n),
        notes=_trend_notes(days, trend),
    )


def _checked(points: list[list[Any]]) -> tuple[list[date], list[float]]:
    pairs = sorted((date.fromisoformat(str(p[0])), float(p[1])) for p in points)
    pairs = [pair for pair in pairs if np.isfinite(pair[1])]
    if len({day for day, _ in pairs}) < MIN_DATES:
        raise RetryableToolError(
            f"a trend needs at least {MIN_DATES} dates and the series has {len(pairs)}; "
            "search a longer period",
            kind="precondition",
        )
    return [day for day, _ in pairs], [value for _, value in pairs]


def theil_sen(days: list[date], values: list[float]) -> Trend:
    """Return the median of all pairwise slopes per year (Sen 1968) and Kendall's test of tau.

    The test is Mann's (1945): exact for few dates without ties, else normal with ties corrected.
    """
    from scipy.stats import kendalltau, theilslopes

    years = np.array([(day - days[0]).days for day in days]) / YEAR_DAYS
    # scipy's results are untyped tuples with names.
    line, tau = np.array(theilslopes(values, years)), np.array(kendalltau(years, values))
    # Where nothing changes tau is 0/0; there is then no sign of a trend at all.
    p = 1.0 if len(set(values)) == 1 else float(tau[1])
    return Trend(float(line[0]), float(line[2]), float(line[3]), p, len(values))


def _trend_notes(days: list[date], trend: Trend) -> tuple[str, ...]:
    notes = ["Theil-Sen slope with Mann-Kendall test; seasons and serial correlation stay in"]
    least = 2.0 / float(np.prod(np.arange(1, trend.n + 1, dtype=np.float64)))
    if least >= SIGNIFICANT:
        notes.append(f"{trend.n} dates cannot give p below {least:.2g}, so none is significant")
    months = {day.month for day in days}
    if len(months) > 3 and (days[-1] - days[0]).days < 3 * YEAR_DAYS:
        notes.append("the dates span less than three years of seasons; the slope may be seasonal")
    return tuple(notes)


INDEX_SERIES = ToolSpec(
    name="index_series",
    summary="time series of an index in the area, one value a date",
    args=IndexSeriesArgs,
    run=index_series,
    produces=frozenset({"series", "value"}),
    consumes=frozenset({"scenes", "aoi"}),
    cost="minutes",
)
TREND_OF = ToolSpec(
    name="trend_of",
    summary="trend of the series per year and its significance",
    args=TrendOfArgs,
    run=trend_of,
    produces=frozenset({"value"}),
    consumes=frozenset({"series"}),
    effect="pure",
    cost="seconds",
)
