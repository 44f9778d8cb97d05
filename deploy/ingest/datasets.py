"""The data sets that can be taken in, their tables, and how these are written all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from ...tools.errors import ToolError, UsageError
from ...tools.geo.geopackage import write_geopackage
from ...tools.records import Frozen
from .bigearthnet import parse_bigearthnet
from .chunks import ChunkStore
from .fair1m import ASSUMED_DAY, parse_fair1m
from .records import Parsed, Problem
from .xview import FIRST_DAY, parse_xview

_LABELS: Final = (
    *("image_id", "filename", "cat_id", "cat_name", "date"),
    *("xmin", "ymin", "xmax", "ymax", "uoi"),
)
_IMAGES: Final = ("filename", "image_id", "date", "uoi")
_PATCHES: Final = ("image_id", "filename", "cat_name", "date", "uoi")
_SCRATCH: Final = ".ingest"


class _Table(NamedTuple):
    layer: str
    columns: tuple[str, ...]
    code: str


class Dataset(NamedTuple):
    """How a data set is read and what its tables are; `about` is their description."""

    parse: Callable[[Path, ChunkStore], Parsed]
    labels: _Table
    images: _Table | None
    about: str


DATASETS: Final[Mapping[str, Dataset]] = {
    "xview1": Dataset(
        parse=lambda path, _: parse_xview(path),
        labels=_Table("xview1_labels", _LABELS, "xview1_bbox"),
        images=_Table("xview1_images", _IMAGES, "xview1_img"),
        about="Assumed dates: xView publishes no acquisition dates; a date is the day on which the "
        f"label was entered, {FIRST_DAY} where a label has none.",
    ),
    "fair1m": Dataset(
        parse=parse_fair1m,
        labels=_Table("fair1m_labels", _LABELS, "fair1m_bbox"),
        images=_Table("fair1m_images", _IMAGES, "fair1m_img"),
        about=f"Assumed dates: FAIR1M publishes no acquisition dates; all are {ASSUMED_DAY}.",
    ),
    "bigearthnet": Dataset(
        parse=parse_bigearthnet,
        labels=_Table("ben_lcc", _PATCHES, "ben_l"),
        images=None,
        about="BigEarthNet-S2: one row is one class of one patch, on its acquisition date.",
    ),
}


class IngestReport(Frozen):
    """What was written; `skipped` records were left out, for the first `problems` among others."""

    dataset: str
    files: tuple[str, ...]
    rows: int
    images: int
    classes: dict[str, int]
    skipped: int
    resumed_chunks: int
    about: str
    problems: tuple[Problem, ...]


def ingest(name: str, path: Path, out: Path) -> IngestReport:
    """Write a data set's tables to the folder `out`; each is there in full or as it was before.

    Input that was read by an earlier, interrupted call and has not changed is not read again.
    """
    if name not in DATASETS:
        raise UsageError(f"no data set {name!r}; there are {', '.join(DATASETS)}")
    if not path.exists():
        raise UsageError(f"nothing at {str(path)!r}; name the folder of the download")
    dataset = DATASETS[name]
    scratch = out / _SCRATCH / name
    store = ChunkStore(scratch)
    parsed = dataset.parse(path.resolve(), store)
    if not parsed.labels:
        said = "".join(f"; {p.file}: {p.reason}" for p in parsed.problems[:3])
        raise ToolError(f"{str(path)!r} gave no row{said}; check the download", kind="bad_data")
    scratch.mkdir(parents=True, exist_ok=True)
    written = [(dataset.labels, parsed.labels)]
    if dataset.images is not None:
        written.append((dataset.images, parsed.images))
    parts = [_write(scratch, table, rows, dataset.about) for table, rows in written]
    files = tuple(out / part.name for part in parts)
    for part, file in zip(parts, files, strict=True):
        part.replace(file)
    shutil.rmtree(scratch)
    with suppress(OSError):  # another data set may be half done
        scratch.parent.rmdir()
    counts = pd.Series([row["cat_name"] for row in parsed.labels]).value_counts()
    patches = {row["image_id"] for row in parsed.labels}
    return IngestReport(
        dataset=name,
        files=tuple(str(file) for file in files),
        rows=len(parsed.labels),
        images=len(parsed.images) if dataset.images is not None else len(patches),
        classes={str(label): int(count) for label, count in sorted(counts.items())},
        skipped=parsed.skipped,
        resumed_chunks=store.resumed,
        about=dataset.about,
        problems=tuple(parsed.problems),
    )


def _write(folder: Path, table: _Table, rows: list[dict[str, Any]], about: str) -> Path:
    frame = pd.DataFrame.from_records(rows)
    frame["date"] = pd.to_datetime(frame["date"], utc=True).astype("datetime64[ms, UTC]")
    frame["uoi"] = [f"{table.code}_{number}" for number in range(len(frame))]
    shapes = [_shape(row) for row in rows]
    layer = gpd.GeoDataFrame(frame[list(table.columns)], geometry=shapes, crs="EPSG:4326")
    path = folder / f"{table.layer}.gpkg"
    path.unlink(missing_ok=True)
    write_geopackage(path, layer, layer=table.layer, description=about)
    return path


def _shape(row: dict[str, Any]) -> shapely.Geometry:
    return shapely.Polygon(row["ring"]) if "ring" in row else shapely.Point(row["point"])
