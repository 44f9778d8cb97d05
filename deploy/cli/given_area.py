"""The areas of a command line: `--aoi` as a file or as text, and `--view`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ...tools.errors import UsageError
from ...tools.geo.areas.given import read_edges, read_given
from ...workflows.request import Viewport


class GivenArea(NamedTuple):
    """What the person gave: files to be read, a GeoJSON object, or neither."""

    files: tuple[str, ...] = ()
    aoi: dict[str, Any] | None = None


def read_area(text: str | None) -> GivenArea:
    """Return the area of `--aoi`: the file of that name, else what the text itself says."""
    if text is None:
        return GivenArea()
    path = _file(text)
    if path is not None:
        return GivenArea(files=(str(path),))
    try:
        return GivenArea(aoi=read_given(text))
    except UsageError as error:
        raise UsageError(f"--aoi: {error}") from error


def read_view(text: str | None) -> Viewport | None:
    """Return the map view of `--view`, as west,south,east,north in degrees."""
    if text is None:
        return None
    try:
        return Viewport(bbox=read_edges(text))
    except UsageError as error:
        raise UsageError(f"--view: {error}") from error
    except ValidationError as error:
        raise UsageError(f"--view: {error.errors()[0]['msg']}") from error


def _file(text: str) -> Path | None:
    """Return the file that a text names; a text that can be no path names none."""
    try:
        path = Path(text)
        return path.absolute() if path.is_file() else None
    except (OSError, ValueError):
        return None
