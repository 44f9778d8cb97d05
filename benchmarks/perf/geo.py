"""Geospatial speed against what one would write without us, in one run on one machine.

Table: footprints of an area and a year, through the catalog's index, against reading the whole
file with geopandas and filtering it; geopandas' own `bbox` and `where` beside it. Zones: statistics
of many polygons against rasterstats at its defaults, and `boundless=False` beside it. Window: an
index over an area against the whole scene. Calls alternate, results are compared, and the first
round is not counted.

    python -m terragate.benchmarks.perf.geo --out perf.json
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from ...tools.errors import UsageError
from ...tools.geo.analysis.formulas import catalogue
from ...tools.geo.catalog import Interval
from ...tools.geo.raster import REFLECTANCE_SCALE, clip_grid, read_band
from ...tools.geo.table_file import CLASS_COLUMN, TableFile
from .data import CRS, LEFT, PIXEL, TOP, default_folder, footprints, index_raster, polygons, scene
from .timing import Comparison, compare, git_sha, interleave, machine, versions
from .zones import zone_query

SCHEMA: Final = 1
TABLE_GOAL: Final = 50.0
AOI: Final = shapely.box(3.0, 45.0, 8.0, 50.0)
YEAR: Final = Interval(date(2019, 1, 1), date(2020, 1, 1))
RED, NIR = 1, 2


class Size(NamedTuple):
    """How much data: table rows, raster and scene side in pixels, polygons."""

    rows: int
    side: int
    polygons: int


FULL: Final = Size(rows=1_000_000, side=10_000, polygons=1000)
QUICK: Final = Size(rows=3000, side=700, polygons=40)


def run(folder: Path, size: Size, rounds: int) -> dict[str, Any]:
    """Return everything measured, as one JSON-plain mapping."""
    if importlib.util.find_spec("rasterstats") is None:
        raise UsageError("the benchmark compares with rasterstats; install terragate[dev]")
    about = {
        "schema": SCHEMA,
        "git": git_sha(),
        "machine": machine(),
        "versions": versions(),
        "size": size._asdict(),
        "rounds": rounds,
    }
    table, beside = table_query(footprints(folder, size.rows), rounds)
    raster, shapes = index_raster(folder, size.side), polygons(size.polygons, size.side)
    zones, inside = zone_query(raster, shapes, rounds)
    window = window_query(scene(folder, size.side, 2), rounds)
    results = [*(one.plain() for one in (table, beside, zones, inside)), window]
    return {**about, "results": results}


def table_query(path: Path, rounds: int) -> tuple[Comparison, Comparison]:
    """Compare a query of an area and a year with reading everything, and with bbox and where."""
    where = f"\"date\" >= '{YEAR.start}' AND \"date\" < '{YEAR.end}'"
    calls: dict[str, Callable[[], gpd.GeoDataFrame]] = {
        "ours": lambda: TableFile.open(path, class_column=CLASS_COLUMN).read(AOI, YEAR, None),
        "whole": lambda: _filtered(gpd.read_file(path)),
        "pushed": lambda: _filtered(gpd.read_file(path, bbox=AOI.bounds, where=where)),
    }
    found = {name: sorted(call()["image_id"]) for name, call in calls.items()}
    seconds = interleave(rounds, calls)
    same = {name: found[name] == found["ours"] and bool(found["ours"]) for name in found}
    return (
        compare(
            "table: area and year, against reading and filtering",
            seconds["ours"],
            seconds["whole"],
            equal=same["whole"],
            goal=TABLE_GOAL,
        ),
        compare(
            "table: the same, against geopandas bbox= and where=",
            seconds["ours"],
            seconds["pushed"],
            equal=same["pushed"],
        ),
    )


def _filtered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    days = frame["date"]
    start, end = (pd.Timestamp(day, tz="UTC") for day in YEAR)
    inside = frame.geometry.representative_point().intersects(AOI)
    return gpd.GeoDataFrame(frame[(days >= start) & (days < end) & inside])


def window_query(path: Path, rounds: int) -> dict[str, Any]:
    """Compare an index over an area with the whole scene's: time, and bytes where counted."""
    aoi, ndvi = _central_area(path), catalogue().formulas["NDVI"]

    def ours() -> NDArray[Any]:
        grid = clip_grid(path, aoi)
        index = ndvi({"N": read_band(path, NIR, grid), "R": read_band(path, RED, grid)})
        return index[grid.inside]

    def whole() -> NDArray[Any]:
        with rasterio.open(path) as dataset:
            red, nir = dataset.read(masked=True).astype(np.float32).filled(np.nan)
        index = ndvi({"N": nir * REFLECTANCE_SCALE, "R": red * REFLECTANCE_SCALE})
        grid = clip_grid(path, aoi)
        part = index[grid.row :, grid.column :][: grid.inside.shape[0], : grid.inside.shape[1]]
        return part[grid.inside]

    window_bytes, first = _bytes_read(ours)
    whole_bytes, second = _bytes_read(whole)
    equal = np.allclose(first, second, atol=1e-6, equal_nan=True) and len(first) > 0
    seconds = interleave(rounds, {"ours": ours, "theirs": whole})
    name = "window: index over an area, against the whole scene"
    timed = compare(name, seconds["ours"], seconds["theirs"], equal=bool(equal)).plain()
    ratio = round(whole_bytes / window_bytes, 3) if whole_bytes and window_bytes else None
    bytes_read = {"ours": window_bytes, "theirs": whole_bytes, "ratio": ratio}
    return {**timed, "bytes_read": bytes_read}


def _central_area(path: Path) -> BaseGeometry:
    """Return a tenth of the scene's side squared, around its middle, in EPSG:4326."""
    with rasterio.open(path) as dataset:
        half = dataset.width * PIXEL / 20
        x, y = LEFT + dataset.width * PIXEL / 2, TOP - dataset.height * PIXEL / 2
    outline = shapely.segmentize(shapely.box(x - half, y - half, x + half, y + half), half / 8)
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))

    return shapely.transform(outline, project)


def _bytes_read(call: Callable[[], NDArray[Any]]) -> tuple[int | None, NDArray[Any]]:
    """Return how many bytes the process read from files meanwhile, where the system counts them."""
    before = _read_counter()
    result = call()
    after = _read_counter()
    return (after - before if before is not None and after is not None else None), result


def _read_counter() -> int | None:
    process: Any = psutil.Process()
    if not hasattr(process, "io_counters"):
        return None
    counters = process.io_counters()
    return int(getattr(counters, "read_chars", counters.read_bytes))


def _lines(report: dict[str, Any]) -> str:
    lines: list[str] = []
    for result in report["results"]:
        spread = f"{result['ratio_least']:g} to {result['ratio_most']:g}"
        goal = "" if result["goal"] is None else f", goal {result['goal']:g}"
        same = "equal results" if result["equal"] else "RESULTS DIFFER"
        lines.append(f"{result['name']}: {result['ratio']:g} times ({spread}{goal}), {same}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit status 1 when results differ from what they are compared with."""
    parser = argparse.ArgumentParser(description="Geospatial speed against other ways to do it.")
    parser.add_argument("--json", action="store_true", help="print the JSON")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    parser.add_argument("--quick", action="store_true", help="tiny data, to see that it works")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of the data")
    args = parser.parse_args(argv)
    report = run(args.data, QUICK if args.quick else FULL, args.rounds)
    report["quick"] = args.quick
    text = json.dumps(report, indent=1)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write((text if args.json else _lines(report)) + "\n")
    return 0 if all(result["equal"] for result in report["results"]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
