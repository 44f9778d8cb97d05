"""xView1 (Lam et al. 2018): `xView_train.geojson` and the images in `train_images`.

xView publishes no acquisition dates. A label has `ingest_time`, when it was entered: its day is the
`date` of the label, and the first one in an image is that of the image. The table's description
says that dates are assumed, so every answer from it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import ijson

from ...tools.errors import ToolError, UsageError
from ...tools.geo.class_tables import XVIEW_CLASSES
from ...tools.geo.raster import open_geotiff
from .records import Parsed, Point, on_earth

LABELS: Final = "xView_train.geojson"
IMAGES: Final = "train_images"
FIRST_DAY: Final = "2017-06-29"
"""The first day of the published labels' `ingest_time`: stands in where a label has none."""
MAX_FEATURES: Final = 5_000_000

_NUMBERS: Final = (
    (11, 12, 13, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 32, 33, 34, 35)
    + (36, 37, 38, 40, 41, 42, 44, 45, 47, 49, 50, 51, 52, 53, 54, 55, 56, 57, 59, 60)
    + (61, 62, 63, 64, 65, 66, 71, 72, 73, 74, 76, 77, 79, 83, 84, 86, 89, 91, 93, 94)
)
CLASSES: Final[Mapping[int, str]] = dict(zip(_NUMBERS, XVIEW_CLASSES, strict=True))
"""The 60 `type_id`s of the data set's class list; 75 and 82 occur in it without a name."""

_IMAGE: Final = re.compile(r"[\w-]{1,60}\.tiff?")
_DAY: Final = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)")


def parse_xview(path: Path) -> Parsed:
    """Return the labels and images of a download; a label that cannot be used is skipped."""
    source = path if path.is_file() else path / LABELS
    if not source.is_file():
        raise UsageError(f"no {LABELS} in {str(path)!r}; name the folder of the xView download")
    parsed = Parsed()
    try:
        with source.open("rb") as stream:
            for number, feature in enumerate(ijson.items(stream, "features.item", use_float=True)):
                if number >= MAX_FEATURES:
                    raise ToolError(
                        f"{source.name!r} has more than {MAX_FEATURES} features", kind="too_large"
                    )
                _label(feature, f"{source.name} feature {number}", parsed)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise ToolError(
            f"{source.name!r} is no complete GeoJSON ({error}); download it again", kind="bad_data"
        ) from error
    _add_images(source.parent / IMAGES, parsed)
    return parsed


def _label(feature: Any, where: str, parsed: Parsed) -> None:
    try:
        properties = feature["properties"]
        image = str(properties["image_id"])
        number = int(properties["type_id"])
        box = [float(v) for v in str(properties["bounds_imcoords"]).split(",")]
        ring = _ring(feature["geometry"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        parsed.skip(where, f"is incomplete ({type(error).__name__}: {error})")
        return
    name = CLASSES.get(number)
    if name is None:
        parsed.skip(where, f"has the type_id {number}, which is none of the 60 classes")
    elif not _IMAGE.fullmatch(image):
        parsed.skip(where, f"names the image {image!r}")
    elif len(box) != 4 or not (box[0] <= box[2] and box[1] <= box[3]):
        parsed.skip(where, f"has the pixel box {box!r}")
    elif not on_earth(ring) or len({*ring}) < 3:
        parsed.skip(where, "has a geometry that is no polygon in degrees")
    else:
        corners = dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
        row = {"image_id": image, "filename": image, "cat_id": number, "cat_name": name}
        day = _day(properties.get("ingest_time"))
        parsed.labels.append(row | {"date": day} | corners | {"ring": ring})


def _ring(geometry: Any) -> list[Point]:
    if geometry["type"] != "Polygon":
        raise ValueError(f"geometry {geometry['type']!r}")
    return [(float(point[0]), float(point[1])) for point in geometry["coordinates"][0]]


def _day(text: Any) -> str:
    found = _DAY.match(str(text))
    try:
        return date(*map(int, found.groups())).isoformat() if found else FIRST_DAY
    except ValueError:
        return FIRST_DAY


def _add_images(folder: Path, parsed: Parsed) -> None:
    """Add an image for each that has labels, at the centre of its file, else of its labels."""
    labels: dict[str, list[dict[str, Any]]] = {}
    for row in parsed.labels:
        labels.setdefault(row["image_id"], []).append(row)
    for image, rows in sorted(labels.items()):
        day = min(row["date"] for row in rows)
        point = _centre(folder / image, parsed) or _middle(rows)
        parsed.images.append({"image_id": image, "filename": image, "date": day, "point": point})


def _centre(path: Path, parsed: Parsed) -> Point | None:
    from pyproj import Transformer

    if not path.is_file():
        return None
    try:
        with open_geotiff(path) as dataset:
            left, bottom, right, top = dataset.bounds
            to_degrees = Transformer.from_crs(dataset.crs, "EPSG:4326", always_xy=True)
            lon, lat = to_degrees.transform((left + right) / 2, (bottom + top) / 2)
    except ToolError as error:
        parsed.skip(path.name, f"{error} (its image is placed by its labels)")
        return None
    return (float(lon), float(lat)) if on_earth([(lon, lat)]) else None


def _middle(rows: list[dict[str, Any]]) -> Point:
    lons = [lon for row in rows for lon, _ in row["ring"]]
    lats = [lat for row in rows for _, lat in row["ring"]]
    return (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
