"""`terragate data describe`: what a folder of data holds, and its drafted `terragate.toml`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ...tools.geo.catalogs.folder import FolderCatalog


def describe(
    folder: Annotated[Path, typer.Argument(help="Folder of GeoTIFF and vector files.")],
    write: Annotated[
        bool, typer.Option("--write", help="Write terragate.toml there; what is in it is kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what a folder holds, what is wrong with it, and draft its terragate.toml."""
    from ...tools.geo.catalogs.draft import draft_sidecar
    from ...tools.geo.catalogs.folder import folder_catalog
    from ...tools.geo.catalogs.folder_read import read_folder
    from ...tools.geo.catalogs.sidecar import NAME

    if not folder.is_dir():
        raise UsageError(f"no folder at {str(folder)!r}; name a folder of data files")
    root = folder.resolve()
    read = read_folder(root)
    catalog = folder_catalog(read)
    if not catalog.collections() and not catalog.problems:
        raise UsageError(f"folder {str(folder)!r} holds no GeoTIFF and no vector file")
    path = root / NAME
    existing = path.read_text(encoding="utf-8") if path.exists() else ""
    draft = draft_sidecar(read, existing)
    written = write and draft != existing
    if written:
        _write(path, draft)
    if as_json:
        _print_json(catalog, path, draft, written=written)
    else:
        _print(catalog, path, draft, written=written)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _print_json(catalog: FolderCatalog, path: Path, draft: str, *, written: bool) -> None:
    said = {
        "folder": str(catalog.root),
        "sidecar": str(path),
        "written": written,
        "collections": [info.model_dump(mode="json") for info in catalog.collections()],
        "problems": [problem.model_dump() for problem in catalog.problems],
        "draft": draft,
    }
    sys.stdout.write(json.dumps(said) + "\n")


def _print(catalog: FolderCatalog, path: Path, draft: str, *, written: bool) -> None:
    console = Console()
    table = Table("collection", "kind", "dates", "bands or columns")
    for info in catalog.collections():
        dates = "" if info.start.year == 1 else f"{info.start} to {info.end}"
        holds = ", ".join(info.bands or tuple(name for name, _ in info.columns))
        table.add_row(info.id, info.kind, dates, holds[:80])
    console.print(table)
    for problem in catalog.problems:
        console.print(f"{problem.file}: {problem.reason}", markup=False, soft_wrap=True)
    if written:
        Console(stderr=True).print(f"wrote {path}", markup=False, soft_wrap=True)
        return
    console.print(draft, markup=False, highlight=False, soft_wrap=True)
