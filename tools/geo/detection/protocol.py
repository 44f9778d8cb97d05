"""What a detector is: something that finds objects of its classes in scenes of an area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..catalog import AssetRoot, Interval, Scene
from .manifest import InputNeeds

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

Method = Literal["precomputed", "onnx"]

CLASS_COLUMN = "cat_name"
SCORE_COLUMN = "score"
DATE_COLUMN = "date"


class View(NamedTuple):
    """What a detector looks at: scenes whose assets lie below `root`, an AOI (EPSG:4326), days."""

    root: AssetRoot
    scenes: tuple[Scene, ...]
    aoi: BaseGeometry
    interval: Interval


class Detections(NamedTuple):
    """What was found: `frame` has class, score (NaN: none given), date and outline (EPSG:4326).

    `collection` is where it was found; `scene` is the id of the scene that was read, if any was.
    """

    frame: gpd.GeoDataFrame
    collection: str
    scene: str
    notes: tuple[str, ...]


def read_scores(frame: gpd.GeoDataFrame) -> NDArray[np.float64] | None:
    """Return the scores of features, NaN where one has none; nothing without such a column."""
    column = frame.get(SCORE_COLUMN)
    if column is None or not pd.api.types.is_numeric_dtype(column):
        return None
    return np.asarray(column, dtype=np.float64)


class Detector(Protocol):
    """A detector by name; `needs` is nothing for one that reads no image."""

    @property
    def name(self) -> str:
        """Return the name that a request chooses it by."""
        ...

    @property
    def method(self) -> Method:
        """Return how it comes to its detections."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes it can tell apart."""
        ...

    @property
    def needs(self) -> InputNeeds | None:
        """Return the image it wants."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """Return what identifies it in an answer: method, name, model hash, threshold, licence."""
        ...

    def detect(self, view: View, classes: tuple[str, ...]) -> Detections:
        """Return what lies in the AOI of the classes."""
        ...
