"""Which rasters of a folder belong together: a dated series, a tiled surface, or one alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from os.path import commonprefix
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from ..band_names import MASKS, USUAL_BANDS
from .file_names import (
    NamedDate,
    date_by_pattern,
    date_in_name,
    date_in_path,
    sensor_in_name,
    split_band,
)
from .raster_facts import RasterFacts
from .sidecar import Entry

Group = Literal["scenes", "undated", "surface"]


class RasterFile(NamedTuple):
    """A readable raster: its relative path, its facts, its date and the band its name says."""

    file: str
    facts: RasterFacts
    date: NamedDate | None
    band: str

    @property
    def path(self) -> PurePosixPath:
        """Return the relative path."""
        return PurePosixPath(self.file)

    @property
    def scene(self) -> str:
        """Return what the files of one acquisition share: the path without band and suffix."""
        stem = split_band(self.path.stem)[0] if self.band else self.path.stem
        return (self.path.parent / (stem or self.path.parent.name)).as_posix()


class RasterGroup(NamedTuple):
    """Rasters of one collection; `undated` ones need a date before they can be scenes."""

    kind: Group
    name: str
    files: tuple[RasterFile, ...]


def raster_file(file: str, facts: RasterFacts, entry: Entry | None = None) -> RasterFile:
    """Return a raster with its date: stated, else by the entry's rule, else from tags and name."""
    path = PurePosixPath(file)
    band = split_band(path.stem)[1] if len(facts.bands) == 1 else ""
    if entry is None:
        return RasterFile(file, facts, _found_date(path, facts), band)
    if entry.bands and len(facts.bands) == len(entry.bands) == 1:
        band = entry.bands[0]
    return RasterFile(file, facts, _stated_date(path, facts, entry), band)


def _found_date(path: PurePosixPath, facts: RasterFacts) -> NamedDate | None:
    return _tagged(facts, written=False) or date_in_path(path) or _tagged(facts, written=True)


def _tagged(facts: RasterFacts, *, written: bool) -> NamedDate | None:
    day = facts.written if written else facts.acquired
    return NamedDate(day, source="written" if written else "tag") if day else None


def _stated_date(path: PurePosixPath, facts: RasterFacts, entry: Entry) -> NamedDate | None:
    stated = entry.dates.get(str(path)) or entry.dates.get(path.name) or entry.date
    if stated:
        return NamedDate(stated, source="stated")
    if entry.date_rule == "tag":
        return _tagged(facts, written=False) or _tagged(facts, written=True)
    if entry.date_rule == "name":
        return date_in_path(path)
    if "%" in entry.date_rule:
        return date_by_pattern(path.stem, entry.date_rule)
    return _found_date(path, facts)


def group_rasters(files: Iterable[RasterFile]) -> tuple[RasterGroup, ...]:
    """Return the groups of rasters nobody described, by path; each raster is in one."""
    together: dict[tuple[object, ...], list[RasterFile]] = {}
    for one in sorted(files, key=lambda f: f.file):
        together.setdefault(_key(one), []).append(one)
    groups: list[RasterGroup] = []
    for key, members in together.items():
        kind = _kind(members)
        alone = len(members) == 1
        if kind == "undated" or (kind == "surface" and key[0] == "scenes"):
            groups += [RasterGroup(kind, one.path.stem, (one,)) for one in members]
        else:
            name = members[0].path.stem if alone and not members[0].band else _shared_name(members)
            groups.append(RasterGroup(kind, name, tuple(members)))
    return tuple(groups)


def _kind(members: list[RasterFile]) -> Group:
    first = members[0]
    if first.date is None:
        return "surface" if len(first.facts.bands) == 1 else "undated"
    spectral = len(first.facts.bands) > 1 or bool(first.band)
    days = {one.date.day for one in members if one.date}
    return "scenes" if spectral or len(days) > 1 else "surface"


def _key(one: RasterFile) -> tuple[object, ...]:
    """Return what rasters of one collection share.

    A surface without a date joins others only if their names differ in numbers alone, as those of
    tiles do: two grids in one folder are otherwise two quantities.
    """
    facts, path = one.facts, one.path
    if one.date is None:
        name = re.sub(r"[NSEWnsew]?\d+", "#", path.stem)
        tile = name if "#" in name else path.stem
        return "surface", str(path.parent), tile, facts.family, facts.resolution, facts.dtype
    sensor = sensor_in_name(path.stem)
    if one.band:
        return "scenes", _series_folder(path), sensor, facts.family, "bands apart"
    return "scenes", _series_folder(path), sensor, facts.family, facts.resolution, facts.bands


def _series_folder(path: PurePosixPath) -> str:
    """Return the nearest folder above that is not that of one acquisition."""
    parent = path.parent
    while parent.name and date_in_name(parent.name):
        parent = parent.parent
    return str(parent)


def _shared_name(members: Sequence[RasterFile]) -> str:
    """Return the folder's name, or what the files at the top share: a sensor, or how they begin."""
    first = members[0]
    folder = _series_folder(first.path) if first.date else str(first.path.parent)
    start = commonprefix([one.path.stem for one in members]).rstrip("0123456789_.- ")
    return PurePosixPath(folder).name or sensor_in_name(first.path.stem) or start or "scenes"


def named_bands(bands: Iterable[str]) -> tuple[str, ...]:
    """Return every band's name; those without one are called by their number."""
    return tuple(name or f"band{number}" for number, name in enumerate(bands, start=1))


def known_bands(assets: Mapping[str, object]) -> tuple[str, ...]:
    """Return the spectral bands among the assets, the usual ones first."""
    others = sorted(name for name in assets if name not in (*USUAL_BANDS, *MASKS))
    return (*(name for name in USUAL_BANDS if name in assets), *others)
