"""Detections that somebody made before: the labels of a catalog table. No image is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np

from ..catalog import Catalog, CollectionInfo
from .manifest import InputNeeds
from .protocol import SCORE_COLUMN, Detections, Method, View, read_scores

SUFFIX: Final = "-labels"


@dataclass(frozen=True)
class PrecomputedDetector:
    """The labels of one detection table, under the name of its collection and `-labels`."""

    catalog: Catalog
    info: CollectionInfo

    @property
    def name(self) -> str:
        """Return the collection's id and what it is."""
        return f"{self.info.id}{SUFFIX}"

    @property
    def method(self) -> Method:
        """Return that the labels were there before."""
        return "precomputed"

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the table's classes."""
        return self.info.classes

    @property
    def needs(self) -> InputNeeds | None:
        """Return that no image is read."""
        return None

    @property
    def facts(self) -> dict[str, Any]:
        """Return how the detections came about."""
        return {"method": self.method, "detector": self.name}

    def detect(self, view: View, classes: tuple[str, ...]) -> Detections:
        """Return the table's rows of the classes, in the AOI and the dates of the request."""
        wanted = None if set(classes) == set(self.classes) else classes
        frame = self.catalog.read_features(self.info.id, view.aoi, view.interval, wanted)
        noted = (
            f"detections are precomputed labels of collection {self.info.id}; "
            "no image was analysed",
        )
        return Detections(_with_score(frame), self.info.id, "", (*noted, *self.info.notes))


def _with_score(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return labels with a score column, empty where nobody gave one."""
    if read_scores(frame) is None:
        frame = frame.copy()
        frame[SCORE_COLUMN] = np.nan
    return frame


def label_detectors(catalog: Catalog) -> tuple[PrecomputedDetector, ...]:
    """Return a detector for each detection table of a catalog, defaults first."""
    tables = (info for info in catalog.collections() if info.kind == "detections")
    return tuple(PrecomputedDetector(catalog, info) for info in tables)
