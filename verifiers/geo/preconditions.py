"""Whether a tool call can succeed: its inputs exist and fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import shapely

from ...tools.errors import RetryableToolError
from ...tools.geo.catalog import CollectionInfo
from ...tools.geo.classes import match_classes
from ...tools.records import Record
from ...tools.spec import ToolSpec, live_fields
from ..verdict import Verdict

READ_BY: Mapping[str, tuple[str, ...]] = {
    "catalog.scenes": ("scenes",),
    "catalog.tables": ("detections", "landcover"),
    "catalog.surfaces": ("surface",),
    "catalog.features": ("features",),
}


def check_preconditions(
    tool: ToolSpec,
    args: Mapping[str, Any],
    records: Mapping[str, Record],
    collections: Sequence[CollectionInfo],
) -> Verdict:
    """Check that handles exist and that dates, area and class lie in what the collection holds."""
    problems = [*_handles(tool, args, records)]
    if "collection" in args:
        named = str(args["collection"]).casefold()
        known = [
            c for c in collections if named in (c.id.casefold(), *map(str.casefold, c.aliases))
        ]
        if known:
            # A data set may claim the id of another as its alias; the id is meant.
            meant = min(known, key=lambda info: info.id.casefold() != named)
            problems += _fit(tool, args, records, meant)
        else:
            ids = [collection.id for collection in collections]
            problems.append(f"no collection {args['collection']!r}; the catalog has {ids}")
    return Verdict(
        name="preconditions",
        outcome="fail" if problems else "pass",
        method="inputs compared with the records and the catalog",
        evidence="; ".join(problems),
        details={"tool": tool.name},
    )


def _handles(
    tool: ToolSpec, args: Mapping[str, Any], records: Mapping[str, Record]
) -> Iterator[str]:
    for name, live in live_fields(tool.args).items():
        kind = live.source.partition("handle.")[2].removesuffix(".before")
        if not kind:
            continue
        if name not in args:
            yield f"argument {name!r} is missing; it names a record with {kind}"
        elif _output(records, args[name], kind) is None:
            yield f"record {args[name]!r} holds no {kind}"


def _fit(
    tool: ToolSpec,
    args: Mapping[str, Any],
    records: Mapping[str, Record],
    info: CollectionInfo,
) -> Iterator[str]:
    source = live_fields(tool.args).get("collection")
    if source and info.kind not in READ_BY.get(source.source, (info.kind,)):
        yield f"collection {info.id!r} holds {info.kind}, which {tool.name} does not read"
    interval = _output(records, args.get("interval"), "interval")
    if interval is not None:
        start, end = (date.fromisoformat(interval[key]) for key in ("start", "end"))
        if start >= info.end or end <= info.start:
            yield f"{info.id} covers {info.start} to {info.end}, not {start} to {end}"
    aoi = _output(records, args.get("aoi"), "aoi")
    if aoi is not None and not shapely.geometry.shape(aoi["geometry"]).intersects(
        shapely.box(*info.bbox)
    ):
        yield f"{info.id} holds nothing in {aoi['name']!r}; it covers {info.bbox}"
    if "category" in args and info.classes:
        try:
            match_classes(str(args["category"]), info.classes)
        except RetryableToolError as error:
            yield str(error)


def _output(records: Mapping[str, Record], record: Any, kind: str) -> Any:
    found = records.get(str(record)) if record is not None else None
    return found.outputs.get(kind) if found else None
