"""`terragate.toml`: what a person states about a folder's files that the files do not say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date as day
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from ...records import Frozen
from ..catalog import CollectionKind, PixelRule
from ..checked_toml import read_checked
from ..stac_json import PLAIN_NAME

NAME: Final = "terragate.toml"

Plain = Annotated[str, Field(pattern=PLAIN_NAME)]
Title = Annotated[str, Field(pattern=r"^\w[\w ,.:;()/'&+-]{0,99}$")]
BandName = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,19})?$")]
Unit = Annotated[str, Field(pattern=r"^[A-Za-z0-9%/.*^()\[\]_-]{0,20}$")]


class Entry(Frozen):
    """One collection: `files` are patterns in which `*` also crosses folders.

    `bands` names the bands in order, "" for one without a use; "cloud", "scl" and "qa_pixel" are
    masks. `date` holds for all files, `dates` for one each; `date_rule` is "auto", "tag", "name" or
    a `strptime` pattern of the file's name without suffix. `layer` is one of a GeoPackage.
    """

    kind: CollectionKind
    files: tuple[str, ...] = Field(min_length=1)
    title: Title | None = None
    aliases: tuple[Plain, ...] = ()
    bands: tuple[BandName, ...] = ()
    date: day | None = None
    date_rule: str = Field("auto", pattern=r"^(auto|tag|name|.*%.*)$")
    dates: dict[str, day] = {}
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None
    unit: Unit = ""
    class_column: str | None = None
    date_column: str = "date"
    layer: str | None = None
    synthetic: bool = False

    @property
    def pixels(self) -> PixelRule:
        """Return what is stated about pixel values."""
        return PixelRule(scale=self.scale, offset=self.offset, nodata=self.nodata)

    def covers(self, file: str) -> bool:
        """Return whether a file (relative, with slashes) belongs to the collection."""
        return any(fnmatchcase(file, pattern) for pattern in self.files)


class Sidecar(Frozen):
    """A whole file: the first collection that covers a file has it; `ignore` leaves files out."""

    ignore: tuple[str, ...] = ()
    collections: dict[Plain, Entry] = {}

    def ignores(self, file: str) -> bool:
        """Return whether a file is to be left out."""
        return any(fnmatchcase(file, pattern) for pattern in self.ignore)

    def owner(self, file: str) -> str | None:
        """Return the id of the first collection that covers a file."""
        return next((name for name, one in self.collections.items() if one.covers(file)), None)


def read_sidecar(folder: Path) -> Sidecar:
    """Return the folder's checked sidecar, an empty one when there is none."""
    path = folder / NAME
    if not path.exists():
        return Sidecar()
    return read_checked(path, Sidecar)


def toml_text(value: str) -> str:
    """Return a TOML basic string; JSON's escapes are TOML's but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_list(values: Iterable[str]) -> str:
    """Return a TOML array of strings."""
    return "[" + ", ".join(map(toml_text, values)) + "]"
