"""Tiny ONNX models made by the tests, their manifests, and a scene with planted squares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import shapely
from affine import Affine
from onnx import TensorProto, helper, numpy_helper
from terragate.tests.support.tiny_geo import (
    LEFT,
    PIXEL,
    TOP,
    UTM,
    TinyCatalog,
    aoi_payload,
    lonlat,
    record,
    scenes_payload,
    write_tif,
)
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.geo.catalog import Scene
from terragate.tools.geo.detection.manifest import NAME, read_manifest
from terragate.tools.geo.detection.onnx import OnnxDetector
from terragate.tools.spec import ToolContext

SIDE = 32
SMALL, LARGE = 4, 8
CLASSES = ("Building", "Storage Tank")


def tensor(name: str, values: Any, kind: Any = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)


def model_bytes(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[Any]],
    outputs: Mapping[str, int],
    weights: Sequence[onnx.TensorProto] = (),
    **changes: Any,
) -> bytes:
    """Return a model of old versions, so that the oldest onnxruntime we allow reads it too."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
        list(weights),
    )
    sets = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, **({"opset_imports": sets, "ir_version": 8} | changes))
    return model.SerializeToString()


def square_rows(size: int, column: int) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Return nodes that make rows [N, 6] of boxes that fire on bright squares of one size.

    The kernel is a bright square in a dark ring: it answers 1 on exactly that and less elsewhere.
    """
    kernel = np.full((size + 2, size + 2), -1.0)
    kernel[1:-1, 1:-1] = 1 / size**2
    places = SIDE - size - 1
    row, col = np.mgrid[0:places, 0:places].reshape(2, -1) + 1
    half = size / 2
    box = np.stack([col + half, row + half, np.full(col.size, size), np.full(col.size, size)], 1)
    tag = f"_{size}"
    other = np.zeros((1, places**2, 1))
    nodes = [
        helper.make_node("Conv", ["image", "kernel" + tag], ["map" + tag]),
        helper.make_node("Reshape", ["map" + tag, "shape" + tag], ["flat" + tag]),
        helper.make_node("Clip", ["flat" + tag, "zero", "one"], ["score" + tag]),
        helper.make_node("Mul", ["score" + tag, "zero"], ["none" + tag]),
        helper.make_node("Add", ["none" + tag, "boxes" + tag], ["box" + tag]),
        helper.make_node("Add", ["none" + tag, "other" + tag], ["rest" + tag]),
    ]
    scores = ["score" + tag, "rest" + tag] if column == 0 else ["rest" + tag, "score" + tag]
    nodes.append(helper.make_node("Concat", ["box" + tag, *scores], ["rows" + tag], axis=2))
    weights = [
        tensor("kernel" + tag, kernel[None, None]),
        tensor("shape" + tag, [0, -1, 1], np.int64),
        tensor("boxes" + tag, box[None]),
        tensor("other" + tag, other),
    ]
    return nodes, weights


def yolo_model(batch: int | str = "n", transposed: bool = False) -> bytes:
    """Return a detector of small and large bright squares: [B, N, 4 + 2], boxes as cxcywh."""
    small, large = square_rows(SMALL, 0), square_rows(LARGE, 1)
    nodes = [*small[0], *large[0]]
    nodes.append(helper.make_node("Concat", ["rows_4", "rows_8"], ["rows"], axis=1))
    last = "rows"
    if transposed:
        nodes.append(helper.make_node("Transpose", ["rows"], ["turned"], perm=[0, 2, 1]))
        last = "turned"
    weights = [*small[1], *large[1], tensor("zero", 0.0), tensor("one", 1.0)]
    shape = [batch, 1, SIDE, SIDE]
    return model_bytes(nodes, {"image": shape}, {last: TensorProto.FLOAT}, weights)


def extent_model() -> bytes:
    """Return a torchvision-like detector [1, S, S] of the one box around all bright pixels."""
    far = float(SIDE * 10)
    weights = [
        tensor("half", 0.5),
        tensor("far", far),
        tensor("zero", 0.0),
        tensor("xs", np.tile(np.arange(SIDE), (SIDE, 1))[None]),
        tensor("ys", np.tile(np.arange(SIDE)[:, None], (1, SIDE))[None]),
        tensor("one", 1.0),
        tensor("label", [2], np.int64),
        tensor("row", [1, 4], np.int64),
        tensor("list", [1], np.int64),
    ]
    nodes = [helper.make_node("Greater", ["image", "half"], ["bright"])]
    for axis in ("xs", "ys"):
        nodes += [
            helper.make_node("Add", [axis, "one"], [axis + "1"]),
            helper.make_node("Where", ["bright", axis, "far"], [axis + "low"]),
            helper.make_node("Where", ["bright", axis + "1", "zero"], [axis + "high"]),
            helper.make_node("ReduceMin", [axis + "low"], [axis + "min"], keepdims=0),
            helper.make_node("ReduceMax", [axis + "high"], [axis + "max"], keepdims=0),
        ]
        for end in ("min", "max"):
            nodes.append(helper.make_node("Reshape", [axis + end, "list"], [axis + end + "1d"]))
    edges = ["xsmin1d", "ysmin1d", "xsmax1d", "ysmax1d"]
    nodes += [
        helper.make_node("Concat", edges, ["flat"], axis=0),
        helper.make_node("Reshape", ["flat", "row"], ["boxes"]),
        helper.make_node("ReduceMax", ["image"], ["peak"], keepdims=0),
        helper.make_node("Reshape", ["peak", "list"], ["scores"]),
        helper.make_node("Identity", ["label"], ["labels"]),
    ]
    outputs = {"boxes": TensorProto.FLOAT, "scores": TensorProto.FLOAT, "labels": TensorProto.INT64}
    return model_bytes(nodes, {"image": [1, SIDE, SIDE]}, outputs, weights)


def logits_model(levels: Sequence[float], batch: int | str = "n") -> bytes:
    """Return a segmenter [B, C, S, S] whose class is the level nearest to the pixel's value."""
    means = np.array(levels)
    weights = [tensor("w", 2 * means[:, None, None, None]), tensor("b", -(means**2))]
    nodes = [helper.make_node("Conv", ["image", "w", "b"], ["logits"])]
    shape = [batch, 1, SIDE, SIDE]
    return model_bytes(nodes, {"image": shape}, {"logits": TensorProto.FLOAT}, weights)


