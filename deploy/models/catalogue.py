"""The catalogue: our own model and the open models that the platform's users run."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from ...tools.errors import UsageError
from ...tools.records import Frozen
from .shape import Checkpoint, Scheme, Shape, read_checkpoint

CATALOGUE = Path(__file__).with_name("catalogue.toml")
Domain = Literal["geo", "rtl", "both"]
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = r"^[0-9a-f]{64}$"


class Entry(Frozen):
    """One model: where its weights are, what they may be used for and what they need.

    `folder` (beside the catalogue) holds weights that are in the package, `repository` names those
    on a hub; `context` is in tokens; an empty `licence` or a missing `tool_call_parser` is not
    known. `pickle_only` repositories hold no safetensors, so they cannot be fetched.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    about: str
    source: str = Field(min_length=1)
    domain: Domain
    licence: str = ""
    folder: str | None = None
    repository: str | None = Field(default=None, pattern=r"^[\w.-]{1,96}/[\w.-]{1,96}$")
    revision: str = "main"
    gated: bool = False
    pickle_only: bool = False
    context: int | None = Field(default=None, ge=1)
    scheme: Scheme = "bf16"
    tool_call_parser: str | None = Field(default=None, pattern=r"^[a-z0-9_]+$")
    sha256: dict[str, str] = {}
    shape: Shape | None = None

    @model_validator(mode="after")
    def _whole(self) -> Entry:
        if (self.folder is None) == (self.repository is None):
            raise ValueError("give either 'folder' or 'repository'")
        if self.repository is not None and (self.shape is None or self.context is None):
            raise ValueError("a repository needs 'context' and a 'shape'")
        if any(re.fullmatch(_SHA256, digest) is None for digest in self.sha256.values()):
            raise ValueError("'sha256' must hold hexadecimal digests")
        return self

    @property
    def pinned(self) -> bool:
        """Return whether the revision names one commit for ever."""
        return self.repository is None or _COMMIT.fullmatch(self.revision) is not None

    def checkpoint(self) -> Checkpoint:
        """Return shape, context and scheme; those of packaged weights are read beside them."""
        if self.shape is None or self.context is None:
            return read_checkpoint(self.place(Path()))
        return Checkpoint(shape=self.shape, context=self.context, scheme=self.scheme)

    def place(self, models: Path) -> Path:
        """Return the folder of the weights: in the package, or below the folder of `models`."""
        return models / self.name if self.folder is None else CATALOGUE.parent / self.folder


def load_catalogue(path: Path = CATALOGUE) -> tuple[Entry, ...]:
    """Return the entries of a catalogue file's `[models.NAME]` tables."""
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("models", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the catalogue {str(path)!r} ({error}): mend it") from error
    if not isinstance(tables, dict):
        raise UsageError(f"'models' in {str(path)!r} is no table: write [models.NAME]")
    return tuple(_entry(name, table, path) for name, table in tables.items())


@cache
def catalogue() -> tuple[Entry, ...]:
    """Return the entries of the catalogue in the package."""
    return load_catalogue()


def find_entry(name: str, entries: tuple[Entry, ...] | None = None) -> Entry:
    """Return the entry of that name; UsageError with the names there are."""
    entries = catalogue() if entries is None else entries
    for entry in entries:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise UsageError(f"no model {name!r} in the catalogue: use one of {known}")


def _entry(name: str, table: object, path: Path) -> Entry:
    if not isinstance(table, dict):
        raise UsageError(f"model {name!r} in {str(path)!r} is no table: write [models.{name}]")
    try:
        return Entry.model_validate({"name": name, **table})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"model {name!r} in {str(path)!r}: {where}: {first['msg']} (found {first['input']!r})"
        ) from error
