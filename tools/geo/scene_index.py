"""Finding the scenes of a STAC collection without reading its items one by one.

A collection that ships an index (a GeoPackage asset with the role `index`, columns id, href, date
and the footprint) is searched there; of any other, the items are read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from .band_names import BANDS, MASKS, stac_band
from .catalog import Interval, Scene
from .stac_json import Asset, Group, ItemJson, bad_file, inside, read_json, walk
from .table_file import TableFile

MAX_ITEMS: Final = 200_000
_INDEX_COLUMNS: Final = frozenset({"id", "href", "date"})


class _Entry(NamedTuple):
    scene: Scene
    footprint: BaseGeometry


class SceneIndex:
    """The scenes of one collection, by place and day."""

    def __init__(self, root: Path, path: Path, group: Group) -> None:
        self._root = root
        self._path = path
        self._group = group

    def search(self, aoi: BaseGeometry, interval: Interval) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        if self._table is not None:
            rows = self._table.read(aoi, interval, None, touching=True)
            entries = [self._read(inside(self._root, self._path, href)) for href in rows["href"]]
        else:
            entries = self._entries
        found = [
            entry.scene
            for entry in entries
            if interval.start <= entry.scene.day < interval.end and entry.footprint.intersects(aoi)
        ]
        return tuple(sorted(found, key=lambda scene: (scene.day, scene.id)))

    def days(self) -> tuple[date, date]:
        """Return the first and the last day of any scene."""
        if self._table is not None:
            return self._table.days
        days = [entry.scene.day for entry in self._entries]
        if not days:
            raise bad_file(self._path, "is a collection without items or temporal extent")
        return min(days), max(days)

    @cached_property
    def bands(self) -> tuple[str, ...]:
        """Return the bands of the first scene, in the usual order."""
        first = next(self._items(), None)
        found = _assets(self._root, first, read_json(first, ItemJson)) if first else {}
        return tuple(band for band in BANDS if band in found)

    @cached_property
    def _table(self) -> TableFile | None:
        index = next((a for a in self._group.assets.values() if "index" in a.roles), None)
        if index is None:
            return None
        table = TableFile.open(inside(self._root, self._path, index.href), class_column=None)
        missing = sorted(_INDEX_COLUMNS - table.columns)
        if missing:
            raise bad_file(table.path, f"is a scene index without the columns {missing}")
        return table

    @cached_property
    def _entries(self) -> list[_Entry]:
        return [self._read(path) for path in self._items()]

    def _items(self) -> Iterator[Path]:
        count = 0
        for path, group in walk(self._root, self._path):
            for link in group.links:
                if link.rel != "item":
                    continue
                count += 1
                if count > MAX_ITEMS:
                    raise bad_file(self._path, f"has more than {MAX_ITEMS} items and no index")
                yield inside(self._root, path, link.href)

    def _read(self, path: Path) -> _Entry:
        item = read_json(path, ItemJson)
        if item.day is None:
            raise bad_file(path, "is an item without a date")
        try:
            footprint = shapely.make_valid(shapely.geometry.shape(item.geometry))
        except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise bad_file(path, f"has no usable geometry ({error})") from error
        scene = Scene(
            id=item.id,
            collection=self._group.id,
            day=item.day,
            bbox=flat_box(path, item.bbox),
            cloud_cover=item.properties.cloud_cover,
            assets=_assets(self._root, path, item),
        )
        return _Entry(scene, footprint)


def flat_box(path: Path, bbox: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of a STAC bbox of four or six numbers."""
    if len(bbox) not in (4, 6):
        raise bad_file(path, f"has a bbox of {len(bbox)} numbers, not 4 or 6")
    half = len(bbox) // 2
    return bbox[0], bbox[1], bbox[half], bbox[half + 1]


def _assets(root: Path, path: Path, item: ItemJson) -> dict[str, tuple[str, int]]:
    """Return where each known band and the cloud mask lie: (path below the root, band number)."""
    found: dict[str, tuple[str, int]] = {}
    for key, asset in item.assets.items():
        for number, name in enumerate(_names(key, asset), start=1):
            if name:
                target = inside(root, path, asset.href)
                place = (target.relative_to(root.resolve()).as_posix(), number)
                found.setdefault(name, place)
    return found


def _names(key: str, asset: Asset) -> tuple[str, ...]:
    if "cloud" in asset.roles:
        return ("cloud",)
    if key.lower() in MASKS:
        return (key.lower(),)
    bands = asset.bands or asset.eo_bands
    if not bands:
        return (stac_band(None, key),)
    return tuple(stac_band(b.common_name or b.eo_common_name, b.name or key) for b in bands)