YOLO: dict[str, Any] = {"format": "yolo", "score": 0.9, "iou": 0.3}
BOXES: dict[str, Any] = {"format": "boxes-scores-labels", "score": 0.6, "iou": 0.3}


def toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def install(folder: Path, name: str, model: bytes, /, **changes: Any) -> Path:
    """Write a model and its manifest below the operator's folder and return that folder."""
    home = folder / name
    home.mkdir(parents=True)
    (home / "model.onnx").write_bytes(model)
    image = {"bands": ["red"], "chip": SIDE, "overlap": 12, "gsd_m": 10.0, "batch": 3}
    stated: dict[str, Any] = {
        "name": name,
        "model": "model.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "licence": "Apache-2.0",
        "classes": list(CLASSES),
        "output": YOLO,
    }
    stated |= {key: value for key, value in changes.items() if key != "input"}
    stated["input"] = image | changes.get("input", {})
    lines = [f"{key} = {toml(value)}" for key, value in stated.items() if value is not None]
    (home / "terragate-detector.toml").write_text("\n".join(lines))
    return folder


def unchecked(folder: Path) -> dict[str, OnnxDetector]:
    """Return the models of a folder as a run holds them, without the checks at its beginning."""
    models = (OnnxDetector(path.parent, read_manifest(path)) for path in folder.glob(f"*/{NAME}"))
    return {one.name: one for one in sorted(models, key=lambda one: one.name)}


def planted(
    height: int, width: int, squares: Sequence[tuple[int, int, int]], bright: float = 1.0
) -> np.ndarray:
    """Return a dark image with bright squares given as (row, column, size)."""
    pixels = np.zeros((height, width), dtype="float32")
    for row, column, size in squares:
        pixels[row : row + size, column : column + size] = bright
    return pixels


def outline(columns: tuple[float, float], rows: tuple[float, float]) -> shapely.Polygon:
    """Return a pixel range of the tiny grid as the polygon of its four corners, in degrees."""
    left, right = (LEFT + PIXEL * one for one in columns)
    top, bottom = (TOP - PIXEL * one for one in rows)
    corners = shapely.points([(left, top), (right, top), (right, bottom), (left, bottom)])
    degrees = [lonlat_point(point) for point in corners]
    return shapely.Polygon(degrees)


def lonlat_point(point: shapely.Point) -> tuple[float, float]:
    from pyproj import Transformer

    return Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(point.x, point.y)


def prepared(
    folder: Path,
    pixels: np.ndarray,
    detectors: Path | None,
    area: shapely.Geometry | None = None,
    catalog: TinyCatalog | None = None,
    **changes: Any,
) -> ToolContext:
    """Return a context with a one-band scene `s`, an area `a` and dates `i`."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    write_tif(data / "scene.tif", pixels[None], nodata=np.nan, **changes)
    height, width = pixels.shape
    grid = changes.get("transform", Affine(PIXEL, 0, LEFT, 0, -PIXEL, TOP))
    crs = changes.get("crs", UTM)
    left, top = grid.c, grid.f
    box = shapely.box(left, top + grid.e * height, left + grid.a * width, top)
    whole = lonlat(box, crs)
    scene = Scene(
        id="tiny",
        collection="sentinel-2",
        day=date(2024, 6, 1),
        bbox=whole.bounds,
        cloud_cover=0.0,
        assets={"red": ("scene.tif", 1)},
    )
    records = [
        record("s", scenes=scenes_payload([scene])),
        record("a", aoi=aoi_payload(whole.envelope.buffer(0.01) if area is None else area)),
        record("i", interval={"start": "2024-01-01", "end": "2025-01-01"}),
    ]
    return ToolContext(
        store=ArtifactStore(folder / "run"),
        catalog=catalog or TinyCatalog(data),
        records={one.id: one for one in records},
        today=date(2025, 6, 1),
        detectors=unchecked(detectors) if detectors else {},
    )
