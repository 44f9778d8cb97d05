"""What one benchmark question is: the words it is made of and what they ask for.

`Slots` are the *surface* forms: every string in them stands verbatim in the question. A wording
turns slots into a sentence; the oracle turns them into tool calls; `truth.py` turns them into an
answer without either.
"""

from __future__ import annotations

from typing import Literal

from ...tools.records import Frozen

Family = Literal[
    "count",
    "fetch",
    "index",
    "zonal",
    "area",
    "plot",
    "zoom",
    "refuse",
    "compare",
    "change",
    "changed_area",
    "trend",
    "nearest",
]
Trap = Literal["none", "empty", "typo", "ambiguous", "unknown_place"]
Output = Literal["none", "map", "picture", "geojson", "gpkg", "cog"]
Index = Literal["NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"]
Statistic = Literal["mean", "median", "min", "max", "std"]
Part = Literal["north", "south", "east", "west"]
Said = Literal["place", "dates", "category", "part"]
INJECTED = "injected"
"""The group of the questions about data with injected text, whatever their family is."""


class Slots(Frozen):
    """The parts of a question, as they are written in it; None where the question is silent.

    `collection` is the id of the data set the question means, `dataset` the words that name it
    (None when it is left to the default). `index`, `statistic`, `comparison`, `measure`,
    `direction` and `part` are codes: the wording may spell them ("vegetation index", "average",
    "exceeds", "how many more", "loss", "the northern half"). `category` is the words for the class.
    `place` may also be a bounding box or a point in degrees (`place_kind`).

    Families with two of a kind: `compare` counts a class twice, in two periods (`dates2`), at two
    places (`place2`) or of two classes (`category2`), just one of these three; `nearest` asks how
    far the nearest `category` is from a `category2`. `change` is the mean change of an index from
    the beginning to the end of `dates`, `changed_area` the hectares that lost or gained
    (`direction`) more than `threshold` of it, `trend` the slope per year of its
    median over `dates`.

    `follows` names the one part that a follow-up says anew ("and in 2020?"): all the other parts
    stand in the question before it.
    """

    family: Family
    trap: Trap = "none"
    place: str | None = None
    place_kind: Literal["name", "bbox", "point"] = "name"
    part: Part | None = None
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
    place2: str | None = None
    dates2: str | None = None
    category2: str | None = None
    measure: Literal["difference", "ratio"] | None = None
    direction: Literal["loss", "gain"] | None = None
    follows: Said | None = None


class Question(Frozen):
    """A question with its slots; `source` says which split and author it comes from.

    `earlier` are the questions asked before it on the same thread, oldest first; its slots are
    then those that it has together with what they said. An `injected` source means that it is asked
    of the hostile twin of the archive.
    """

    id: str
    text: str
    slots: Slots
    earlier: tuple[str, ...] = ()
    source: Literal["train", "validation", "heldout-template", "heldout-hand", "injected-hand"]

    @property
    def hostile(self) -> bool:
        """Return whether it is asked of data that give orders."""
        return self.source.startswith(INJECTED)
