"""Search the catalog: the scenes of a collection, or the features of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from shapely.geometry.base import BaseGeometry

from ..errors import RetryableToolError, ToolError
from ..records import ArtifactRef, ToolResult, Value
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .catalog import CollectionInfo, Interval
from .classes import match_classes
from .geopackage import GPKG_MEDIA, write_geopackage
from .raster import aoi_shape

MAX_SCENES = 2000


class SearchScenesArgs(ToolArgs):
    """Which collection to search; the newest AOI and interval bound it."""

    collection: Annotated[str, Live("catalog.scenes")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]
    interval: Annotated[str, Live("handle.interval", hidden=True)]


class LoadFeaturesArgs(ToolArgs):
    """Which table to read and which class of it; the newest AOI and interval bound it."""

    collection: Annotated[str, Live("catalog.tables")]
    category: Annotated[str, Live("span.class")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]
    interval: Annotated[str, Live("handle.interval", hidden=True)]


def search_scenes(context: ToolContext, args: SearchScenesArgs) -> ToolResult:
    """Return the scenes of a collection that intersect the AOI in the interval."""
    info = _collection(context, args.collection, "scenes")
    area, interval = _bounds(context, args.aoi, args.interval)
    scenes = context.catalog.search_scenes(info.id, area, interval)
    notes = _source_notes(info)
    if not scenes:
        return _nothing("scene_count", "scenes", info, (interval, notes))
    if len(scenes) > MAX_SCENES:
        raise ToolError(
            f"{len(scenes)} scenes of {info.id!r} match, more than {MAX_SCENES}; "
            "name a smaller area or a shorter period",
            kind="too_large",
        )
    payload = {
        "collection": info.id,
        "items": [scene.model_dump(mode="json") for scene in scenes],
        "synthetic": info.synthetic,
    }
    return ToolResult(
        summary=f"scenes {len(scenes)} {info.id}"[:80], outputs={"scenes": payload}, notes=notes
    )


def load_features(context: ToolContext, args: LoadFeaturesArgs) -> ToolResult:
    """Write the table's rows of a class, in the AOI and the interval, to a GeoPackage."""
    info = _collection(context, args.collection, "features")
    classes, class_notes = match_classes(args.category, info.classes)
    area, interval = _bounds(context, args.aoi, args.interval)
    wanted = None if set(classes) == set(info.classes) else classes
    frame = context.catalog.read_features(info.id, area, interval, wanted)
    notes = (*class_notes, *_source_notes(info))
    if frame.empty:
        return _nothing("feature_count", "features", info, (interval, notes))
    scratch = context.store.scratch(".gpkg")
    scratch.unlink()
    about = "Synthetic data" if info.synthetic else ""
    write_geopackage(scratch, frame, layer="features", description=about)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", info.id).strip("_") or "table"
    artifact = context.store.put_file(scratch, f"{name}_features.gpkg", GPKG_MEDIA)
    payload = {
        "collection": info.id,
        "classes": list(classes),
        "count": len(frame),
        "artifact": artifact.model_dump(),
        "synthetic": info.synthetic,
    }
    said = "of one class" if len(classes) == 1 else f"of {len(classes)} classes"
    return ToolResult(
        summary=f"features {len(frame)} {info.id} {said}"[:80],
        outputs={"features": payload},
        artifacts=(ArtifactRef.model_validate(payload["artifact"]),),
        notes=notes,
    )


def _collection(
    context: ToolContext, name: str, wanted: Literal["scenes", "features"]
) -> CollectionInfo:
    """Return the collection of that id or alias."""
    known = context.catalog.collections()
    kinds = ("scenes",) if wanted == "scenes" else ("detections", "landcover")
    fit = [info for info in known if info.kind in kinds]
    folded = name.casefold()
    # A data set chooses its own aliases: none of them may stand for the id of another.
    for info in sorted(fit, key=lambda info: info.id.casefold() != folded):
        if folded in (info.id.casefold(), *(alias.casefold() for alias in info.aliases)):
            return info
    ids = tuple(info.id for info in fit)
    raise RetryableToolError(
        f"no collection {name!r} with {wanted} in the catalog; it has {list(ids)}",
        kind="not_found",
        candidates=ids,
    )


def _bounds(context: ToolContext, aoi: str, interval: str) -> tuple[BaseGeometry, Interval]:
    days: Mapping[str, Any] = context.output(interval, "interval")
    start, end = date.fromisoformat(days["start"]), date.fromisoformat(days["end"])
    return aoi_shape(context.output(aoi, "aoi")), Interval(start, end)


def _source_notes(info: CollectionInfo) -> tuple[str, ...]:
    return (*((f"collection {info.id} is synthetic data",) if info.synthetic else ()), *info.notes)


def _nothing(
    value: str, what: str, info: CollectionInfo, said: tuple[Interval, tuple[str, ...]]
) -> ToolResult:
    interval, notes = said
    if interval.start >= info.end or interval.end <= info.start:
        covered = f"{info.id} covers {info.start} to {info.end} (end not included), not these dates"
        notes = (*notes, covered)
    return ToolResult(
        summary=f"{what} 0 {info.id}"[:80],
        values=(Value(name=value, value=0, unit="", about=f"{what} of {info.id}"),),
        notes=notes,
        empty=True,
    )


SEARCH_SCENES = ToolSpec(
    name="search_scenes",
    summary="find the satellite scenes of the area and dates",
    args=SearchScenesArgs,
    run=search_scenes,
    produces=frozenset({"scenes"}),
    consumes=frozenset({"aoi", "interval"}),
)
LOAD_FEATURES = ToolSpec(
    name="load_features",
    summary="load detections or land cover of one class",
    args=LoadFeaturesArgs,
    run=load_features,
    produces=frozenset({"features"}),
    consumes=frozenset({"aoi", "interval"}),
    effect="writes",
    cost="seconds",
)
