"""Pixels that clouds, their shadows or missing data spoil, from the masks a scene brings.

Three masks are known, by the asset's name; a pixel that any of them calls bad is bad.

`scl`: Sentinel-2 Level-2A scene classification (ESA, Sentinel-2 MSI Technical Guide, Level-2A
Algorithm Overview): 0 no data, 1 saturated or defective, 2 dark area or topographic shadow, 3 cloud
shadow, 4 vegetation, 5 not vegetated, 6 water, 7 unclassified, 8 cloud of medium and 9 of high
probability, 10 thin cirrus, 11 snow or ice.

`qa_pixel`: Landsat Collection 2 (USGS, Landsat 8-9 Collection 2 Level 2 Science Product Guide,
LSDS-1619 v6, and Data Format Control Book, LSDS-1328 v6): bit 0 fill, 1 dilated cloud, 2 cirrus
(Landsat 8-9; unused on 4-7), 3 cloud, 4 cloud shadow, 5 snow, 6 clear, 7 water, then confidences of
two bits each.

`cloud`: a plain mask, bad where it is not zero.

The choice made here: bad is what hides the ground or was not measured. Snow and ice are ground, so
they stay unless `snow` is asked to be bad; dark areas, water and unclassified pixels stay too.
Where a class or bit mask does not reach, the pixel is bad: nobody has said that it is clear. A
plain mask says nothing where it does not reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

import numpy as np

from ..catalog import AssetRoot, Scene
from ..raster import Grid, Mask, asset_path
from .grid import Source, open_source
from .grid_read import Codes, read_codes, read_flags


class SceneClass(IntEnum):
    """Classes of the Sentinel-2 scene classification."""

    NO_DATA = 0
    DEFECTIVE = 1
    DARK = 2
    CLOUD_SHADOW = 3
    VEGETATION = 4
    NOT_VEGETATED = 5
    WATER = 6
    UNCLASSIFIED = 7
    CLOUD_MEDIUM = 8
    CLOUD_HIGH = 9
    THIN_CIRRUS = 10
    SNOW = 11


class PixelBit(IntFlag):
    """Single-bit flags of the Landsat Collection 2 pixel quality band."""

    FILL = 1 << 0
    DILATED_CLOUD = 1 << 1
    CIRRUS = 1 << 2
    CLOUD = 1 << 3
    CLOUD_SHADOW = 1 << 4
    SNOW = 1 << 5
    CLEAR = 1 << 6
    WATER = 1 << 7


BAD_CLASSES: Final = (
    SceneClass.NO_DATA,
    SceneClass.DEFECTIVE,
    SceneClass.CLOUD_SHADOW,
    SceneClass.CLOUD_MEDIUM,
    SceneClass.CLOUD_HIGH,
    SceneClass.THIN_CIRRUS,
)
BAD_BITS: Final = (
    PixelBit.FILL
    | PixelBit.DILATED_CLOUD
    | PixelBit.CIRRUS
    | PixelBit.CLOUD
    | PixelBit.CLOUD_SHADOW
)


class SceneMask(NamedTuple):
    """One mask band of a scene and how its numbers are read."""

    kind: str
    source: Source


def scene_masks(root: AssetRoot, scene: Scene) -> tuple[SceneMask, ...]:
    """Return the masks that a scene brings; none means that only missing data is left out."""
    by_name = {name.casefold(): asset for name, asset in scene.assets.items()}
    return tuple(
        SceneMask(kind, open_source(asset_path(root, by_name[kind][0]), by_name[kind][1]))
        for kind in _READERS
        if kind in by_name
    )


def bad_classes(codes: Codes, *, snow: bool = False) -> Mask:
    """Return where Sentinel-2 scene classes hide the ground or say that nothing was measured."""
    bad = (*BAD_CLASSES, SceneClass.SNOW) if snow else BAD_CLASSES
    known = np.isin(codes, [int(one) for one in SceneClass])
    return np.isin(codes, [int(one) for one in bad]) | ~known


def bad_bits(codes: Codes, *, snow: bool = False) -> Mask:
    """Return where Landsat quality bits say cloud, shadow, cirrus or fill."""
    bad = BAD_BITS | PixelBit.SNOW if snow else BAD_BITS
    return (codes & int(bad)) != 0


def bad_pixels(masks: tuple[SceneMask, ...], block: Grid, *, snow: bool = False) -> Mask:
    """Return the pixels of a block that any of a scene's masks calls bad."""
    nothing = np.zeros(block.inside.shape, dtype=np.bool_)
    return reduce(or_, (_READERS[one.kind](one.source, block, snow) for one in masks), nothing)


def _classes(source: Source, block: Grid, snow: bool) -> Mask:
    return bad_classes(read_codes(source, block, int(SceneClass.NO_DATA)), snow=snow)


def _bits(source: Source, block: Grid, snow: bool) -> Mask:
    return bad_bits(read_codes(source, block, int(PixelBit.FILL)), snow=snow)


def _plain(source: Source, block: Grid, snow: bool) -> Mask:
    return read_flags(source, block)


_READERS: Final[Mapping[str, Callable[[Source, Grid, bool], Mask]]] = {
    "scl": _classes,
    "qa_pixel": _bits,
    "cloud": _plain,
}
