"""One look for all charts: colours that colour-blind readers tell apart, PNG and SVG output."""

from __future__ import annotations

import io
from typing import Any, Final, NamedTuple

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette: blue for data, vermillion for what is fitted to it.
DATA: Final = "#0072B2"
FITTED: Final = "#D55E00"
_INK: Final = "#37474f"


class Chart(NamedTuple):
    """An empty chart to draw into."""

    figure: Figure
    axes: Axes


def new_chart(title: str, subtitle: str) -> Chart:
    """Return an empty chart with its titles; text is never read as mathematics."""
    figure = Figure(figsize=(8.0, 4.5), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    figure.suptitle(title, fontsize=13, fontweight="bold", parse_math=False)
    axes.set_title(subtitle, fontsize=9, color="#546e7a", parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#90a4ae")
    axes.tick_params(labelsize=9, colors=_INK)
    axes.grid(axis="y", color="#eceff1", linewidth=0.9)
    axes.set_axisbelow(True)
    return Chart(figure, axes)


def label_axes(chart: Chart, across: str, up: str) -> None:
    """Label both axes; the labels name quantity and unit."""
    chart.axes.set_xlabel(across, fontsize=10, color=_INK, parse_math=False)
    chart.axes.set_ylabel(up, fontsize=10, color=_INK, parse_math=False)


def png(chart: Chart) -> bytes:
    """Return the chart as PNG; equal charts give equal bytes."""
    target = io.BytesIO()
    chart.figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def svg(chart: Chart) -> str:
    """Return the chart as one inline `<svg>` element without its titles, which the page has."""
    chart.figure.suptitle("")
    chart.axes.set_title("")
    target = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "terragate"}):
        chart.figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    return text[text.index("<svg") :].replace("<svg", '<svg role="img" aria-hidden="true"', 1)
