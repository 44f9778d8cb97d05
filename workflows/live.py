"""The live state of Earth observation: what a model may name at this moment, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import get_args

from ..tools.geo.analysis.index_by_name_words import find_formula, index_spans
from ..tools.geo.areas.box import Box, bbox_spans
from ..tools.geo.areas.drawn import Origin
from ..tools.geo.areas.given import edges_geojson
from ..tools.geo.areas.part import part_spans
from ..tools.geo.areas.point import point_spans
from ..tools.geo.areas.view import names_view
from ..tools.geo.catalog import Catalog, CollectionInfo
from ..tools.geo.collection_choice import knowing, offered
from ..tools.geo.detection.shelf import object_detectors, of_task
from ..tools.geo.gazetteer import is_name
from ..tools.geo.indices import IndexName
from ..tools.geo.named_choices import FORMATS, MEASURES, STATISTICS, named, sides
from ..tools.geo.span_compare import COMPARES, over_time
from ..tools.geo.spans import EVERYTHING, question_spans
from ..tools.geo.vectors.columns import (
    comparable_columns,
    numeric_columns,
    ranking_columns,
    text_columns,
)
from ..tools.records import Record
from ..tools.spec import NO_DETECTORS, Detectors, LiveState
from .domain import Rejected
from .request import Request
from .runs import is_prior

HANDLES = ("aoi", "interval", "scenes", "features", "raster", "change", "series", "table", "map")
USUAL_INDICES = get_args(IndexName)
DRAWABLE = ("features", "scenes", "raster")
TABLES = ("detections", "landcover")
SOURCES = {
    "catalog.scenes": "scenes",
    "catalog.surfaces": "surface",
    "catalog.features": "features",
}
# What is said anew in a follow-up stands for what was said before.
REPLACED = (("span.place", "span.bbox", "span.point"), ("span.dates",), ("span.class",))
# Of these kinds a question may name a second one, for a comparison or another measure.
PAIRED = ("span.place", "span.dates", "span.class", "span.distance")


def geo_live_state(
    request: Request,
    records: Sequence[Record],
    catalog: Catalog,
    rejected: Rejected,
    detectors: Detectors = NO_DETECTORS,
) -> LiveState:
    """Return the question's spans, the handles, layers and values so far, and the collections.

    `span.X.other` are the spans that no call of this run has used yet, `compare.open` those that a
    comparison is still to look at, `handle.X.before` the outputs older than the newest, and
    `value.pair` the values that stand beside one of the same name.
    """
    collections = catalog.collections()
    classes_of = tuple(one.classes for one in detectors.values())
    texts = (*request.earlier, request.text)
    live = dict(thread_spans(texts, catalog, request.today, classes_of))
    for source, refused in rejected.items():
        live[source] = tuple(value for value in live.get(source, ()) if value not in refused)
    good = [record for record in records if record.status in ("ok", "empty")]
    own = [record for record in good if not is_prior(record.id)]
    live |= _others(live, own, rejected)
    live["compare.open"] = _open(request.text, live)
    for kind in HANDLES:
        holders = tuple(r.id for r in good if kind in r.outputs)
        live[f"handle.{kind}"] = holders
        live[f"handle.{kind}.before"] = holders[:-1]
    live["drawable"] = tuple(kind for kind in DRAWABLE if live[f"handle.{kind}"])
    live["catalog.tables"] = _tables(collections, " ".join(texts), live["span.class"])
    live |= _sources(collections, request, good)
    live |= {**_said(texts), **_given_areas(request), **_columns(good)}
    kinds = ("span.number", "span.distance", "span.place")
    live["span.value"] = tuple(span for kind in kinds for span in live[kind])
    live["detector.name"] = tuple(one.name for one in object_detectors(catalog, detectors))
    live["detector.landcover"] = tuple(one.name for one in of_task(detectors, "landcover"))
    live["value.id"] = tuple(f"{r.id}.{value.name}" for r in good for value in r.values)
    live["value.pair"] = _pairs(own)
    return live


@lru_cache(maxsize=256)
def _said(texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return what of each closed choice a thread can mean; files are what its last text asks for.

    A comparison of an earlier question is over, so its measure is none of the last one's.
    """
    whole, last = " ".join(texts), texts[-1]
    return {
        "said.format": named(last, FORMATS),
        "said.statistic": named(whole, STATISTICS),
        "said.measure": named(last, MEASURES),
        "said.side": sides(whole),
    }


def _tables(
    collections: Sequence[CollectionInfo], text: str, classes: Sequence[str]
) -> tuple[str, ...]:
    """Return the tables that can hold what the question counts; an empty one is an answer."""
    tables = [info for info in collections if info.kind in TABLES]
    phrases = [span for span in classes if span != EVERYTHING]
    return tuple(info.id for info in knowing(tables, text, phrases))


