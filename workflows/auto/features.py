"""What the policy looks at: how much a request asks for, counted in its words and spans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ...tools.geo.catalog import Catalog
from ...tools.geo.spans import EVERYTHING
from ..live import thread_spans
from ..request import Request

FEATURES: Final = (
    "words", "clauses", "places", "periods", "classes", "amounts", "compares", "picture", "file",
    "follow_up", "area",
)  # fmt: skip
_CLAUSE: Final = re.compile(r"[.?!;:,]\s|\b(?:and|then|also|but|while|plus)\b", re.IGNORECASE)
_COMPARES: Final = re.compile(
    r"\b(?:compar|differ|chang|grow|grew|grown|shr[iau]nk|gain|los[est]|more|less|fewer|than|versus|vs"
    r"|trend|between|increas|decreas|largest|nearest|closest)",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(
    r"\b(?:maps?|plot|show|draw|picture|image|display|visuali[sz]e|look)\b", re.IGNORECASE
)
_FILE: Final = re.compile(
    r"\b(?:export|download|files?|save|geojson|csv|geopackage|gpkg|shapefile|tiff?)\b",
    re.IGNORECASE,
)
_LONG: Final = 30.0


def features(request: Request, catalog: Catalog) -> dict[str, float]:
    """Return the features of a request: counts, flags as 0 or 1; words are in thirties."""
    text = request.text
    spans = thread_spans((text,), catalog, request.today)
    named = [word for word in spans["span.class"] if word != EVERYTHING]
    found: Mapping[str, float] = {
        "words": len(text.split()) / _LONG,
        "clauses": len(_CLAUSE.findall(text)),
        "places": len(spans["span.place"]) + len(spans["span.bbox"]) + len(spans["span.point"]),
        "periods": len(spans["span.dates"]),
        "classes": len(named),
        "amounts": len(spans["span.distance"]) + len(spans["span.number"]),
        "compares": bool(_COMPARES.search(text)),
        "picture": bool(_PICTURE.search(text)),
        "file": bool(_FILE.search(text)),
        "follow_up": bool(request.earlier),
        "area": bool(request.aoi or request.files or request.viewport),
    }
    return {name: float(found[name]) for name in FEATURES}
