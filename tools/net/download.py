"""Bringing a whole file: resumed after a cut, bounded, never half there under its final name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock

from ..errors import ToolError
from .answers import declared_size, partial_span, validator
from .cache import DiskCache
from .client import NOT_MODIFIED, HttpClient, Incoming, RangeRefused
from .policy import shown
from .retry import PassingFailure

MAX_FILE_BYTES: Final = 2 * 1024**3
TOTAL_S: Final = 3600.0
_ROUNDS: Final = 100

Sign = Callable[[str], str]


def unsigned(url: str) -> str:
    """Return an address as it is."""
    return url


def download(
    client: HttpClient,
    url: str,
    target: Path,
    *,
    origin: str | None = None,
    max_bytes: int = MAX_FILE_BYTES,
    sign: Sign = unsigned,
) -> Path:
    """Write the file behind an address to `target`; what an earlier try brought is kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.part.lock"):
        part = _Part(target, url)
        _complete(client, part, origin, max_bytes, sign)
        part.path.replace(target)
        part.notes.unlink(missing_ok=True)
    return target


def cached_download(
    client: HttpClient,
    cache: DiskCache,
    url: str,
    *,
    origin: str | None = None,
    max_bytes: int = MAX_FILE_BYTES,
    sign: Sign = unsigned,
) -> Path:
    """Return the file behind an address from the cache, after asking whether it still holds."""
    known = (cache.get(f"validator {url}") or b"").decode()
    held = cache.find(f"file {url} {known}") if known else None
    target = cache.room("incoming") / hashlib.sha256(url.encode()).hexdigest()
    with FileLock(f"{target}.lock"):
        part = _Part(target, url)
        if held and _holds(client, sign(url), origin, known):
            return held
        _complete(client, part, origin, max_bytes, sign)
        part.notes.unlink(missing_ok=True)
        if part.validator:
            cache.put(f"validator {url}", part.validator.encode())
        return cache.adopt(f"file {url} {part.validator}", part.path)


def _holds(client: HttpClient, url: str, origin: str | None, known: str) -> bool:
    """Return whether the server says that the file is still the one with this validator."""
    name = "If-None-Match" if known.startswith('"') else "If-Modified-Since"

    def once() -> bool:
        with client.stream(url, origin=origin, headers={name: known}) as incoming:
            return incoming.status == NOT_MODIFIED

    return client.patiently()(once)


class _Part:
    """An unfinished file and, beside it, which version of which address it is."""

    def __init__(self, target: Path, url: str) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.notes = target.with_name(f"{target.name}.part.json")
        self.url = url
        self.validator = ""
        self.total: int | None = None
        try:
            said = json.loads(self.notes.read_text("utf-8"))
            if said["url"] == url and isinstance(said["validator"], str):
                self.validator, self.total = said["validator"], said["total"]
        except (OSError, ValueError, KeyError, TypeError):
            self.begin("", None)

    @property
    def size(self) -> int:
        """Return the bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def complete(self) -> bool:
        """Return whether all bytes are here."""
        return self.total is not None and self.size == self.total and bool(self.validator)

    def begin(self, version: str, total: int | None) -> None:
        """Start again with another version."""
        self.validator, self.total = version, total
        self.path.unlink(missing_ok=True)
        said = {"url": self.url, "validator": version, "total": total}
        self.notes.write_text(json.dumps(said), "utf-8")


def _complete(
    client: HttpClient, part: _Part, origin: str | None, max_bytes: int, sign: Sign
) -> None:
    """Fill the part; as long as tries bring bytes there are more of them."""

    def once() -> None:
        start = part.size if part.validator else 0
        headers = {"Range": f"bytes={start}-", "If-Range": part.validator} if start else {}
        try:
            with client.stream(
                sign(part.url), origin=origin, headers=headers, max_bytes=max_bytes, total_s=TOTAL_S
            ) as incoming:
                _receive(incoming, part, start, max_bytes)
        except RangeRefused as error:
            part.begin("", None)
            raise PassingFailure(str(error)) from error

    for _ in range(_ROUNDS):
        if part.complete:
            return
        before = part.size
        try:
            client.patiently()(once)
            return
        except PassingFailure:
            if part.size <= before or not part.validator:
                raise
    raise PassingFailure(f"{shown(part.url)!r} broke off {_ROUNDS} times; try again later")


def _receive(incoming: Incoming, part: _Part, start: int, max_bytes: int) -> None:
    if incoming.status == 206 and start:
        part.total = partial_span(incoming, start, None).total
    else:
        part.begin(validator(incoming), declared_size(incoming))
    name = shown(part.url)
    with part.path.open("ab") as stream:
        for chunk in incoming.chunks():
            stream.write(chunk)
            if stream.tell() > max_bytes:
                raise ToolError(
                    f"{name!r} is larger than {max_bytes} bytes; ask for less", kind="too_large"
                )
    if part.total is not None and part.size != part.total:
        raise PassingFailure(f"{name!r} sent {part.size} of {part.total} bytes; try again later")
