"""What one benchmark question is: the words it is made of and what they ask for.

`Slots` are the *surface* forms: every string in them stands verbatim in the question. A wording
turns slots into a sentence; the oracle turns them into tool calls; `truth.py` turns them into an
answer without either.
"""

from __future__ import annotations

from typing import Literal

from ...tools.records import Frozen

Family = Literal["count", "fetch", "index", "zonal", "area", "plot", "zoom", "refuse"]
Trap = Literal["none", "empty", "typo", "ambiguous", "unknown_place"]
Output = Literal["none", "map", "picture", "geojson", "gpkg", "cog"]
Index = Literal["NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"]
Statistic = Literal["mean", "median", "min", "max", "std"]


class Slots(Frozen):
    """The parts of a question, as they are written in it; None where the question is silent.

    `collection` is the id of the data set the question means, `dataset` the words that name it
    (None when it is left to the default). `index`, `statistic` and `comparison` are codes: the
    wording may spell them ("vegetation index", "average", "exceeds"). `category` is the words for
    the class.
    """

    family: Family
    trap: Trap = "none"
    place: str | None = None
    distance: str | None = None
    dates: str | None = None
    category: str | None = None
    collection: Literal["sentinel-2", "xview1", "fair1m", "bigearthnet"] | None = None
    dataset: str | None = None
    index: Index | None = None
    statistic: Statistic | None = None
    comparison: Literal["above", "below"] | None = None
    threshold: str | None = None
    output: Output = "none"


class Question(Frozen):
    """A question with its slots; `source` says which split and author it comes from."""

    id: str
    text: str
    slots: Slots
    source: Literal["train", "validation", "heldout-template", "heldout-hand"]
