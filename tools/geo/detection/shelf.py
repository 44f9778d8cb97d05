"""Which detectors there are: a catalog's labels, and the models in the operator's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple, Protocol, runtime_checkable

from ...errors import RetryableToolError, ToolError
from ...spec import ToolContext
from ..catalog import Catalog
from .manifest import NAME, Task, bad_manifest, read_manifest
from .onnx import OnnxDetector
from .precomputed import label_detectors
from .protocol import Detector

MAX_DETECTORS: Final = 200


@runtime_checkable
class HasDetectors(Protocol):
    """A tool context that knows the operator's folder of detectors."""

    @property
    def detectors(self) -> Path | None:
        """Return the folder, or nothing when the operator named none."""
        ...


class Shelf(NamedTuple):
    """The models of a folder by name, in the order of their names, and what is wrong with it."""

    models: dict[str, OnnxDetector]
    problems: tuple[str, ...]

    def of_task(self, task: Task) -> tuple[OnnxDetector, ...]:
        """Return the models for one task."""
        return tuple(one for one in self.models.values() if one.manifest.task == task)


def read_shelf(folder: Path | None) -> Shelf:
    """Return the detectors whose manifest lies in the folder or in a folder directly below it."""
    if folder is None:
        return Shelf({}, ())
    if not folder.is_dir():
        return Shelf({}, (f"detector folder {str(folder)!r} does not exist; create it",))
    paths = sorted(p for p in (folder / NAME, *folder.glob(f"*/{NAME}")) if p.is_file())
    found: dict[str, OnnxDetector] = {}
    problems: list[str] = []
    if len(paths) > MAX_DETECTORS:
        problems.append(f"only the first {MAX_DETECTORS} of {len(paths)} detectors are read")
    for path in paths[:MAX_DETECTORS]:
        try:
            manifest = read_manifest(path)
            if manifest.name in found:
                raise bad_manifest(path, f"has the name {manifest.name!r} of another")
            found[manifest.name] = OnnxDetector(path.parent, manifest)
        except ToolError as error:
            problems.append(str(error))
    return Shelf(dict(sorted(found.items())), tuple(problems))


def context_shelf(context: ToolContext) -> Shelf:
    """Return the operator's models of a run; a folder among the data is refused."""
    folder = context.detectors if isinstance(context, HasDetectors) else None
    if folder and folder.resolve().is_relative_to(context.catalog.root.resolve()):
        raise ToolError(
            f"detector folder {folder.name!r} lies in the data folder, where anybody who brings "
            "data could put a model; move it elsewhere",
            kind="precondition",
        )
    return read_shelf(folder)


def detectors(catalog: Catalog, shelf: Shelf) -> tuple[Detector, ...]:
    """Return the object detectors, a catalog's labels first."""
    labels = label_detectors(catalog)
    taken = {one.name for one in labels}
    return (*labels, *(one for one in shelf.of_task("detection") if one.name not in taken))


def find_detector(name: str, known: tuple[Detector, ...], problems: tuple[str, ...]) -> Detector:
    """Return the detector of that name; an unknown name is told the names there are."""
    folded = name.casefold()
    for one in known:
        if folded == one.name.casefold():
            return one
    names = tuple(one.name for one in known)
    wrong = f"; {problems[0]}" if problems else ""
    raise RetryableToolError(
        f"no detector {name!r}; there are {list(names)}{wrong}", kind="not_found", candidates=names
    )
