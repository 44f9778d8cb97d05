"""Rasters of a folder as scenes and surfaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final

from ..catalog import UNDATED, CollectionInfo, PixelRule, Scene, Surface
from .file_names import pixels_in_name
from .folder_scan import Problem
from .raster_groups import RasterFile, known_bands, named_bands
from .sidecar import NAME, Entry
from .sources import SceneList, Source

_DAY: Final = timedelta(days=1)
_MADE: Final = "TIFFTAG_DATETIME, which may be when the file was made, not when it was taken"

Box = tuple[float, float, float, float]


def scene_source(
    name: str, files: Sequence[RasterFile], entry: Entry | None, problems: list[Problem]
) -> Source | None:
    """Return dated rasters as a scene collection; files of one acquisition become one scene."""
    usable = [one for one in files if not _unfit(one, entry, problems)]
    together: dict[str, list[RasterFile]] = {}
    for one in usable:
        together.setdefault(one.scene, []).append(one)
    if not together:
        return None
    ids = _scene_ids(together)
    scenes = tuple(
        _scene(name, ids[key], members, entry) for key, members in sorted(together.items())
    )
    assets = {band: True for scene in scenes for band in scene.assets}
    info = CollectionInfo(
        id=name,
        title=(entry and entry.title) or name,
        kind="scenes",
        aliases=entry.aliases if entry else (),
        bbox=_around([scene.bbox for scene in scenes]),
        start=min(scene.day for scene in scenes),
        end=max(scene.day for scene in scenes) + _DAY,
        bands=known_bands(assets),
        synthetic=bool(entry and entry.synthetic),
        notes=_notes(name, usable),
    )
    return Source(info, scenes=SceneList(scenes))


def _unfit(one: RasterFile, entry: Entry | None, problems: list[Problem]) -> bool:
    count = len(one.facts.bands)
    if entry and entry.bands and count != len(entry.bands) and not one.band:
        reason = f"has {count} bands, but {NAME} names {len(entry.bands)}"
        problems.append(Problem(file=one.file, kind="bad_data", reason=reason))
        return True
    if one.date is None:
        problems.append(undated(one))
        return True
    return False


def undated(one: RasterFile) -> Problem:
    """Return why a raster without a date is no scene, and what to do about it."""
    reason = (
        f"has {len(one.facts.bands)} bands but no date in its tags or name; state its date in "
        f"{NAME}, which `terragate data describe` drafts"
    )
    return Problem(file=one.file, kind="precondition", reason=reason)


def _scene_ids(keys: dict[str, list[RasterFile]]) -> dict[str, str]:
    """Return a plain id for every scene: its name, with its folder where two have the same."""
    short = {key: _plain(PurePosixPath(key).name) for key in keys}
    names = list(short.values())
    return {key: i if names.count(i) == 1 else _plain(key) for key, i in short.items()}


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[-100:].strip("-.") or "scene"


def _scene(name: str, scene_id: str, members: list[RasterFile], entry: Entry | None) -> Scene:
    assets: dict[str, tuple[str, int]] = {}
    for one in members:
        bands = (one.band,) if one.band else named_bands((entry and entry.bands) or one.facts.bands)
        for number, band in enumerate(bands, start=1):
            assets.setdefault(band, (one.file, number))
    days = [one.date.day for one in members if one.date]
    return Scene(
        id=scene_id,
        collection=name,
        day=min(days),
        bbox=_around([one.facts.bbox for one in members]),
        cloud_cover=0.0,
        assets=assets,
        cloud_known=False,
        pixels=_pixels(members, entry),
    )


def _pixels(members: list[RasterFile], entry: Entry | None) -> PixelRule:
    """Return what is stated about the pixels, and beneath it what the product's name implies."""
    names = [PurePosixPath(one.file).stem for one in members]
    implied = pixels_in_name(next((name for name in names if "_SR_" in name), ""))
    stated = entry.pixels.model_dump(exclude_none=True) if entry else {}
    return implied.model_copy(update=stated)


def surface_source(name: str, files: Sequence[RasterFile], entry: Entry | None) -> Source | None:
    """Return single-band rasters as a surface collection."""
    if not files:
        return None
    stated = tuple(entry.bands) if entry else ()
    band = next((number for number, band in enumerate(stated, start=1) if band), 1)
    surfaces = tuple(
        Surface(
            collection=name,
            href=one.file,
            band=band,
            bbox=one.facts.bbox,
            day=one.date.day if one.date else None,
            pixels=entry.pixels if entry else PixelRule(),
        )
        for one in files
        if band <= len(one.facts.bands)
    )
    days = [one.date.day for one in files if one.date]
    units = {one.facts.unit for one in files}
    info = CollectionInfo(
        id=name,
        title=(entry and entry.title) or name,
        kind="surface",
        aliases=entry.aliases if entry else (),
        bbox=_around([one.facts.bbox for one in files]),
        start=min(days) if days else UNDATED[0],
        end=max(days) + _DAY if days else UNDATED[1],
        synthetic=bool(entry and entry.synthetic),
        unit=(entry and entry.unit) or (units.pop() if len(units) == 1 else ""),
        notes=_notes(name, files),
    )
    return Source(info, surfaces=surfaces)


def _notes(name: str, files: Sequence[RasterFile]) -> tuple[str, ...]:
    notes: list[str] = []
    for precision in ("month", "year"):
        if any(one.date and one.date.precision == precision for one in files):
            notes.append(
                f"dates of {name} are known to the {precision} only; its first day stands for it"
            )
    if any(one.date and one.date.source == "written" for one in files):
        notes.append(f"dates of {name} are from {_MADE}")
    return tuple(notes)


def _around(boxes: Sequence[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)
