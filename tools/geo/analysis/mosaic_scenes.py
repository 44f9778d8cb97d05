"""Several scenes as one raster: which come first, and the first valid pixel of each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError
from ...spec import ToolContext
from ..catalog import Scene
from ..indices import COVERAGE_TOLERANCE
from ..raster import Grid, Pixels, aoi_shape, asset_root
from .formulas import Formula
from .formulas_scene import SceneBands, mask_notes, read_index, scale_notes, scene_bands
from .grid import CommonGrid, common_grid

Order = Literal["one_day", "newest", "clearest"]

MAX_SCENES: Final = 200
_DATES_SAID: Final = 6


class Found(NamedTuple):
    """The scenes of an earlier step that touch an area (EPSG:4326), oldest first."""

    scenes: tuple[Scene, ...]
    area: BaseGeometry
    collection: str
    synthetic: bool

    def notes(self) -> tuple[str, ...]:
        """Return the caveat for invented data."""
        return (f"collection {self.collection} is synthetic data",) if self.synthetic else ()


class Layers(NamedTuple):
    """Scenes opened for one index on their common grid."""

    scenes: tuple[SceneBands, ...]
    formula: Formula
    grid: CommonGrid


def found_scenes(context: ToolContext, scenes: str, aoi: str) -> Found:
    """Return the scenes that a record found, where they touch the AOI of another."""
    payload: Mapping[str, Any] = context.output(scenes, "scenes")
    area = aoi_shape(context.output(aoi, "aoi"))
    every = [Scene.model_validate(item) for item in payload["items"]]
    near = [scene for scene in every if shapely.box(*scene.bbox).intersects(area)]
    if not near:
        raise RetryableToolError(
            "no scene was found in the area; widen the dates or choose another area",
            kind="precondition",
        )
    near.sort(key=lambda scene: (scene.day, scene.id))
    return Found(tuple(near), area, str(payload["collection"]), bool(payload["synthetic"]))


def open_layers(context: ToolContext, found: Found, formula: Formula) -> Layers:
    """Open the files of the scenes that have the index's bands, and lay out their grid."""
    opened = scene_bands(asset_root(context.catalog), found.scenes, formula)
    grid = common_grid(found.area, [source for one in opened for source in one.sources])
    return Layers(opened, formula, grid)


def read_notes(layers: Layers) -> tuple[str, ...]:
    """Return the caveats about how the layers can be read: scale and clouds."""
    first = layers.scenes[0]
    return (*scale_notes(first, layers.formula, layers.grid), *mask_notes(layers.scenes))


def by_day(scenes: Iterable[Scene]) -> dict[date, tuple[Scene, ...]]:
    """Return scenes in order of day, within a day the clearest first."""
    ranked = sorted(scenes, key=lambda scene: (scene.day, scene.cloud_cover, scene.id))
    return {day: tuple(group) for day, group in groupby(ranked, key=lambda scene: scene.day)}


def best_day(scenes: Sequence[Scene], area: BaseGeometry) -> tuple[Scene, ...]:
    """Return the scenes of the clearest of the days that show most of the area; ties: latest."""
    days = by_day(scenes)
    shown = {
        day: shapely.union_all([shapely.box(*one.bbox) for one in group]).intersection(area).area
        for day, group in days.items()
    }
    enough = max(shown.values()) - COVERAGE_TOLERANCE * area.area
    return min(
        (group for day, group in days.items() if shown[day] >= enough),
        key=lambda group: (_mean_cloud(group), -group[0].day.toordinal()),
    )


def _mean_cloud(scenes: Sequence[Scene]) -> float:
    return sum(scene.cloud_cover for scene in scenes) / len(scenes)


def in_order(found: Found, order: Order) -> tuple[Scene, ...]:
    """Return the scenes to lay over each other, topmost first."""
    if order == "one_day":
        return best_day(found.scenes, found.area)
    if order == "newest":
        return tuple(sorted(found.scenes, key=lambda s: (-s.day.toordinal(), s.cloud_cover, s.id)))
    return tuple(sorted(found.scenes, key=lambda s: (s.cloud_cover, -s.day.toordinal(), s.id)))


class Patch(NamedTuple):
    """A block of a mosaic, and which scenes gave at least one of its pixels."""

    pixels: Pixels
    used: tuple[Scene, ...]


def lay_over(scenes: Sequence[SceneBands], formula: Formula, block: Grid) -> Patch:
    """Return the first valid pixel of each place; scenes below a full block are never read."""
    pixels = np.full(block.inside.shape, np.nan)
    empty = block.inside.copy()
    used: list[Scene] = []
    for layer in scenes:
        below = read_index(layer, formula, block)
        taken = empty & np.isfinite(below)
        if taken.any():
            pixels[taken] = below[taken]
            empty &= ~taken
            used.append(layer.scene)
        if not empty.any():
            break
    return Patch(pixels, tuple(used))


@dataclass
class Coverage:
    """What a mosaic used, gathered block by block."""

    expected: float
    valid: int = 0
    scenes: dict[str, Scene] = field(default_factory=dict[str, Scene])

    def add(self, patch: Patch) -> None:
        """Take in a block."""
        self.valid += int(np.isfinite(patch.pixels).sum())
        self.scenes.update({scene.id: scene for scene in patch.used})

    @property
    def share(self) -> float:
        """Return the share of the area that has valid pixels, in [0, 1]."""
        return min(self.valid / max(self.expected, 1.0), 1.0)

    @property
    def days(self) -> tuple[date, ...]:
        """Return the days that were used, oldest first."""
        return tuple(sorted({scene.day for scene in self.scenes.values()}))

    @property
    def span(self) -> str:
        """Return the day, or first and last day with a slash between."""
        days = self.days
        return str(days[0]) if len(days) == 1 else f"{days[0]}/{days[-1]}"

    def said(self) -> str:
        """Return how many scenes were used, and of which days."""
        days = self.days
        said = ", ".join(map(str, days[:_DATES_SAID]))
        more = f" and {len(days) - _DATES_SAID} more days" if len(days) > _DATES_SAID else ""
        return f"{counted(len(self.scenes), 'scene')} of {said}{more}"


def counted(count: int, noun: str) -> str:
    """Return a number and its noun, in the plural where it must be."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
