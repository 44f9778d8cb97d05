"""The live state of Earth observation: what a model may name at this moment, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from ..tools.geo.catalog import Catalog
from ..tools.geo.spans import question_spans
from ..tools.records import Record
from ..tools.spec import LiveState
from .domain import Rejected
from .request import Request

HANDLES = ("aoi", "interval", "scenes", "features", "raster", "map")
DRAWABLE = ("features", "scenes", "raster")


def geo_live_state(
    request: Request, records: Sequence[Record], catalog: Catalog, rejected: Rejected
) -> LiveState:
    """Return the question's spans, the handles, layers and values so far, and the collections."""
    collections = catalog.collections()
    live = dict(_spans(request.text, catalog, request.today))
    for source, refused in rejected.items():
        live[source] = tuple(value for value in live.get(source, ()) if value not in refused)
    good = [record for record in records if record.status in ("ok", "empty")]
    for kind in HANDLES:
        live[f"handle.{kind}"] = tuple(r.id for r in good if kind in r.outputs)
    live["drawable"] = tuple(kind for kind in DRAWABLE if live[f"handle.{kind}"])
    live["catalog.scenes"] = tuple(c.id for c in collections if c.kind == "scenes")
    live["catalog.tables"] = tuple(c.id for c in collections if c.kind != "scenes")
    live["value.id"] = tuple(f"{r.id}.{value.name}" for r in good for value in r.values)
    return live


@lru_cache(maxsize=256)
def _spans(text: str, catalog: Catalog, today: date) -> dict[str, tuple[str, ...]]:
    return question_spans(text, catalog, today)
