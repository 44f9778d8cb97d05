"""Reading a remote file where it is needed: blocks by range requests, kept in memory and on disk.

The first request learns size and validator; every later one is bound to that version, so a file
that changes while it is read is an error, not a mixture.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from ..errors import ToolError
from .answers import partial_span, validator
from .cache import DiskCache
from .client import HttpClient
from .download import Sign, unsigned
from .policy import shown

BLOCK_BYTES: Final = 64 * 1024
MAX_READ_BYTES: Final = 512 * 1024**2
_MEMORY_BLOCKS: Final = 256
_RUN_BLOCKS: Final = 64


class RangesRefused(ToolError):
    """The server sends whole files only; bring the file instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="precondition")


class RangeReader(io.RawIOBase):
    """A seekable view of a remote file; at most `max_bytes` are fetched through it.

    `failure` keeps the first error, because a C library that reads through this object loses it.
    """

    def __init__(
        self,
        client: HttpClient,
        url: str,
        *,
        origin: str | None = None,
        cache: DiskCache | None = None,
        sign: Sign = unsigned,
        block_bytes: int = BLOCK_BYTES,
        max_bytes: int = MAX_READ_BYTES,
    ) -> None:
        super().__init__()
        self._client, self._url, self._origin, self._sign = client, url, origin, sign
        self._cache, self._block, self._max_bytes = cache, block_bytes, max_bytes
        self._memory: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self.fetched = 0
        self.failure: ToolError | None = None
        self.validator = ""
        self.size = -1
        self._keep(0, self._ask(0, block_bytes - 1))

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; fewer at the end of the file."""
        first = self._position
        last = self.size if size < 0 else min(first + size, self.size)
        if last <= first:
            return b""
        try:
            data = self._bytes(first, last)
        except ToolError as error:
            self.failure = self.failure or error
            raise
        self._position = last
        return data

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fill a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _bytes(self, first: int, last: int) -> bytes:
        """Return the bytes of [first, last)."""
        start, end = first // self._block, (last - 1) // self._block + 1
        parts = b"".join(
            data
            for low in range(start, end, _RUN_BLOCKS)
            for data in self._blocks(low, min(low + _RUN_BLOCKS, end))
        )
        return parts[first - start * self._block : last - start * self._block]

    def _blocks(self, start: int, end: int) -> list[bytes]:
        """Return the blocks of [start, end); neighbours that are missing come in one request."""
        held = {number: self._held(number) for number in range(start, end)}
        missing = [number for number, data in held.items() if data is None]
        while missing:
            run = 1
            while run < len(missing) and missing[run] == missing[0] + run:
                run += 1
            low, missing = missing[0], missing[run:]
            data = self._ask(low * self._block, (low + run) * self._block - 1)
            for step in range(run):
                part = data[step * self._block : (step + 1) * self._block]
                held[low + step] = part
                self._keep(low + step, part)
        return [data for data in held.values() if data is not None]

    def _held(self, number: int) -> bytes | None:
        if number in self._memory:
            self._memory.move_to_end(number)
            return self._memory[number]
        if self._cache is None or not self.validator:
            return None
        data = self._cache.get(self._key(number))
        if data is not None:
            self._remember(number, data)
        return data

    def _keep(self, number: int, data: bytes) -> None:
        self._remember(number, data)
        if self._cache is not None and self.validator:
            # A cache that cannot be written (a full disk) costs time, and no answer.
            with suppress(OSError):
                self._cache.put(self._key(number), data)

    def _remember(self, number: int, data: bytes) -> None:
        self._memory[number] = data
        while len(self._memory) > _MEMORY_BLOCKS:
            self._memory.popitem(last=False)

    def _key(self, number: int) -> str:
        return f"block {self._url} {self.validator} {self.size} {self._block} {number}"

    def _ask(self, first: int, last: int) -> bytes:
        """Return the bytes from `first` to `last`, both included, from the server."""
        last = last if self.size < 0 else min(last, self.size - 1)
        if self.fetched + last - first + 1 > self._max_bytes:
            raise ToolError(
                f"reading {shown(self._url)!r} needs more than {self._max_bytes} bytes; "
                "choose a smaller area",
                kind="too_large",
            )
        data = self._client.patiently()(lambda: self._ask_once(first, last))
        self.fetched += len(data)
        return data

    def _ask_once(self, first: int, last: int) -> bytes:
        headers = {"Range": f"bytes={first}-{last}"}
        if self.validator:
            headers["If-Range"] = self.validator
        with self._client.stream(
            self._sign(self._url),
            origin=self._origin,
            headers=headers,
            max_bytes=last - first + 1,
        ) as incoming:
            if incoming.status != 206:
                self._refuse_whole()
            span = partial_span(incoming, first, last)
            if self.size not in (-1, span.total):
                self._refuse_whole()
            data = b"".join(incoming.chunks())
            if len(data) != span.size:
                raise ToolError(
                    f"{shown(self._url)!r} sent {len(data)} bytes and declared {span.size}; "
                    "it cannot be read in parts",
                    kind="bad_data",
                )
            if self.size < 0:
                self.size, self.validator = span.total, validator(incoming)
            return data

    def _refuse_whole(self) -> None:
        name = shown(self._url)
        if self.size < 0:
            raise RangesRefused(f"{name!r} cannot be read in parts; bring the whole file")
        raise ToolError(
            f"{name!r} changed while it was read; start again from its first bytes",
            kind="bad_data",
        )