def _sources(
    collections: Sequence[CollectionInfo], request: Request, good: Sequence[Record]
) -> dict[str, tuple[str, ...]]:
    """Return the scenes, surfaces and layers that the question can mean in the newest area."""
    areas = [record.outputs["aoi"] for record in good if "aoi" in record.outputs]
    return {
        source: offered(
            [info for info in collections if info.kind == kind],
            request.text,
            areas[-1] if areas else None,
            named=kind == "scenes",
        )
        for source, kind in SOURCES.items()
    }


def _others(
    live: Mapping[str, tuple[str, ...]], own: Sequence[Record], rejected: Rejected
) -> LiveState:
    used = {str(value) for record in own for value in record.args.values()} | {EVERYTHING}
    found: dict[str, tuple[str, ...]] = {}
    for source in PAIRED:
        refused = used | rejected.get(f"{source}.other", frozenset())
        spans = tuple(span for span in live.get(source, ()) if span not in refused)
        found[f"{source}.other"] = spans
    return found


def _open(text: str, live: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the second period, place or class of a comparison that no call has used yet."""
    if not COMPARES.search(text):
        return ()
    kinds = ("span.place", "span.dates", "span.class")
    return tuple(s for kind in kinds for s in live[f"{kind}.other"] if _says(kind, s))


def _given_areas(request: Request) -> LiveState:
    """Return the areas that came with the request: given, as files, or the map view it means."""
    area, origin = given_text(request)
    given = bool(area or request.files)
    return {
        "request.aoi": (area,) if area else (),
        "request.aoi.origin": (origin,) if area else (),
        "request.files": request.files,
        "area.scope": () if given else ("archive",),
    }


def given_text(request: Request) -> tuple[str, Origin]:
    """Return the GeoJSON text of the area that came with a request, or of the map view it means.

    It is empty when there is neither.
    """
    if request.aoi:
        return json.dumps(request.aoi), "given"
    if request.viewport is None or request.files:
        return "", "given"
    if not names_view((*request.earlier, request.text)):
        return "", "view"
    return json.dumps(edges_geojson(Box(*request.viewport.bbox))), "view"


def _columns(good: Sequence[Record]) -> LiveState:
    """Return the columns of the newest features, by what can be done with them."""
    held = [record.outputs["features"] for record in good if "features" in record.outputs]
    payload: Mapping[str, object] = held[-1] if held else {}
    return {
        "column.numeric": numeric_columns(payload),
        "column.text": text_columns(payload),
        "column.any": comparable_columns(payload),
        "column.rank": ranking_columns(payload) if held else (),
    }


def _pairs(own: Sequence[Record]) -> tuple[str, ...]:
    counted = Counter(value.name for record in own for value in record.values)
    return tuple(name for name, count in counted.items() if count > 1)


def thread_spans(
    texts: Sequence[str],
    catalog: Catalog,
    today: date,
    classes_of: tuple[tuple[str, ...], ...] = (),
) -> LiveState:
    """Return the spans of the last text and, of kinds it does not name, those of earlier ones.

    A follow-up that compares may mean both: then the older spans come after the newer.
    `classes_of` are the classes that each detector knows.
    """
    found: dict[str, tuple[str, ...]] = {}
    replaced: set[str] = set()
    compares = bool(texts) and COMPARES.search(texts[-1]) is not None
    for text in reversed(texts):
        spans_of = _spans(text, catalog, today, classes_of)
        for source, spans in spans_of.items():
            if source not in replaced:
                found[source] = tuple(dict.fromkeys((*found.get(source, ()), *spans)))
        for kinds in REPLACED:
            said = {span for kind in kinds for span in spans_of[kind] if _says(kind, span)}
            if said and (not compares or _complete(kinds, said, texts[-1])):
                replaced.update(kinds)
    classes = [span for span in found.get("span.class", ()) if span != EVERYTHING]
    return found | {"span.class": (*classes, EVERYTHING)}


def _complete(kinds: Sequence[str], said: Collection[str], text: str) -> bool:
    """Return whether a comparison names by itself all of a kind that it compares."""
    if "span.dates" in kinds:
        return len(said) > 1
    return "span.class" in kinds and over_time(text)


def _says(kind: str, span: str) -> bool:
    """Return whether a span says for certain what it may say: not every name is a place."""
    if kind == "span.place":
        return is_name(span.partition(",")[0])
    return span != EVERYTHING


@lru_cache(maxsize=256)
def _spans(
    text: str, catalog: Catalog, today: date, classes_of: tuple[tuple[str, ...], ...]
) -> dict[str, tuple[str, ...]]:
    codes = (find_formula(words)[0].name for words in index_spans(text))
    found: dict[str, tuple[str, ...]] = dict(question_spans(text, catalog, today, classes_of))
    return found | {
        "span.bbox": bbox_spans(text),
        "span.point": point_spans(text),
        "span.part": part_spans(text),
        # The usual indices are always on offer, for people name them by what they show.
        "span.index": tuple(dict.fromkeys((*USUAL_INDICES, *codes))),
    }
