"""A histogram table as a chart: PNG, and an offline page with the counts."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, NamedTuple

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .drawing import DATA, Chart, label_axes, new_chart, png, svg
from .page import html_table, offline_page
from .scale import quantity, shown
from .stored_table import StoredTable, read_table

MAX_BINS: Final = 1000
_COLUMNS: Final = (("bin_left", "from"), ("bin_right", "to"), ("count", "pixels"))


class ChartHistogramArgs(ToolArgs):
    """The newest table, which must be that of a histogram."""

    table: Annotated[str, Live("handle.table", hidden=True)]


class Bin(NamedTuple):
    """How many values lie from `left` to `right`."""

    left: float
    right: float
    number: float


def chart_histogram(context: ToolContext, args: ChartHistogramArgs) -> ToolResult:
    """Draw the counts of a histogram as bars as wide as its bins."""
    payload = context.output(args.table, "table")
    bins = _bins(read_table(context, payload))
    outputs = context.records[args.table].outputs
    unit = str(payload.get("unit") or outputs.get("histogram", {}).get("unit", ""))
    title = str(payload["title"])
    total = f"{sum(b.number for b in bins):,.0f} values in {len(bins)} bins"
    chart = _draw(title, unit, bins, total)
    picture = context.store.put_bytes(png(chart), "histogram.png", "image/png")
    rows = [(f"{shown(b.left)} to {shown(b.right)}", f"{b.number:,.0f}") for b in bins]
    counts = html_table((quantity("bin", unit), "count"), rows, "Counts")
    page = offline_page(
        title, total, svg(chart) + counts, (), synthetic=bool(payload.get("synthetic"))
    )
    document = context.store.put_bytes(page, "histogram.html", "text/html")
    return ToolResult(
        summary=f"chart of a histogram with {len(bins)} bins",
        outputs={"chart": {"title": title, "artifact": picture.model_dump()}},
        artifacts=(picture, document),
    )


def _bins(table: StoredTable) -> list[Bin]:
    places = [
        next((i for i, name in enumerate(table.columns) if name in names), None)
        for names in _COLUMNS
    ]
    try:
        bins = [Bin(*(float(row[i]) for i in places if i is not None)) for row in table.rows]
    except (ValueError, TypeError):
        bins = []
    sound = all(
        math.isfinite(b.left) and b.left < b.right < math.inf and 0 <= b.number < math.inf
        for b in bins
    )
    if not bins or not sound or len(bins) > MAX_BINS:
        raise RetryableToolError(
            f"the newest table is no histogram of up to {MAX_BINS} bins (it needs bin_left, "
            "bin_right and count); compute a histogram first",
            kind="precondition",
        )
    return bins


def _draw(title: str, unit: str, bins: list[Bin], total: str) -> Chart:
    chart = new_chart(title, total)
    axes: Any = chart.axes
    axes.bar(
        [b.left for b in bins],
        [b.number for b in bins],
        width=[b.right - b.left for b in bins],
        align="edge",
        color=DATA,
        edgecolor="white",
        linewidth=0.6 if len(bins) <= 100 else 0,
    )
    axes.set_xlim(bins[0].left, bins[-1].right)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.get_major_locator().set_params(integer=True)
    label_axes(chart, quantity("value", unit), "count")
    return chart


CHART_HISTOGRAM: Final = ToolSpec(
    name="chart_histogram",
    summary="bar chart of the histogram",
    args=ChartHistogramArgs,
    run=chart_histogram,
    consumes=frozenset({"table"}),
    produces=frozenset({"chart"}),
    effect="writes",
    cost="seconds",
)
