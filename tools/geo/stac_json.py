"""The parts of STAC JSON files that the catalog uses, checked on the way in.

Files are read below one root only; a link or asset that leaves it, or names a network address or a
GDAL virtual file, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ToolError

MAX_JSON_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 8
PLAIN_NAME: Final = r"^\w[\w .:-]{0,99}$"
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Link(_Part):
    """A relation to another file."""

    rel: str
    href: str


class Band(_Part):
    """A band of an asset; `common_name` is the name STAC agrees on."""

    name: str | None = None
    common_name: str | None = None
    eo_common_name: str | None = Field(None, alias="eo:common_name")


class Asset(_Part):
    """A data file of an item or collection."""

    href: str
    roles: tuple[str, ...] = ()
    bands: tuple[Band, ...] = ()
    eo_bands: tuple[Band, ...] = Field((), alias="eo:bands")


class _Spatial(_Part):
    bbox: tuple[tuple[float, ...], ...] = Field(min_length=1)


class _Temporal(_Part):
    interval: tuple[tuple[datetime | None, datetime | None], ...] = Field(min_length=1)


class Extent(_Part):
    """Where and when a collection lies."""

    spatial: _Spatial
    temporal: _Temporal


class Group(_Part):
    """A catalog or a collection; the `terragate:` fields are optional hints."""

    type: Literal["Catalog", "Collection"]
    id: str = Field(pattern=PLAIN_NAME)
    title: str = ""
    links: tuple[Link, ...] = ()
    assets: dict[str, Asset] = {}
    extent: Extent | None = None
    kind: Literal["scenes", "detections", "landcover"] | None = Field(None, alias="terragate:kind")
    aliases: tuple[str, ...] = Field((), alias="terragate:aliases")
    classes: tuple[str, ...] = Field((), alias="terragate:classes")
    synthetic: bool = Field(False, alias="terragate:synthetic")


class _Properties(_Part):
    acquired: datetime | None = Field(None, alias="datetime")
    begun: datetime | None = Field(None, alias="start_datetime")
    cloud_cover: float = Field(0.0, alias="eo:cloud_cover", ge=0, le=100)


class ItemJson(_Part):
    """One item: a scene, its footprint and its files."""

    type: Literal["Feature"]
    id: str = Field(min_length=1, max_length=200)
    geometry: dict[str, Any]
    bbox: tuple[float, ...]
    properties: _Properties
    assets: dict[str, Asset]

    @property
    def day(self) -> date | None:
        """Return the UTC day it was taken, if the item says one."""
        taken = self.properties.acquired or self.properties.begun
        return taken.date() if taken else None


_Json = TypeVar("_Json", Group, ItemJson)


def bad_file(path: Path, reason: str) -> ToolError:
    """Return the error for a catalog file that cannot be used."""
    return ToolError(
        f"catalog file {str(path)!r} {reason}; mend the file or leave it out", kind="bad_data"
    )


def inside(root: Path, base: Path, href: str) -> Path:
    """Return the file a relative `href` in `base` names; it must lie below the root."""
    if _SCHEME.match(href) or href.startswith(("/", "\\")):
        raise bad_file(base, f"names {href!r}, which is not a relative path")
    target = (base.parent / href).resolve()
    if not target.is_relative_to(root.resolve()):
        raise bad_file(base, f"names {href!r}, which leaves the catalog's folder")
    return target


def read_json(path: Path, model: type[_Json]) -> _Json:
    """Return a STAC file's checked content."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise bad_file(path, f"is larger than {MAX_JSON_BYTES} bytes")
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise bad_file(path, f"cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise bad_file(path, f"is no STAC {model.__name__}: {where}: {first['msg']}") from error


def walk(root: Path, start: Path) -> Iterator[tuple[Path, Group]]:
    """Yield a catalog file and those of its child links, parents first."""
    seen: set[Path] = set()
    ahead = [(start, 0)]
    while ahead:
        path, depth = ahead.pop(0)
        if path in seen:
            continue
        seen.add(path)
        if depth > MAX_DEPTH:
            raise bad_file(path, f"lies more than {MAX_DEPTH} child links deep")
        group = read_json(path, Group)
        yield path, group
        children = [inside(root, path, link.href) for link in group.links if link.rel == "child"]
        ahead += [(child, depth + 1) for child in children]
