"""BigEarthNet-S2, versions 1 (Sumbul et al. 2019) and 2 (Clasen et al. 2024).

Version 1 has a `*_labels_metadata.json` in every patch folder with labels, corners, projection and
acquisition date. Version 2 has one `metadata.parquet` with labels; the date is in the patch's name
and its place in its raster, so patches whose raster was not downloaded are skipped. Both have real
acquisition dates. One row of the table is one class of one patch, at the patch's centre.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from ...tools.errors import ToolError, UsageError
from ...tools.geo.class_tables import BIGEARTHNET_CLASSES
from ...tools.geo.raster import open_geotiff
from .chunks import CHUNK, ChunkStore, chunk_key, parse_files
from .records import Parsed, Point, on_earth, walk

METADATA: Final = "metadata.parquet"
MAX_JSON_BYTES: Final = 1024 * 1024
MAX_LABELS: Final = 43
CLASSES_19: Final = (
    "Urban fabric",
    "Industrial or commercial units",
    "Arable land",
    "Permanent crops",
    "Pastures",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Agro-forestry areas",
    "Broad-leaved forest",
    "Coniferous forest",
    "Mixed forest",
    "Natural grassland and sparsely vegetated areas",
    "Moors, heathland and sclerophyllous vegetation",
    "Transitional woodland, shrub",
    "Beaches, dunes, sands",
    "Inland wetlands",
    "Coastal wetlands",
    "Inland waters",
    "Marine waters",
)
"""The nomenclature of version 2."""

_CLASSES: Final = frozenset({*BIGEARTHNET_CLASSES, *CLASSES_19})
_SUFFIX: Final = "_labels_metadata.json"
_PATCH: Final = re.compile(r"S2[A-C]_MSIL2A_(\d{4})(\d\d)(\d\d)T\d{6}_[A-Z0-9_]{1,40}")


def parse_bigearthnet(root: Path, store: ChunkStore) -> Parsed:
    """Return a row for each class of each patch; a patch that cannot be used is skipped."""
    table = root if root.suffix == ".parquet" else root / METADATA
    if table.is_file():
        return _parse_table(table, store)
    files = [path for path in walk(root) if path.name.endswith(_SUFFIX)] if root.is_dir() else []
    if not files:
        raise UsageError(
            f"neither {METADATA} nor a *{_SUFFIX} below {str(root)!r}; "
            "name the folder of the BigEarthNet-S2 download"
        )
    return parse_files(store, files, partial(_patch_json, root))


def _patch_json(root: Path, path: Path, parsed: Parsed) -> None:
    where = path.relative_to(root).as_posix()
    patch = path.name.removesuffix(_SUFFIX)
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(f"it is larger than {MAX_JSON_BYTES} bytes")
        content = json.loads(path.read_bytes())
        day = date.fromisoformat(str(content["acquisition_date"])[:10])
        corners = [float(content["coordinates"][key]) for key in ("ulx", "uly", "lrx", "lry")]
        labels = list(content["labels"])
        point = _centre(str(content["projection"]), corners)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ProjError) as error:
        parsed.skip(where, f"is no usable metadata ({type(error).__name__}: {error})")
        return
    if not _PATCH.fullmatch(patch):
        parsed.skip(where, "has a name that is no patch's")
        return
    _add(parsed, (where, patch), (day, point), labels)


def _centre(projection: str, corners: list[float]) -> Point:
    """Return the centre in degrees; only a WKT projection is taken, so no PROJ pipeline runs."""
    left, top, right, bottom = corners
    to_degrees = Transformer.from_crs(CRS.from_wkt(projection), "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform((left + right) / 2, (top + bottom) / 2)
    return float(lon), float(lat)


def _parse_table(table: Path, store: ChunkStore) -> Parsed:
    import pyarrow as pa
    import pyarrow.parquet as pq

    total = Parsed()
    try:
        with pq.ParquetFile(table) as file:
            batches = file.iter_batches(CHUNK, columns=["patch_id", "labels"])
            for number, batch in enumerate(batches):
                rows: list[dict[str, Any]] = batch.to_pylist()
                run = partial(_patch_rows, table.parent, rows)
                total.add(store.read(chunk_key([table], str(number)), run))
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise ToolError(
            f"{table.name!r} is no readable metadata table ({error}); download it again",
            kind="bad_data",
        ) from error
    return total


def _patch_rows(root: Path, rows: list[dict[str, Any]]) -> Parsed:
    parsed = Parsed()
    for row in rows:
        patch = str(row["patch_id"])
        found = _PATCH.fullmatch(patch)
        try:
            day = date(*map(int, found.groups())) if found else None
        except ValueError:
            day = None
        if day is None:
            parsed.skip(patch, "is no patch name with a date")
            continue
        point = _raster_centre(root, patch, parsed)
        if point is not None:
            _add(parsed, (patch, patch), (day, point), list(row["labels"] or ()))
    return parsed


def _raster_centre(root: Path, patch: str, parsed: Parsed) -> Point | None:
    tile = patch.rsplit("_", 2)[0]
    name = f"{patch}_B02.tif"
    places = [root / "BigEarthNet-S2" / tile / patch / name, root / tile / patch / name]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        parsed.skip(patch, f"has no raster {name} to place it by")
        return None
    try:
        with open_geotiff(path) as dataset:
            left, bottom, right, top = dataset.bounds
            return _centre(dataset.crs.to_wkt(), [left, top, right, bottom])
    except (ToolError, ProjError) as error:
        parsed.skip(patch, f"cannot be placed: {error}")
        return None


def _add(
    parsed: Parsed, named: tuple[str, str], placed: tuple[date, Point], labels: list[Any]
) -> None:
    where, patch = named
    day, point = placed
    if not on_earth([point]):
        parsed.skip(where, "lies outside the area of its projection")
        return
    known = [str(label) for label in labels[:MAX_LABELS] if str(label) in _CLASSES]
    for label in labels:
        if str(label) not in _CLASSES:
            parsed.skip(where, f"has the label {str(label)!r}, which is in no nomenclature")
    same = {"image_id": patch, "filename": patch, "date": day.isoformat(), "point": point}
    parsed.labels += [same | {"cat_name": label} for label in dict.fromkeys(known)]
