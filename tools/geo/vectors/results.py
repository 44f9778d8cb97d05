"""What vector tools hand back: features with their columns, numbers, and what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pandas.api import types

from ...records import ArtifactRef, ToolResult, Value
from ...spec import ToolContext
from ..vector import write_features
from .columns import frame_columns
from .reading import FeatureSet

EDGES: Final = "edges were taken as straight in longitude and latitude"


def what(features: FeatureSet) -> str:
    """Return what features are called in the text beside a number."""
    classes = [str(name) for name in features.payload.get("classes", ())]
    said = ", ".join(classes) if 0 < len(classes) <= 3 else "features"
    return f"{said} of {features.payload['collection']}"


def unique_notes(*groups: Sequence[str]) -> tuple[str, ...]:
    """Return the notes of all inputs, each once."""
    return tuple(dict.fromkeys(note for group in groups for note in group))


def features_result(
    context: ToolContext,
    source: FeatureSet,
    frame: gpd.GeoDataFrame,
    suffix: str,
    *,
    values: tuple[Value, ...] = (),
    notes: Sequence[str] = (),
    table: dict[str, Any] | None = None,
    synthetic: bool = False,
) -> ToolResult:
    """Return features made from a layer; none left is an empty result with a count of zero."""
    said = unique_notes(source.notes, notes)
    if frame.empty:
        about = f"{what(source)}, {suffix}"
        none = Value(name="feature_count", value=0, unit="", about=about)
        return ToolResult(
            summary="features 0, nothing left", values=(none, *values), notes=said, empty=True
        )
    invented = bool(source.payload.get("synthetic")) or synthetic
    columns = frame_columns(frame)
    payload: dict[str, Any] = {**source.payload, "columns": columns, "synthetic": invented}
    if known := payload.get("original_columns"):
        kept = {name for name, _ in columns}
        payload["original_columns"] = {k: v for k, v in known.items() if k in kept}
    made = write_features(context, _storable(frame), payload, suffix)
    outputs: dict[str, Any] = {"features": made}
    if table is not None:
        outputs["table"] = table
    return ToolResult(
        summary=f"features {len(frame)} {payload['collection']} {suffix}"[:80],
        outputs=outputs,
        values=values,
        artifacts=tuple(ArtifactRef.model_validate(each["artifact"]) for each in outputs.values()),
        notes=said,
    )


def _storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose columns of mixed things are text, which a GeoPackage can hold."""
    plain = frame.copy()
    for name in plain.columns:
        column = pd.Series(plain[name])
        if name != plain.geometry.name and types.is_object_dtype(column.dtype):
            plain[name] = column.map(str, na_action="ignore")
    return plain
