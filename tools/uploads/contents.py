"""Tell what an upload is by its first bytes, within a size cap, and open it accordingly."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from ..errors import ToolError
from .archive import Archive
from .geojson import read_geojson
from .geopackage import read_geopackage
from .kml import read_kml
from .shapefile import read_shapefile
from .shapes import MAX_BYTES, Upload, refused

_SQLITE: Final = b"SQLite format 3\x00"
_ZIP: Final = b"PK\x03\x04"
_BOM: Final = b"\xef\xbb\xbf"
_ACCEPTED: Final = "send GeoJSON, a GeoPackage, a zipped shapefile or KML"


def read_upload(path: Path) -> Upload:
    """Return the polygons of a file at an absolute path that the operator's code resolved."""
    if not path.is_absolute():
        raise ToolError(f"the path of an upload must be absolute, not {path.name!r}",
                        kind="bad_argument")  # fmt: skip
    raw = _bounded_bytes(path)
    if raw.startswith(_SQLITE):
        return read_geopackage(raw)
    if raw.startswith(_ZIP):
        return _read_zip(raw)
    start = raw[:4096].removeprefix(_BOM).lstrip()[:1]
    if start == b"{":
        return read_geojson(raw)
    if start == b"<":
        return read_kml(raw)
    raise refused(f"is of no kind that is read here; {_ACCEPTED}")


def _bounded_bytes(path: Path) -> bytes:
    """Return a regular file's bytes; a link, a pipe or a device is not followed or waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise refused(f"cannot be opened ({error.strerror}); send it again", "not_found") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise refused(f"is no regular file; {_ACCEPTED}")
    with os.fdopen(handle, "rb") as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise refused(f"is larger than {MAX_BYTES >> 20} MiB; simplify or cut it", "too_large")
    if not raw:
        raise refused(f"is empty (0 bytes); {_ACCEPTED}")
    return raw


def _read_zip(raw: bytes) -> Upload:
    archive = Archive(raw)
    if archive.names(".shp"):
        return read_shapefile(archive)
    documents = archive.names(".kml")
    if len(documents) == 1:
        return read_kml(archive.read(documents[0]))
    raise refused(f"is a zip archive with neither one shapefile nor one KML document; {_ACCEPTED}")
