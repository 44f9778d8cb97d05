"""Writing a whole synthetic archive: the same arguments always give the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from ...tools.errors import UsageError
from ...tools.geo.class_tables import FAIR1M_CLASSES, XVIEW_CLASSES
from .chips import FAIR1M_SITES, XVIEW_SITES
from .detections import DetectionPlan, LabelledRows, detect
from .landcover import classify
from .location import PlacePoint
from .scenes import SYNTHETIC, SceneFiles, plan_days, utm_grid, write_scene
from .stac import SCENES_ID, write_catalog
from .tables import BIGEARTHNET, FAIR1M, XVIEW1, write_table
from .terrain import make_terrain

Progress = Callable[[int, int], None]
SIDE_M = 23_040.0
_LABEL_PIXELS = 144
_WITHOUT_FAIR1M = 6


class ArchiveSize(NamedTuple):
    """How much is written per place: pixels per side, scenes, and images per detection set."""

    pixels: int = 288
    scenes: int = 10
    images: int = 14


DEMO_SIZE = ArchiveSize()
LIGHT_SIZE = ArchiveSize(pixels=48, scenes=4, images=12)


@dataclass(frozen=True)
class _Place:
    scenes: list[SceneFiles]
    xview1: LabelledRows
    fair1m: LabelledRows
    patches: list[dict[str, Any]]


def write_archive(
    root: Path,
    places: Sequence[PlacePoint],
    *,
    seed: int,
    size: ArchiveSize = DEMO_SIZE,
    progress: Progress | None = None,
) -> None:
    """Write a synthetic archive of scenes, tables and a STAC catalog into an empty folder.

    `progress` is called with the number of places done and of all places. The folder appears only
    when it is complete.
    """
    if not places:
        raise UsageError("no places to write an archive for; give at least one")
    slugs = [place.slug for place in places]
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise UsageError(f"places {twice!r} are given twice; name each place once")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{str(root)!r} is not an empty folder; remove it or name another")
    root = root.absolute()
    part = root.with_name(f".{root.name.replace('.', '-')}-part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    done = _write_places(part, places, seed, size, progress)
    _write_rest(part, done)
    if root.exists():
        root.rmdir()
    part.rename(root)


def _write_places(
    part: Path,
    places: Sequence[PlacePoint],
    seed: int,
    size: ArchiveSize,
    progress: Progress | None,
) -> list[_Place]:
    done: list[_Place] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(_write_place, part, i, p, seed, size) for i, p in enumerate(places)]
        for job in jobs:
            done.append(job.result())
            if progress is not None:
                progress(len(done), len(places))
    return done


def _write_place(
    part: Path, number: int, place: PlacePoint, seed: int, size: ArchiveSize
) -> _Place:
    key = [seed, crc32(place.slug.encode())]
    grid = utm_grid(place, size.pixels, SIDE_M / size.pixels)
    terrain = make_terrain(np.random.default_rng(key), size.pixels, grid.half_km)
    days = plan_days(np.random.default_rng([*key, 1]), size.scenes)
    folder = part / SCENES_ID
    scenes = [write_scene(folder, place, grid, (terrain, day), key[1] ^ seed) for day in days]
    coarse = utm_grid(place, _LABEL_PIXELS, SIDE_M / _LABEL_PIXELS)
    land = (make_terrain(np.random.default_rng(key), _LABEL_PIXELS, coarse.half_km), coarse)
    xview1 = DetectionPlan(XVIEW_SITES, XVIEW_CLASSES, rotated=False, images=size.images)
    fair1m = DetectionPlan(FAIR1M_SITES, FAIR1M_CLASSES, rotated=True, images=size.images)
    missing = number % _WITHOUT_FAIR1M == _WITHOUT_FAIR1M - 1
    first = number * size.images
    return _Place(
        scenes,
        detect(np.random.default_rng([*key, 2]), xview1, land, first),
        LabelledRows()
        if missing
        else detect(np.random.default_rng([*key, 3]), fair1m, land, first),
        classify(np.random.default_rng([*key, 4]), land, f"{number:03d}"),
    )


def _write_rest(part: Path, done: Sequence[_Place]) -> None:
    tables = [
        write_table(
            part,
            XVIEW1,
            [row for place in done for row in place.xview1.labels],
            [row for place in done for row in place.xview1.images],
        ),
        write_table(
            part,
            FAIR1M,
            [row for place in done for row in place.fair1m.labels],
            [row for place in done for row in place.fair1m.images],
        ),
        write_table(part, BIGEARTHNET, [row for place in done for row in place.patches], []),
    ]
    write_catalog(part, [scene for place in done for scene in place.scenes], tables)
    (part / "README.txt").write_text(
        f"{SYNTHETIC}.\n\nA static STAC catalog (catalog.json), six-band scenes with a cloud mask, "
        "and tables of\ndetections and land cover in the schemas of xView1, FAIR1M and "
        "BigEarthNet. Nothing here\nsays anything about the real places it is named after.\n",
        encoding="utf-8",
    )
