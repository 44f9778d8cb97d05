"""Results of nodes kept on disk, by content: a killed run and an edited plan take them up again.

The key of a node is made of its call, the records it may see, the request and the data, so that a
node is run again exactly when something it rests on is another.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ...tools.artifacts import sha256_file
from ...tools.geo.catalog import Catalog
from ...tools.records import ArtifactRef, Record
from ..context import RunContext
from ..runs import run_folder, write_model
from .caller import NodeResult
from .plan import Node

FOLDER: Final = "nodes"
REUSE: Final = "reuse"


class NodeCache:
    """The `nodes/` folder of a run, and that of the finished run that its plan was edited from."""

    def __init__(self, run: RunContext) -> None:
        self._own = run.store.root
        # Without a request file nothing of the run is kept.
        self.keeps = (self._own / "request.json").is_file()
        earlier = run.request.tuning.get(REUSE)
        self._other = run_folder(self._own.parent, str(earlier)) if earlier else None
        self._versions = {tool.name: tool.version for tool in run.domain.tools}
        self._common = [
            run.request.model_dump_json(exclude={"tuning", "workflow", "thread", "budget"}),
            fingerprint(run.catalog) if self.keeps else "",
        ]

    def key(self, node: Node, visible: Mapping[str, Record]) -> str:
        """Return what names the result of a node: 32 hexadecimal digits."""
        parts: list[Any] = [
            *self._common,
            node.model_dump(mode="json"),
            self._versions.get(node.tool, ""),
            [record.model_dump(mode="json") for record in visible.values()],
        ]
        said = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def find(self, key: str) -> NodeResult | None:
        """Return the kept result of that name, its files in this run's folder."""
        if not self.keeps:
            return None
        found = _read(self._own / FOLDER / f"{key}.json")
        if found is not None:
            return found.model_copy(update={"reused": True})
        found = _read(self._other / FOLDER / f"{key}.json") if self._other else None
        if found is None or self._other is None:
            return None
        refs = [ref for record in found.records for ref in record.artifacts]
        if not all(_take(self._other, self._own, ref) for ref in refs):
            return None
        # What an earlier run has paid for costs this one nothing.
        found = found.model_copy(update={"entries": (), "reused": True})
        self.keep(key, found)
        return found

    def keep(self, key: str, result: NodeResult) -> None:
        """Write a result down, in one piece or not at all."""
        if self.keeps and result.status in ("ok", "empty"):
            write_model(self._own / FOLDER / f"{key}.json", result, durable=False)


def fingerprint(catalog: Catalog) -> str:
    """Return a hash of what the catalog says it holds and of the files that say so."""
    said = [info.model_dump_json() for info in catalog.collections()]
    if catalog.root.is_dir():
        files = (p for pattern in ("*", "*/*") for p in catalog.root.glob(pattern) if p.is_file())
        for path in sorted(files):
            seen = path.stat()
            name = path.relative_to(catalog.root).as_posix()
            said.append(f"{name} {seen.st_size} {seen.st_mtime_ns}")
    return hashlib.sha256("\n".join((catalog.address, *said)).encode()).hexdigest()


def _read(path: Path) -> NodeResult | None:
    try:
        return NodeResult.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError):
        return None


def _take(source: Path, target: Path, ref: ArtifactRef) -> bool:
    """Link a file of one run into another; what is no longer what it was is not taken."""
    old, new = source / ref.path, target / ref.path
    if not new.resolve().is_relative_to(target.resolve()):
        return False
    if not old.is_file() or sha256_file(old) != ref.sha256:
        return False
    if not new.exists():
        new.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.hardlink_to(old)
        except OSError:
            shutil.copyfile(old, new)
    return True
