"""Object detection by a model file: onnxruntime over the overlapping chips of one scene."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from ..catalog import Scene
from ..raster import MIN_SHARE_NOTED, bad_data
from .boxes import Boxes
from .chip_reader import SceneView, choose_scene, plan, view_scene
from .inference import find_boxes
from .manifest import InputNeeds, Manifest
from .protocol import CLASS_COLUMN, DATE_COLUMN, SCORE_COLUMN, Detections, Method, View
from .session import ModelSession


@dataclass(frozen=True)
class OnnxDetector:
    """The detector that a manifest in `folder` describes; the model is opened when it is used."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Return the manifest's name."""
        return self.manifest.name

    @property
    def method(self) -> Method:
        """Return that a model file is run."""
        return "onnx"

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the manifest's classes."""
        return self.manifest.classes

    @property
    def needs(self) -> InputNeeds:
        """Return the image that the model wants."""
        return self.manifest.input

    @property
    def facts(self) -> dict[str, Any]:
        """Return what identifies the model, and the least score of a detection."""
        facts = model_facts(self.manifest)
        form = self.manifest.output
        return facts if form.format == "logits" else {**facts, "score_threshold": form.score}

    def detect(self, view: View, classes: tuple[str, ...]) -> Detections:
        """Return the boxes of the classes whose centre lies in the AOI, in one scene."""
        scene = choose_scene(view.scenes, view.aoi, self.needs)
        seen = view_scene(view.root, scene, view.aoi, self.needs)
        chips = plan(seen, self.needs)
        found = find_boxes(ModelSession(self.folder, self.manifest), self.manifest, seen, chips)
        if not found.pixels:
            raise bad_data(seen.lead.path, "has only nodata in the area")
        wanted = np.isin(found.boxes.labels, [self.classes.index(name) for name in classes])
        boxes = found.boxes.take(wanted)
        outlines = _outlines(boxes, seen)
        inside = shapely.intersects(view.aoi, shapely.centroid(outlines))
        boxes, outlines = boxes.take(inside), outlines[inside]
        return Detections(
            frame=self._frame(boxes, outlines, scene),
            collection=scene.collection,
            scene=scene.id,
            notes=(
                *scene_notes(scene, len(view.scenes)),
                *share_notes(found.pixels, seen),
                *_cut_notes(boxes, self.needs),
            ),
        )

    def _frame(self, boxes: Boxes, outlines: NDArray[Any], scene: Scene) -> gpd.GeoDataFrame:
        # North to south, so that equal scores come out in an order that the input alone decides.
        order = np.lexsort((boxes.edges[:, 0], boxes.edges[:, 1], -boxes.scores))
        names = np.array(self.classes, dtype=object)[boxes.labels[order]]
        day = pd.Timestamp(scene.day, tz="UTC")
        days = pd.Series([day] * len(order), dtype="datetime64[ms, UTC]")
        columns = {CLASS_COLUMN: names, SCORE_COLUMN: boxes.scores[order], DATE_COLUMN: days}
        return gpd.GeoDataFrame(columns, geometry=outlines[order], crs="EPSG:4326")


def model_facts(manifest: Manifest) -> dict[str, Any]:
    """Return what identifies the model in an answer."""
    return {
        "method": "onnx",
        "detector": manifest.name,
        "model_sha256": manifest.sha256,
        "licence": manifest.licence,
    }


def _outlines(boxes: Boxes, view: SceneView) -> NDArray[Any]:
    """Return the boxes as polygons in EPSG:4326."""
    grid = view.lead.transform
    left, top, right, bottom = boxes.edges.T
    corners = shapely.box(
        grid.c + grid.a * left,
        grid.f + grid.e * bottom,
        grid.c + grid.a * right,
        grid.f + grid.e * top,
    )
    to_degrees = Transformer.from_crs(view.lead.crs, "EPSG:4326", always_xy=True)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))

    return np.asarray(shapely.transform(corners, project), dtype=object)


def scene_notes(scene: Scene, found: int) -> tuple[str, ...]:
    """Return which scene was read and why."""
    cloud = f", {scene.cloud_cover:.0f} % cloud" if scene.cloud_known else ""
    why = "the only one found" if found == 1 else f"the clearest of {found} found"
    return (f"scene {scene.id} of {scene.day}{cloud}, {why}",)


def share_notes(pixels: int, view: SceneView) -> tuple[str, ...]:
    """Return the caveat for an AOI that the scene does not cover entirely."""
    share = min(pixels / max(view.expected, 1.0), 1.0)
    if share >= MIN_SHARE_NOTED:
        return ()
    said = f"only {share:.1%}" if share >= 0.001 else "less than 0.1%"
    return (f"{said} of the area was looked at; the scene has no data for the rest",)


def _cut_notes(boxes: Boxes, needs: InputNeeds) -> tuple[str, ...]:
    cut = int(boxes.cut.sum())
    if not cut:
        return ()
    return (
        f"{cut} of the detections end at a chip's edge: objects larger than {needs.overlap} pixels "
        "may be cut or counted twice",
    )
