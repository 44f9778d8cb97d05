"""FAIR1M (Sun et al. 2022): one XML file per image, with rotated boxes in pixels.

FAIR1M publishes no acquisition dates, and a row without a date could never be found, as every
search is bounded by dates. So every row carries `ASSUMED_DAY`, the start of the years 2015 to 2017
that other tables of this schema spread their rows over at random, and the table's description says
that dates are assumed, so every answer from it does. Rows are placed by the image's own
georeference; an image without one cannot be placed and is skipped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse
from pyproj import Transformer

from ...tools.errors import ToolError, UsageError
from ...tools.geo.class_tables import FAIR1M_CLASSES
from ...tools.geo.raster import open_geotiff
from .chunks import ChunkStore, parse_files
from .records import Parsed, Point, on_earth, walk

ASSUMED_DAY: Final = "2015-01-01"
MAX_XML_BYTES: Final = 16 * 1024 * 1024
MAX_OBJECTS: Final = 100_000

_NUMBERS: Final[Mapping[str, int]] = {name.casefold(): i for i, name in enumerate(FAIR1M_CLASSES)}
_IMAGE: Final = re.compile(r"[\w-]{1,60}\.tiff?")
_FOLDERS: Final = ("images", "image", "Images")


def parse_fair1m(root: Path, store: ChunkStore) -> Parsed:
    """Return the labels and images of a download; an object that cannot be used is skipped."""
    files = [path for path in walk(root) if path.suffix.lower() == ".xml"] if root.is_dir() else []
    if not files:
        raise UsageError(f"no XML file below {str(root)!r}; name the folder of the FAIR1M download")
    return parse_files(store, files, partial(_annotation, root))


def _annotation(root: Path, path: Path, parsed: Parsed) -> None:
    where = path.relative_to(root).as_posix()
    try:
        if path.stat().st_size > MAX_XML_BYTES:
            parsed.skip(where, f"is larger than {MAX_XML_BYTES} bytes")
            return
        tree = parse(path, forbid_dtd=True).getroot()
    except (ParseError, DefusedXmlException, OSError, ValueError) as error:
        parsed.skip(where, f"is no safe XML ({type(error).__name__}: {error})")
        return
    name = _text(tree, "source/filename") if tree is not None else ""
    if tree is None or not _IMAGE.fullmatch(name):
        parsed.skip(where, f"names the image {name!r}")
        return
    image = _image(path, name)
    if image is None:
        parsed.skip(where, f"has no image {name!r} in a folder beside it")
        return
    _objects(tree, image, (image.relative_to(root).as_posix(), where), parsed)


def _image(path: Path, name: str) -> Path | None:
    """Return the image, which lies in `images` beside the folder of the annotations."""
    places = [path.parent.parent / folder / name for folder in _FOLDERS] + [path.parent / name]
    return next((place for place in places if place.is_file() and not place.is_symlink()), None)


def _objects(tree: Element, image: Path, named: tuple[str, str], parsed: Parsed) -> None:
    filename, where = named
    try:
        with open_geotiff(image) as dataset:
            grid, size = dataset.transform, (dataset.width, dataset.height)
            to_degrees = Transformer.from_crs(dataset.crs, "EPSG:4326", always_xy=True)
    except ToolError as error:
        parsed.skip(where, f"cannot be placed: {error}")
        return

    def place(column: float, row: float) -> Point:
        lon, lat = to_degrees.transform(grid.c + grid.a * column, grid.f + grid.e * row)
        return float(lon), float(lat)

    same = {"image_id": filename, "filename": filename, "date": ASSUMED_DAY}
    centre = place(size[0] / 2, size[1] / 2)
    if not on_earth([centre]):
        parsed.skip(where, "cannot be placed: its image lies outside the area of its CRS")
        return
    parsed.images.append(same | {"point": centre})
    for number, item in enumerate(tree.iterfind("objects/object")):
        if number >= MAX_OBJECTS:
            parsed.skip(where, f"has more than {MAX_OBJECTS} objects; the rest is left out")
            return
        row = _object(item, f"{where} object {number}", parsed)
        if row is None:
            continue
        ring = [place(*corner) for corner in row.pop("corners")]
        if on_earth(ring):
            parsed.labels.append(same | row | {"ring": ring})
        else:
            parsed.skip(f"{where} object {number}", "lies outside the area of its image's CRS")


def _object(item: Element, where: str, parsed: Parsed) -> dict[str, Any] | None:
    name = _text(item, "possibleresult/name")
    number = _NUMBERS.get(name.casefold())
    if number is None:
        parsed.skip(where, f"has the class {name!r}, which is none of the 37")
        return None
    corners: list[Point] = []
    try:
        for point in item.iterfind("points/point"):
            x, y = (point.text or "").split(",")
            corners.append((float(x), float(y)))
    except ValueError:
        corners = []
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) != 4 or not all(math.isfinite(v) for corner in corners for v in corner):
        parsed.skip(where, "is no box of four corners")
        return None
    xs, ys = zip(*corners, strict=True)
    box = {"xmin": min(xs), "ymin": min(ys), "xmax": max(xs), "ymax": max(ys)}
    return {"cat_id": number, "cat_name": FAIR1M_CLASSES[number]} | box | {"corners": corners}


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
