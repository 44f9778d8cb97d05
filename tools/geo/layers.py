"""What can be drawn or exported: the newest features, scenes or raster of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

import geopandas as gpd
import shapely

from ..errors import RetryableToolError
from ..spec import ToolContext

LayerKind = Literal["features", "scenes", "raster"]


class Layer(NamedTuple):
    """One drawable output, and the record that holds it."""

    kind: LayerKind
    record: str
    payload: Mapping[str, Any]

    @property
    def collection(self) -> str:
        """Return the id of the collection the layer came from."""
        return str(self.payload["collection"])

    @property
    def title(self) -> str:
        """Return what a person would call the layer."""
        if self.kind == "raster":
            return str(self.payload["index"])
        if self.kind == "scenes":
            return f"Scenes of {self.collection}"
        classes = self.payload["classes"]
        return ", ".join(classes) if 0 < len(classes) <= 3 else f"Features of {self.collection}"

    def summary(self) -> dict[str, Any]:
        """Return the JSON-plain description of the layer that a map's output holds."""
        return {
            "kind": self.kind,
            "collection": self.collection,
            "classes": list(self.payload.get("classes", ())),
            "index": self.payload.get("index"),
            "record": self.record,
        }


def newest_layer(context: ToolContext, kind: str) -> Layer:
    """Return the newest layer of a kind; an error names the kinds that exist."""
    for known in get_args(LayerKind):
        record = newest(context, known) if known == kind else None
        if record:
            return Layer(known, record, context.output(record, known))
    have = tuple(k for k in get_args(LayerKind) if newest(context, k))
    raise RetryableToolError(
        f"there is no {kind!r} layer; layers that exist: {list(have)}",
        kind="precondition",
        candidates=have,
    )


def newest(context: ToolContext, kind: str) -> str | None:
    """Return the id of the newest record that holds an output of this kind."""
    holders = [name for name, record in context.records.items() if kind in record.outputs]
    return holders[-1] if holders else None


def scene_footprints(items: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the scenes' outlines in EPSG:4326 with their id, date and cloud cover in percent."""
    return gpd.GeoDataFrame(
        {
            "id": [item["id"] for item in items],
            "date": [str(item["day"]) for item in items],
            "cloud_cover": [float(item["cloud_cover"]) for item in items],
        },
        geometry=[shapely.box(*item["bbox"]) for item in items],
        crs="EPSG:4326",
    )
