"""Which detectors there are: a catalog's labels, and the models in the operator's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ...errors import (
    InfrastructureError,
    RetryableToolError,
    ToolError,
    ToolUnavailable,
    UsageError,
)
from ...spec import Detectors
from ..catalog import Catalog
from .manifest import NAME, Task, bad_manifest, read_manifest
from .model_check import checked_model, said_path
from .onnx import OnnxDetector
from .precomputed import label_detectors
from .protocol import Detector

MAX_DETECTORS: Final = 200
_MOST_SAID: Final = 5


class Shelf(NamedTuple):
    """The operator's folder, in full, and its models by name, in the order of their names."""

    folder: Path
    models: dict[str, OnnxDetector]


def open_shelf(folder: Path, catalog: Catalog) -> Shelf:
    """Return the models whose manifest lies in the folder or in a folder directly below it.

    Every manifest and model file is checked here, before a run begins: one that is corrupt, too
    large, without a manifest or of a name already taken refuses the whole folder, and the error
    names each. A run with fewer models than its operator believes would answer otherwise, and
    nobody would know why. A folder among the data is refused too.
    """
    if not folder.is_dir():
        raise UsageError(f"detector folder {str(folder)!r} does not exist: create it or unset it")
    if folder.resolve().is_relative_to(catalog.root.resolve()):
        raise UsageError(
            f"detector folder {str(folder)!r} lies in the data folder, where anybody who brings "
            "data could put a model: move it elsewhere"
        )
    models: dict[str, OnnxDetector] = {}
    problems = list(_strangers(folder))
    taken = {one.name for one in label_detectors(catalog)}
    for path in _manifests(folder):
        try:
            model = _checked(path)
            if model.name in taken:
                raise bad_manifest(path, f"has the name {model.name!r}, which is taken")
        except ToolUnavailable as error:
            raise InfrastructureError(str(error)) from error
        except ToolError as error:
            problems.append(str(error))
        else:
            taken.add(model.name)
            models[model.name] = model
    if problems:
        said = "; ".join(problems[:_MOST_SAID])
        more = f" (and {len(problems) - _MOST_SAID} more)" if len(problems) > _MOST_SAID else ""
        raise UsageError(f"detector folder {str(folder)!r} cannot be used: {said}{more}")
    return Shelf(folder.absolute(), dict(sorted(models.items())))


def _manifests(folder: Path) -> list[Path]:
    paths = sorted(p for p in (folder / NAME, *folder.glob(f"*/{NAME}")) if p.is_file())
    if len(paths) > MAX_DETECTORS:
        raise UsageError(
            f"detector folder {str(folder)!r} holds {len(paths)} detectors, more than "
            f"{MAX_DETECTORS}: move some elsewhere"
        )
    return paths


def _strangers(folder: Path) -> Iterator[str]:
    """Yield what is wrong with model files that no manifest lies beside."""
    for path in sorted((*folder.glob("*.onnx"), *folder.glob("*/*.onnx"))):
        if not (path.parent / NAME).is_file():
            yield f"model {said_path(path)} has no {NAME} beside it; write one or move the model"


def _checked(path: Path) -> OnnxDetector:
    manifest = read_manifest(path)
    checked_model(path.parent / manifest.model, manifest.sha256)
    return OnnxDetector(path.parent, manifest)


def of_task(models: Detectors, task: Task) -> tuple[OnnxDetector, ...]:
    """Return the models for one task."""
    return tuple(one for one in models.values() if one.manifest.task == task)


def object_detectors(catalog: Catalog, models: Detectors) -> tuple[Detector, ...]:
    """Return what finds objects, a catalog's labels first."""
    return (*label_detectors(catalog), *of_task(models, "detection"))


def find_detector(name: str, known: tuple[Detector, ...]) -> Detector:
    """Return the detector of that name; an unknown name is told the names there are."""
    folded = name.casefold()
    for one in known:
        if folded == one.name.casefold():
            return one
    names = tuple(one.name for one in known)
    raise RetryableToolError(
        f"no detector {name!r}; there are {list(names)}", kind="not_found", candidates=names
    )
