"""Success against tokens, as an inline SVG: who is beaten by nobody that is cheaper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure

FRONT: Final = "#00695c"
BEATEN: Final = "#90a4ae"
# Equal results give equal bytes.
SETTINGS: Any = {"svg.hashsalt": "terragate", "svg.fonttype": "none"}


class Point(NamedTuple):
    """One run: tokens per sample, success in [0, 1] with its interval."""

    name: str
    tokens: float
    success: float
    low: float
    high: float


def front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other beats in one and equals in the other, cheapest first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.tokens, -p.success)):
        if not kept or point.success > kept[-1].success:
            kept.append(point)
    return kept


def pareto_svg(points: Sequence[Point]) -> str:
    """Return the plot as an `svg` element without links or scripts."""
    best = front(points)
    with rc_context(SETTINGS):
        figure = Figure(figsize=(8, 4.2), layout="constrained")
        axes: Any = figure.subplots()
        for point in points:
            colour = FRONT if point in best else BEATEN
            spread = [[point.success - point.low], [point.high - point.success]]
            axes.errorbar(
                [point.tokens], [point.success], yerr=spread, fmt="o", color=colour, capsize=3
            )
            axes.annotate(
                point.name.replace("$", r"\$"), (point.tokens, point.success),
                textcoords="offset points", xytext=(7, 5), fontsize=8,
            )  # fmt: skip
        axes.plot([p.tokens for p in best], [p.success for p in best], color=FRONT, linewidth=1)
        axes.set_xlabel("tokens per sample")
        axes.set_ylabel("pass@1")
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        stream = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(stream, format="svg", metadata=nothing)
    text = stream.getvalue()
    return text[text.index("<svg") :]
