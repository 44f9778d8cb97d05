"""One scene's index on any block: its bands read, its masks applied, its formula evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, get_args

import numpy as np

from ...errors import RetryableToolError, ToolError
from ..catalog import AssetRoot, Scene
from ..indices import IndexName
from ..raster import UNSCALED, Grid, Pixels, asset_path
from .formulas import Formula, catalogue
from .grid import CommonGrid, Source, open_source
from .grid_read import read_values
from .masks import SceneMask, bad_pixels, scene_masks

_LOOK: Final = 256


class SceneBands(NamedTuple):
    """The files that one scene's index is read from: bands by the formula's letters, and masks."""

    scene: Scene
    bands: Mapping[str, Source]
    masks: tuple[SceneMask, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the bands' files, which decide on the grid (masks do not)."""
        return tuple(self.bands.values())


def scene_bands(
    root: AssetRoot, scenes: Sequence[Scene], formula: Formula
) -> tuple[SceneBands, ...]:
    """Open the scenes that have the bands of a formula; none that has is an error."""
    named = [(scene, formula.bands(scene.assets)) for scene in scenes]
    fit = [(scene, bands) for scene, bands in named if bands is not None]
    if not fit:
        raise missing_bands(scenes, formula)
    return tuple(
        SceneBands(scene, _sources(root, scene, bands), scene_masks(root, scene))
        for scene, bands in fit
    )


def _sources(root: AssetRoot, scene: Scene, bands: Mapping[str, str]) -> dict[str, Source]:
    assets = {letter: scene.assets[name] for letter, name in bands.items()}
    return {
        letter: open_source(asset_path(root, href), band, scene.pixels)
        for letter, (href, band) in assets.items()
    }


def missing_bands(
    scenes: Sequence[Scene], formula: Formula, offered: Sequence[str] = ()
) -> ToolError:
    """Return the error that names the indices which the scenes can give, commonest first.

    With `offered` only these are named, because the caller can be asked for no others.
    """
    if not scenes:
        return RetryableToolError("no scene was found; widen the dates", kind="precondition")
    able = catalogue().able(scenes[0].assets)
    able = tuple(name for name in able if not offered or name in offered)
    ranked = tuple(sorted(able, key=lambda name: name not in COMMON_INDICES))
    return RetryableToolError(
        f"scene {scenes[0].id!r} lacks a band that {formula.name} needs "
        f"({', '.join(formula.letters)}); it can give {list(ranked[:12])}",
        kind="bad_argument",
        candidates=ranked,
    )


COMMON_INDICES: Final = (*get_args(IndexName), "EVI2", "NDSI")


def read_index(layers: SceneBands, formula: Formula, block: Grid) -> Pixels:
    """Return the index on a block; NaN outside the area, under clouds and where data are missing.

    An index that is no pure ratio needs reflectances: numbers that cannot be any are an error.
    """
    bands = {letter: read_values(source, block) for letter, source in layers.bands.items()}
    require_reflectance(formula, bands)
    pixels = formula(bands)
    pixels[~block.inside] = np.nan
    if np.isfinite(pixels).any():
        pixels[bad_pixels(layers.masks, block)] = np.nan
    return pixels


def require_reflectance(formula: Formula, bands: Mapping[str, Pixels]) -> None:
    """Raise an error when an index that is no pure ratio is asked of unscaled numbers."""
    if formula.domain == "band" or formula.scale_free():
        return
    if all(_median(pixels) <= UNSCALED for pixels in bands.values()):
        return
    common = [catalogue().formulas[name] for name in COMMON_INDICES]
    ratios = tuple(
        one.name for one in common if one.scale_free() and set(one.letters) <= set(bands)
    )
    raise RetryableToolError(
        f"{formula.name} needs reflectances between 0 and 1, and the scenes hold other numbers; "
        f"state their scale in the catalog, or ask for a ratio of bands: {list(ratios)}",
        kind="bad_data",
        candidates=ratios,
    )


def scale_notes(layers: SceneBands, formula: Formula, grid: CommonGrid) -> tuple[str, ...]:
    """Return the caveat for bands that are no reflectances, judged at the grid's middle."""
    if formula.domain == "band":
        return ()
    row, column = max((grid.height - _LOOK) // 2, 0), max((grid.width - _LOOK) // 2, 0)
    height, width = min(_LOOK, grid.height), min(_LOOK, grid.width)
    block = grid.block(row, column, height, width)
    source = next(iter(layers.bands.values()))
    if _median(read_values(source, block)) <= UNSCALED:
        return ()
    return (f"the bands are not scaled to reflectance; {formula.name} is of the numbers as stored",)


def mask_notes(layers: Sequence[SceneBands]) -> tuple[str, ...]:
    """Return the caveat for scenes without any cloud mask."""
    bare = sum(not one.masks for one in layers)
    if not bare:
        return ()
    said = "the scene brings" if len(layers) == 1 else f"{bare} of {len(layers)} scenes bring"
    return (f"{said} no cloud mask; only missing data is left out",)


def _median(pixels: Pixels) -> float:
    valid = pixels[np.isfinite(pixels)]
    return float(np.median(valid)) if valid.size else 0.0
