"""Synthetic detections: images of 1.3 km at sites of a terrain, and the labelled boxes in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import Point, Polygon

from .chips import Group, Site
from .scenes import FIRST_YEAR, LAST_YEAR, PixelGrid
from .terrain import CoverMap, Terrain

_HALF_CHIP_M = 650.0
_GROUND_SAMPLE_M = 0.5
_UNIT_BOX = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64) / 2

Corners: TypeAlias = NDArray[np.float64]


@dataclass
class LabelledRows:
    """Rows of the two tables of a detection data set, in degrees."""

    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    labels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class DetectionPlan(NamedTuple):
    """How a data set looks: its sites and classes, rotated boxes or not, images per place."""

    sites: tuple[Site, ...]
    classes: tuple[str, ...]
    rotated: bool
    images: int


class _Chip(NamedTuple):
    image_id: str
    day: date
    row: int
    column: int
    x: float
    y: float


class _Boxes(NamedTuple):
    """Class names and the four corners, in metres, of as many boxes."""

    names: list[str]
    corners: Corners


def detect(
    rng: np.random.Generator, plan: DetectionPlan, land: tuple[Terrain, PixelGrid], first_image: int
) -> LabelledRows:
    """Return the images and labels of a place; some of its years have none."""
    terrain, grid = land
    rows = LabelledRows()
    years = rng.permutation(np.arange(FIRST_YEAR, LAST_YEAR + 1))[: 9 - int(rng.integers(1, 4))]
    taste = {name: float(rng.gamma(0.7)) + 1e-6 for name in plan.classes}
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    shares = np.array([site.share for site in plan.sites])
    for number in range(plan.images):
        site = plan.sites[int(rng.choice(len(plan.sites), p=shares / shares.sum()))]
        day = date(int(rng.choice(years)), 1, 1) + timedelta(days=int(rng.integers(365)))
        cover = terrain.cover(day)
        chip = _aim(rng, cover, (site, grid), (f"{first_image + number}.tif", day))
        if chip is None:
            continue
        same = {"filename": chip.image_id, "image_id": chip.image_id, "date": chip.day}
        rows.images.append(same | {"geometry": Point(*to_degrees.transform(chip.x, chip.y))})
        boxes = _look(rng, cover, grid, (chip, site, taste, plan.rotated))
        lon, lat = to_degrees.transform(boxes.corners[..., 0], boxes.corners[..., 1])
        shapes = [Polygon(ring) for ring in np.stack([lon, lat], axis=-1)]
        pixels = _pixel_boxes(boxes.corners, chip)
        for name, shape, pixel in zip(boxes.names, shapes, pixels, strict=True):
            label = {"cat_id": plan.classes.index(name), "cat_name": name, "geometry": shape}
            rows.labels.append(same | pixel | label)
    return rows


def _aim(
    rng: np.random.Generator, cover: CoverMap, at: tuple[Site, PixelGrid], named: tuple[str, date]
) -> _Chip | None:
    site, grid = at
    margin = max(1, cover.shape[0] // 12)
    inner = np.isin(cover[margin:-margin, margin:-margin], site.centre)
    rows, columns = np.nonzero(inner)
    if not rows.size:
        return None
    pick = int(rng.integers(rows.size))
    row, column = int(rows[pick]) + margin, int(columns[pick]) + margin
    x, y = grid.at(column + 0.5, row + 0.5)
    return _Chip(*named, row, column, x, y)


def _look(
    rng: np.random.Generator,
    cover: CoverMap,
    grid: PixelGrid,
    view: tuple[_Chip, Site, dict[str, float], bool],
) -> _Boxes:
    chip, site, taste, rotated = view
    reach = max(1, int(_HALF_CHIP_M / grid.pixel_m) - 1)
    top, left = chip.row - reach, chip.column - reach
    window = cover[top : chip.row + reach + 1, left : chip.column + reach + 1]
    weights = np.array([group.weight for group in site.groups])
    total = int(np.clip(rng.lognormal(3.1, 0.6), 3, 80))
    names: list[str] = []
    corners: list[Corners] = [np.zeros((0, 4, 2))]
    shares = rng.multinomial(total, weights / weights.sum())
    for group, count in zip(site.groups, shares, strict=True):
        spots = np.argwhere(np.isin(window, group.cover)) + (top, left)
        if count and len(spots):
            likely = np.array([taste[name] for name in group.classes])
            chosen = rng.choice(len(group.classes), size=count, p=likely / likely.sum())
            names += [group.classes[int(i)] for i in chosen]
            corners.append(_place(rng, spots, grid, (group, int(count), rotated)))
    return _Boxes(names, np.concatenate(corners))


def _place(
    rng: np.random.Generator,
    spots: NDArray[np.int64],
    grid: PixelGrid,
    wanted: tuple[Group, int, bool],
) -> Corners:
    group, count, rotated = wanted
    anchors = spots[rng.integers(len(spots), size=max(1, count // 4))]
    cells = anchors[rng.integers(len(anchors), size=count)] + rng.uniform(0.1, 0.9, (count, 2))
    x, y = grid.at(cells[:, 1], cells[:, 0])
    length = rng.uniform(*group.length_m, count)
    width = np.minimum(rng.uniform(*group.width_m, count), length)
    heading = np.radians(rng.uniform(0, 180) + rng.normal(0, 4, count))
    box = _UNIT_BOX * np.stack([length, width], axis=-1)[:, None, :]
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    turned = np.stack(
        [box[..., 0] * cos - box[..., 1] * sin, box[..., 0] * sin + box[..., 1] * cos], axis=-1
    )
    if not rotated:
        turned = 2 * _UNIT_BOX * np.abs(turned).max(axis=1)[:, None, :]
    return turned + np.stack([x, y], axis=-1)[:, None, :]


def _pixel_boxes(corners: Corners, chip: _Chip) -> list[dict[str, int]]:
    x = (corners[..., 0] - chip.x + _HALF_CHIP_M) / _GROUND_SAMPLE_M
    y = (chip.y - corners[..., 1] + _HALF_CHIP_M) / _GROUND_SAMPLE_M
    bounds = np.rint(np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], axis=-1)).astype(int)
    keys = ("xmin", "ymin", "xmax", "ymax")
    return [dict(zip(keys, row, strict=True)) for row in bounds.tolist()]
