"""A time series as a chart: PNG, and an offline page with the values."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .drawing import DATA, FITTED, Chart, label_axes, new_chart, png, svg
from .page import html_table, offline_page
from .scale import quantity, shown

YEAR_DAYS: Final = 365.25
_MARKED: Final = 60


class ChartSeriesArgs(ToolArgs):
    """The newest time series."""

    series: Annotated[str, Live("handle.series", hidden=True)]


class Points(NamedTuple):
    """Finite values by day, in order."""

    days: list[date]
    values: list[float]


def chart_series(context: ToolContext, args: ChartSeriesArgs) -> ToolResult:
    """Draw a series against time, with the trend line if its trend was computed."""
    payload = context.output(args.series, "series")
    title, unit = str(payload["title"]), str(payload["unit"])
    points = _points(payload)
    slope = _slope(context, args.series)
    span = f"{points.days[0]} to {points.days[-1]}, {len(points.days)} dates"
    chart = _draw(title, unit, points, span, slope)
    picture = context.store.put_bytes(png(chart), "series.png", "image/png")
    rows = [(day.isoformat(), shown(value)) for day, value in zip(*points, strict=True)]
    values = html_table(("date", quantity(title, unit)), rows, "Values")
    collection = str(payload.get("collection", ""))
    page = offline_page(
        title,
        span,
        svg(chart) + values,
        (f"Data: {collection}",) if collection else (),
        synthetic=bool(payload.get("synthetic")),
    )
    document = context.store.put_bytes(page, "series.html", "text/html")
    return ToolResult(
        summary=f"chart of a series of {len(points.days)} dates",
        outputs={"chart": {"title": title, "artifact": picture.model_dump()}},
        artifacts=(picture, document),
    )


def _points(payload: dict[str, Any]) -> Points:
    pairs = sorted((date.fromisoformat(str(p[0])), float(p[1])) for p in payload["points"])
    pairs = [pair for pair in pairs if np.isfinite(pair[1])]
    if not pairs:
        raise RetryableToolError(
            "the series has no value to draw; compute it for a longer period or another area",
            kind="precondition",
        )
    return Points([day for day, _ in pairs], [value for _, value in pairs])


def _slope(context: ToolContext, series: str) -> float | None:
    """Return the slope per year that an earlier record found for this series, if one did."""
    for record in reversed(list(context.records.values())):
        if record.args.get("series") == series:
            for value in record.values:
                if value.name == "slope_per_year" and isinstance(value.value, float):
                    return value.value
    return None


def _draw(title: str, unit: str, points: Points, span: str, slope: float | None) -> Chart:
    chart = new_chart(title, span)
    axes: Any = chart.axes
    at = date2num(points.days)
    marker = "o" if len(at) <= _MARKED else ""
    axes.plot(at, points.values, color=DATA, marker=marker, markersize=5, linewidth=1.5)
    if slope is not None:
        years = (at - at[0]) / YEAR_DAYS
        start = float(np.median(np.array(points.values) - slope * years))
        label = f"trend {slope:+.3g} {unit + ' ' if unit else ''}per year"
        axes.plot(at, start + slope * years, color=FITTED, linestyle="--", label=label)
        axes.legend(frameon=False, fontsize=9)
    if len(at) == 1:
        axes.set_xlim(at[0] - 15, at[0] + 15)
    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    label_axes(chart, "date (UTC)", quantity(title, unit))
    return chart


CHART_SERIES: Final = ToolSpec(
    name="chart_series",
    summary="line chart of the time series",
    args=ChartSeriesArgs,
    run=chart_series,
    consumes=frozenset({"series"}),
    produces=frozenset({"chart"}),
    effect="writes",
    cost="seconds",
)
