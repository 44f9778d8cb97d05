"""Find objects with whichever detector is named, and sift them by score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import geopandas as gpd
import numpy as np

from ...errors import RetryableToolError
from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..catalog import CollectionInfo, Interval, Scene
from ..classes import match_classes
from ..raster import aoi_shape, asset_root
from ..vector import read_features, write_features
from .chip_reader import missing_bands
from .protocol import (
    CLASS_COLUMN,
    DATE_COLUMN,
    SCORE_COLUMN,
    Detections,
    Detector,
    View,
    read_scores,
)
from .shelf import find_detector, object_detectors

COLUMNS = [[CLASS_COLUMN, "text"], [SCORE_COLUMN, "number"], [DATE_COLUMN, "date"]]


class DetectObjectsArgs(ToolArgs):
    """Which detector looks for which class, in the newest scenes, area and dates."""

    detector: Annotated[str, Live("detector.name")]
    category: Annotated[str, Live("span.class")]
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]
    interval: Annotated[str, Live("handle.interval", hidden=True)]


class FilterByScoreArgs(ToolArgs):
    """The least score of the newest features to keep."""

    score: Annotated[str, Live("span.number")]
    features: Annotated[str, Live("handle.features", hidden=True)]


def detect_objects(context: ToolContext, args: DetectObjectsArgs) -> ToolResult:
    """Write the objects of a class that a detector finds in the AOI to a GeoPackage."""
    known = object_detectors(context.catalog, context.detectors)
    detector = find_detector(args.detector, known)
    classes, class_notes = match_classes(args.category, detector.classes)
    view = _view(context, args)
    _require_bands(detector, known, view)
    found = detector.detect(view, classes)
    notes = (*class_notes, *_method_notes(detector.facts), *found.notes)
    return _result(context, detector, classes, found, notes)


def _view(context: ToolContext, args: DetectObjectsArgs) -> View:
    items = context.output(args.scenes, "scenes")["items"]
    days = context.output(args.interval, "interval")
    return View(
        asset_root(context.catalog),
        tuple(Scene.model_validate(item) for item in items),
        aoi_shape(context.output(args.aoi, "aoi")),
        Interval(date.fromisoformat(days["start"]), date.fromisoformat(days["end"])),
    )


def _require_bands(detector: Detector, known: tuple[Detector, ...], view: View) -> None:
    def able(one: Detector) -> bool:
        needs = one.needs
        return needs is None or any(not missing_bands(scene, needs) for scene in view.scenes)

    if not view.scenes or able(detector) or detector.needs is None:
        return
    scene = view.scenes[0]
    others = tuple(one.name for one in known if able(one))
    raise RetryableToolError(
        f"detector {detector.name!r} reads band {missing_bands(scene, detector.needs)[0]!r}, which "
        f"scene {scene.id!r} lacks (it has {sorted(scene.assets)}); detectors that can: "
        f"{list(others)}",
        kind="bad_argument",
        candidates=others,
    )


def _method_notes(facts: Mapping[str, Any]) -> tuple[str, ...]:
    if facts["method"] == "precomputed":
        return ()
    return (
        f"detections are by model {facts['detector']} (SHA-256 {facts['model_sha256']}), "
        f"score at least {facts['score_threshold']:g}; nobody has checked them",
    )


def _result(
    context: ToolContext,
    detector: Detector,
    classes: tuple[str, ...],
    found: Detections,
    notes: tuple[str, ...],
) -> ToolResult:
    info = _info(context, found.collection)
    synthetic = info is not None and info.synthetic
    if synthetic:
        notes = (*notes, f"collection {found.collection} is synthetic data")
    said = classes[0] if len(classes) == 1 else f"of {len(classes)} classes"
    if found.frame.empty:
        about = f"{', '.join(classes[:3])} that {detector.name} finds in {found.collection}"
        count = Value(name="feature_count", value=0, unit="", about=about)
        return ToolResult(
            summary=f"features 0 {found.collection}"[:80], values=(count,), notes=notes, empty=True
        )
    payload: dict[str, Any] = {
        "collection": found.collection,
        "classes": list(classes),
        "synthetic": synthetic,
        "columns": COLUMNS,
        "scene": found.scene,
        **detector.facts,
    }
    made = write_features(context, found.frame, payload, "detected")
    return ToolResult(
        summary=f"features {len(found.frame)} {found.collection} {said}"[:80],
        outputs={"features": made},
        artifacts=(ArtifactRef.model_validate(made["artifact"]),),
        notes=notes,
    )


def _info(context: ToolContext, name: str) -> CollectionInfo | None:
    return next((one for one in context.catalog.collections() if one.id == name), None)


def filter_by_score(context: ToolContext, args: FilterByScoreArgs) -> ToolResult:
    """Keep the features whose score is at least a number between 0 and 1."""
    payload = context.output(args.features, "features")
    least = _score(args.score)
    frame = read_features(context, payload)
    scores = read_scores(frame)
    if scores is None or np.isnan(scores).all():
        raise RetryableToolError(
            f"the features of {payload['collection']!r} have no scores; detect objects with a "
            "model first",
            kind="precondition",
        )
    used = payload.get("score_threshold")
    notes = () if used is None or least >= used else (f"the detector kept none below {used:g}",)
    kept = gpd.GeoDataFrame(frame[scores >= least])
    if kept.empty:
        about = f"features of {payload['collection']} with score at least {least:g}"
        count = Value(name="feature_count", value=0, unit="", about=about)
        return ToolResult(
            summary="features 0, nothing left", values=(count,), notes=notes, empty=True
        )
    changed = {**payload, "score_threshold": max(least, used or 0.0)}
    made = write_features(context, kept, changed, "scored")
    return ToolResult(
        summary=f"features {len(kept)} {payload['collection']} score {least:g} or more"[:80],
        outputs={"features": made},
        artifacts=(ArtifactRef.model_validate(made["artifact"]),),
        notes=notes,
    )


def _score(text: str) -> float:
    share = text.strip().endswith("%")
    try:
        number = float(text.strip().removesuffix("%").replace(",", ".")) / (100 if share else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise RetryableToolError(
            f"score {text!r} is not between 0 and 1; give one such as 0.5", kind="bad_argument"
        )
    return number


DETECT_OBJECTS = ToolSpec(
    name="detect_objects",
    summary="find objects of a class in the scenes with a detector",
    args=DetectObjectsArgs,
    run=detect_objects,
    produces=frozenset({"features"}),
    consumes=frozenset({"scenes", "aoi", "interval"}),
    effect="writes",
    cost="minutes",
)
FILTER_BY_SCORE = ToolSpec(
    name="filter_by_score",
    summary="keep the detections with at least a score",
    args=FilterByScoreArgs,
    run=filter_by_score,
    produces=frozenset({"features"}),
    consumes=frozenset({"features"}),
    effect="writes",
)
