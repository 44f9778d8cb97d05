"""Land cover by a model file: semantic segmentation of one scene into a class raster."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ...artifacts import ArtifactStore
from ...errors import RetryableToolError, ToolError
from ...records import ArtifactRef, ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.masks import SceneMask, bad_pixels, scene_masks
from ..catalog import Scene
from ..raster import COG_MEDIA, MAX_PIXELS, Grid, aoi_shape, asset_root, bad_data
from .chip_reader import (
    ReadChip,
    SceneView,
    chip_grid,
    choose_scene,
    own_pixels,
    plan,
    read_chips,
    view_scene,
)
from .class_area import class_areas, write_areas
from .inference import run_chips
from .model_check import bad_model
from .onnx import OnnxDetector, model_facts, scene_notes, share_notes
from .session import ModelSession
from .shelf import of_task

INDEX: Final = "land cover"

Codes = NDArray[np.float32]


class ClassifyLandcoverArgs(ToolArgs):
    """Which model classifies the clearest of the newest scenes, in the newest area."""

    detector: Annotated[str, Live("detector.landcover")]
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def classify_landcover(context: ToolContext, args: ClassifyLandcoverArgs) -> ToolResult:
    """Write the class of every clear pixel in the AOI as a raster, and the area of each class."""
    model = _model(context, args.detector)
    given = context.output(args.scenes, "scenes")
    scenes = [Scene.model_validate(item) for item in given["items"]]
    aoi = aoi_shape(context.output(args.aoi, "aoi"))
    scene = choose_scene(scenes, aoi, model.needs)
    view = view_scene(asset_root(context.catalog), scene, aoi, model.needs)
    masks = scene_masks(asset_root(context.catalog), scene)
    codes, grid = classified(ModelSession(model.folder, model.manifest), model, view, masks)
    artifact = _write(context.store, codes, grid, (model.name, scene.id, scene.day))
    table = dict(enumerate(model.classes))
    areas = class_areas(codes.astype(np.float64), grid, table)
    synthetic = bool(given["synthetic"])
    payload: dict[str, Any] = {
        "index": INDEX,
        "unit": "",
        "scene": scene.id,
        "date": scene.day.isoformat(),
        "collection": scene.collection,
        "crs": grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": synthetic,
        "classes": [list(one) for one in table.items()],
        **model_facts(model.manifest),
    }
    areas_payload = write_areas(context, areas, f"{INDEX} on {scene.day}")
    return ToolResult(
        summary=f"raster {INDEX} {len(areas)} classes {scene.collection} {scene.day}"[:80],
        outputs={"raster": payload, "table": areas_payload},
        artifacts=(artifact, ArtifactRef.model_validate(areas_payload["artifact"])),
        notes=(
            f"classes are by model {model.name} (SHA-256 {model.manifest.sha256}); "
            "nobody has checked them",
            *scene_notes(scene, len(scenes)),
            *share_notes(int(np.isfinite(codes).sum()), view),
            *((f"collection {scene.collection} is synthetic data",) if synthetic else ()),
        ),
    )


def _model(context: ToolContext, name: str) -> OnnxDetector:
    known = {one.name: one for one in of_task(context.detectors, "landcover")}
    if name.casefold() not in known:
        raise RetryableToolError(
            f"no land-cover model {name!r}; there are {list(known)}",
            kind="not_found",
            candidates=tuple(known),
        )
    return known[name.casefold()]


def classified(
    session: ModelSession, model: OnnxDetector, view: SceneView, masks: tuple[SceneMask, ...]
) -> tuple[Codes, Grid]:
    """Return the class index of every clear pixel of the AOI, NaN elsewhere, and its grid."""
    height, width = view.rows[1] - view.rows[0], view.columns[1] - view.columns[0]
    if height * width > MAX_PIXELS:
        raise ToolError(
            f"the area covers {height} x {width} pixels, more than {MAX_PIXELS}; "
            "choose a smaller area",
            kind="too_large",
        )
    codes = np.full((height, width), np.nan, dtype=np.float32)
    ranks = {session.outputs[0]: 3}
    chips = read_chips(view, model.needs, plan(view, model.needs))
    for read, (logits,) in run_chips(session, chips, ranks):
        part = _classes(session.path, logits, model)
        own = own_pixels(view, read.chip, read.valid.shape) & read.valid
        if own.any():
            own &= ~bad_pixels(masks, chip_grid(view, read.chip))
        _store(codes, read, np.where(own, part[: own.shape[0], : own.shape[1]], np.nan), view)
    inside = np.isfinite(codes)
    if not inside.any():
        raise bad_data(view.lead.path, "has only nodata or cloud in the area")
    lead = view.lead
    grid = Grid(lead.crs, lead.transform, view.columns[0], view.rows[0], inside, view.expected)
    return codes, grid


def _classes(path: Path, logits: NDArray[Any], model: OnnxDetector) -> NDArray[Any]:
    """Return the class of every pixel of a chip; coarser logits count for all their pixels."""
    side, count = model.needs.chip, len(model.classes)
    if logits.shape[0] != count or logits.shape[1] != logits.shape[2] or side % logits.shape[1]:
        raise bad_model(
            path, f"gives logits of shape {logits.shape!r} for {count} classes and {side} pixels"
        )
    if not np.isfinite(logits).all():
        raise bad_model(path, "gives logits that are no numbers")
    step = side // logits.shape[1]
    return logits.argmax(axis=0).repeat(step, axis=0).repeat(step, axis=1)


def _store(codes: Codes, read: ReadChip, part: NDArray[Any], view: SceneView) -> None:
    row, column = read.chip.row, read.chip.column
    codes[
        row.core_start - view.rows[0] : row.core_stop - view.rows[0],
        column.core_start - view.columns[0] : column.core_stop - view.columns[0],
    ] = part[
        row.core_start - row.start : row.core_stop - row.start,
        column.core_start - column.start : column.core_stop - column.start,
    ]


def _write(
    store: ArtifactStore, codes: Codes, grid: Grid, of: tuple[str, str, date]
) -> ArtifactRef:
    model, scene, day = of
    scratch = store.scratch(".tif")
    profile: dict[str, Any] = {
        "driver": "COG", "count": 1, "dtype": "float32", "nodata": np.nan,
        "height": codes.shape[0], "width": codes.shape[1],
        "crs": grid.crs, "transform": grid.transform, "compress": "deflate", "predictor": "yes",
        # A mean of two class codes would be a third class.
        "overview_resampling": "mode",
    }  # fmt: skip
    try:
        with rasterio.open(scratch, "w", **profile) as target:
            target.write(codes, 1)
            target.set_band_description(1, INDEX)
            target.update_tags(SOURCE=model, DATE=day.isoformat())
    except RasterioError as error:
        scratch.unlink(missing_ok=True)
        raise ToolError(
            f"the class raster could not be written: {error}", kind="bad_data"
        ) from error
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", f"landcover_{scene}")[:64]
    return store.put_file(scratch, f"{stem}.tif", COG_MEDIA)


CLASSIFY_LANDCOVER = ToolSpec(
    name="classify_landcover",
    summary="classify the land cover of the clearest scene with a model",
    args=ClassifyLandcoverArgs,
    run=classify_landcover,
    produces=frozenset({"raster", "table"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="minutes",
)
