"""Draft a folder's `terragate.toml`: what the files say, and blanks for what a person must add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ..table_file import CLASS_COLUMN, DATE_COLUMN
from .folder_read import Folder, VectorFile
from .opening import TABLE_SUFFIXES
from .raster_groups import RasterFile, RasterGroup
from .sidecar import NAME, toml_list, toml_text

MAX_LISTED: Final = 12
HEADER: Final = f"""\
# {NAME}: what the files of this folder do not say of themselves.
#
# Written by `terragate data describe --write`, which later only adds collections for new files.
# Lines that begin with "# " are blanks: complete them and remove the "# ". The first collection
# whose `files` match a file has it; `*` in a pattern also crosses folders. Of several collections
# of one kind the first is the default. Leave files out with: ignore = ["drafts/*", "old.tif"]
"""


def draft_sidecar(folder: Folder, existing: str = "") -> str:
    """Return the sidecar's text: the existing text as it is, then a block for each new collection.

    The same files and the same text always give the same draft.
    """
    everything = _all_files(folder)
    blocks = [
        _raster_block(name, group, everything) for name, group in sorted(folder.groups.items())
    ]
    blocks += [_vector_block(name, one) for name, one in sorted(folder.layers.items())]
    start = existing if existing.strip() else HEADER
    if not blocks:
        return start
    return start.rstrip("\n") + "\n\n" + "\n".join(blocks)


def _all_files(folder: Folder) -> set[str]:
    stated = [one.file for files in folder.stated_rasters.values() for one in files]
    stated += [one.file for files in folder.stated_layers.values() for one in files]
    grouped = [one.file for group in folder.groups.values() for one in group.files]
    return {*stated, *grouped, *(one.file for one in folder.layers.values())}


def _raster_block(name: str, group: RasterGroup, everything: set[str]) -> str:
    kind = "surface" if group.kind == "surface" else "scenes"
    lines = _head(name, kind, _patterns([one.file for one in group.files], everything))
    first = group.files[0]
    if kind == "scenes":
        lines += [*_bands(first, group.files), *_dates(group.files)]
    else:
        unit = f"unit = {toml_text(first.facts.unit)}" if first.facts.unit else '# unit = "m"'
        lines.append(_said(unit, "of the pixel values"))
    lines += _blanks()
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, files: Iterable[str]) -> list[str]:
    key = name if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else None
    return [
        f"[collections.{key or toml_text(name)}]",
        f"kind = {toml_text(kind)}",
        f"files = {toml_list(files)}",
        f"title = {toml_text(name)}",
        _said('# aliases = ["another name"]', "what people call it"),
    ]


def _patterns(files: Sequence[str], everything: set[str]) -> list[str]:
    """Return the files, as patterns where many share a folder and nothing else would match."""
    if len(files) <= MAX_LISTED:
        return [_literal(file) for file in files]
    places = sorted({(f.rpartition("/")[0], f.rpartition(".")[2]) for f in files})
    patterns = [
        f"{_literal(folder)}/*.{suffix}" if folder else f"*.{suffix}" for folder, suffix in places
    ]
    matched = {f for f in everything if any(fnmatchcase(f, pattern) for pattern in patterns)}
    return patterns if matched == set(files) else [_literal(file) for file in files]


def _literal(file: str) -> str:
    """Return a pattern that matches this file alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in file)


def _bands(first: RasterFile, files: Sequence[RasterFile]) -> list[str]:
    if first.band:
        named = sorted({one.band for one in files})
        return [f"# bands are in files of their own: {', '.join(named)}"]
    bands = first.facts.bands
    about = "in order; masks are cloud, scl or qa_pixel; an unused band is empty"
    if all(bands):
        return [_said(f"bands = {toml_list(bands)}", about)]
    blanks = [band or "" for band in bands]
    return [_said(f"# bands = {toml_list(blanks)}", f"name them {about}")]


def _dates(files: Sequence[RasterFile]) -> list[str]:
    undated = [one for one in files if one.date is None]
    if undated:
        return [_said("# date = 2000-01-01", "needed: the files say none")]
    lines: list[str] = []
    for one in files[:MAX_LISTED]:
        date = one.date
        if date is not None:
            known = "" if date.precision == "day" else f", {date.precision} only"
            lines.append(f"# {_comment(one.file)}: {date.day} ({_SOURCES[date.source]}{known})")
    if len(files) > MAX_LISTED:
        lines.append(f"# and {len(files) - MAX_LISTED} more files")
    about = '"auto", "tag", "name", or a pattern of the name such as "img_%d%m%Y"'
    return [*lines, _said('# date_rule = "auto"', about)]


_SOURCES: Final = {
    "name": "file name",
    "tag": "acquisition tag",
    "written": "TIFFTAG_DATETIME, perhaps when the file was made",
    "stated": "stated",
}


def _blanks() -> list[str]:
    return [
        _said("# nodata = 0", "where the files do not say it"),
        _said("# scale = 0.0001", "value = stored * scale + offset"),
        "# offset = 0.0",
        _said("# synthetic = true", "for invented data"),
    ]


def _vector_block(name: str, one: VectorFile) -> str:
    columns = one.layer.columns
    tabular = {CLASS_COLUMN, DATE_COLUMN} <= set(columns)
    tabular &= one.layer.path.suffix.lower() in TABLE_SUFFIXES
    boxed = one.layer.polygons or "xmin" in columns
    kind = ("detections" if boxed else "landcover") if tabular else "features"
    lines = _head(name, kind, [_literal(one.file)])
    if one.layer.path.suffix.lower() == ".gpkg":
        lines.append(f"layer = {toml_text(one.layer.name)}")
    shown = ", ".join(_comment(column) for column in list(columns)[:MAX_LISTED])
    more = f" and {len(columns) - MAX_LISTED} more" if len(columns) > MAX_LISTED else ""
    lines.append(f"# columns: {shown}{more}")
    if not tabular:
        lines.append(_said('# class_column = "type"', "the column of class names, if one"))
    lines.append(_said("# synthetic = true", "for invented data"))
    return "\n".join(lines) + "\n"


def _said(line: str, about: str) -> str:
    return f"{line}  # {about}"


def _comment(text: str) -> str:
    """Return data as part of a comment: no line of its own, however it is written."""
    return "".join(c if c.isprintable() else "?" for c in text)[:80]
