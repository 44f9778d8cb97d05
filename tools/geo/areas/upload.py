"""The area of an uploaded file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ...uploads import read_upload
from .outline import aoi_result, outline_of

UPLOADS_FOLDER: Final = "uploads"


class FileAoiArgs(ToolArgs):
    """Which uploaded file holds the area.

    A plain name is looked up in the run's `uploads` folder; an absolute path is one that the
    operator's code resolved before the call.
    """

    file: Annotated[str, Live("request.files")]


def file_aoi(context: ToolContext, args: FileAoiArgs) -> ToolResult:
    """Return the union of the polygons of a GeoJSON, GeoPackage, zipped shapefile or KML file."""
    upload = read_upload(_resolve(context, args.file))
    area = outline_of(upload.layers)
    notes = (f"the area was read from {_article(upload.form)} file", *upload.notes, *area.notes)
    return aoi_result(
        context,
        "uploaded area",
        f"of the uploaded {upload.form} file",
        area._replace(notes=notes),
        f"uploaded {upload.form}",
    )


def _article(form: str) -> str:
    return f"a {form}"


def _resolve(context: ToolContext, name: str) -> Path:
    path = Path(name)
    if path.is_absolute():
        return path
    folder = (context.store.root / UPLOADS_FOLDER).resolve()
    names = tuple(sorted(p.name for p in folder.iterdir())) if folder.is_dir() else ()
    if name not in names:
        raise RetryableToolError(
            f"there is no uploaded file {name[:80]!r}; files sent: {list(names)}",
            kind="not_found",
            candidates=names,
        )
    return folder / name


FILE_AOI: Final = ToolSpec(
    name="file_aoi",
    summary="Take the area of an uploaded file.",
    args=FileAoiArgs,
    run=file_aoi,
    produces=frozenset({"aoi"}),
    cost="seconds",
)
