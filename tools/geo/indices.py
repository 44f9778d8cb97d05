"""The indices that are offered first, and the one scene that an index is computed of.

What an index computes is in `analysis.formulas`, the one catalogue of formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from .catalog import Scene

IndexName = Literal["NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"]
COVERAGE_TOLERANCE = 0.01


def best_scene(scenes: Sequence[Scene], aoi: BaseGeometry) -> Scene:
    """Return the least cloudy of the scenes that cover most of the AOI; ties go to the latest."""
    coverage = [shapely.box(*scene.bbox).intersection(aoi).area / aoi.area for scene in scenes]
    enough = max(coverage) - COVERAGE_TOLERANCE
    full = [scene for scene, share in zip(scenes, coverage, strict=True) if share >= enough]
    return min(full, key=lambda scene: (scene.cloud_cover, -scene.day.toordinal(), scene.id))


def said_cloud(scene: Scene) -> str:
    """Return how cloudy a scene is, in words."""
    return f"{scene.cloud_cover:.0f} % cloud" if scene.cloud_known else "cloud cover not known"
