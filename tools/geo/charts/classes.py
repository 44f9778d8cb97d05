"""Classes of a numeric column, by quantiles, equal intervals or natural breaks (mapclassify)."""

from __future__ import annotations

import warnings
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolUnavailable

Method = Literal["quantiles", "equal interval", "natural breaks"]
CLASSES: Final = 5
# Natural breaks take time with the square of the values.
MOST_FOR_BREAKS: Final = 400

Floats = NDArray[np.float64]


class Classes(NamedTuple):
    """Edges of classes in ascending order, one more than there are classes."""

    edges: Floats
    notes: tuple[str, ...] = ()

    def places(self, values: Floats) -> NDArray[np.intp]:
        """Return each value's class from 0; a value on an edge belongs to the class below it."""
        return np.clip(np.searchsorted(self.edges[1:-1], values, side="left"), 0, None)


def classify(values: Floats, method: Method) -> Classes:
    """Return at most five classes of finite values; fewer when there are fewer distinct values."""
    distinct = np.unique(values)
    count = min(CLASSES, len(distinct))
    if count == 1:
        return Classes(np.array([distinct[0], distinct[0]]))
    try:
        import mapclassify
    except ImportError as error:
        raise ToolUnavailable("mapclassify is missing; run `pip install mapclassify`") from error
    notes: tuple[str, ...] = ()
    kinds: dict[Method, Any] = {
        "quantiles": mapclassify.Quantiles,
        "equal interval": mapclassify.EqualInterval,
        "natural breaks": mapclassify.FisherJenks,
    }
    chosen = values
    if method == "natural breaks" and len(values) > MOST_FOR_BREAKS:
        ranks = np.linspace(0, len(values) - 1, MOST_FOR_BREAKS).round().astype(int)
        chosen = np.sort(values)[ranks]
        notes = (f"natural breaks were found among {MOST_FOR_BREAKS} of {len(values)} values",)
        count = min(count, len(np.unique(chosen)))
    with warnings.catch_warnings():
        # It advises a compiled version; these few values do not need one.
        warnings.simplefilter("ignore", UserWarning)
        bins = np.asarray(kinds[method](chosen, k=count).bins, dtype=np.float64)
    # A quantile of equal values may lie a rounding error beside them.
    inner = np.clip(bins[:-1], distinct[0], distinct[-1])
    edges = np.unique([distinct[0], *inner, distinct[-1]])
    return Classes(edges, notes)
