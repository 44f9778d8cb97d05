"""Rasters that lie behind an address: opened by windows through our own client, never by GDAL.

GDAL is given a reader object and the GeoTIFF driver; the address itself never reaches it.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from ...errors import ToolError
from ...net.cache import DiskCache
from ...net.client import HttpClient
from ...net.download import cached_download
from ...net.policy import shown
from ...net.ranges import RangeReader, RangesRefused
from .signing import Signer

MAX_WHOLE_BYTES: Final = 512 * 1024**2


@dataclass(frozen=True)
class RemoteAsset:
    """A raster of a remote catalog: `origin` is the catalog's address, `url` is not yet signed."""

    url: str
    origin: str
    client: HttpClient
    cache: DiskCache
    signer: Signer

    @property
    def name(self) -> str:
        """Return a short name for messages."""
        last = shown(self.url).rsplit("/", 1)[-1]
        return re.sub(r"[^\w.-]", "_", last)[:80] or "asset"


@contextmanager
def open_remote(asset: RemoteAsset) -> Generator[DatasetReader, None, None]:
    """Open a remote GeoTIFF; only the blocks that are read are fetched.

    A server that knows no ranges is asked for the whole file once, up to `MAX_WHOLE_BYTES`.
    """
    with ExitStack() as stack:
        stack.enter_context(
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO")
        )
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            reader = RangeReader(
                asset.client,
                asset.url,
                origin=asset.origin,
                cache=asset.cache,
                sign=asset.signer.sign,
            )
        except RangesRefused:
            yield stack.enter_context(_opened(asset, _whole(asset), None, None))
            return
        # rasterio keeps one opener per name, so each opening has a name of its own.
        name = f"{uuid4().hex}.tif"
        yield stack.enter_context(_opened(asset, name, reader, _only(name, reader)))


def _whole(asset: RemoteAsset) -> Path:
    return cached_download(
        asset.client,
        asset.cache,
        asset.url,
        origin=asset.origin,
        max_bytes=MAX_WHOLE_BYTES,
        sign=asset.signer.sign,
    )


class _Quiet(io.RawIOBase):
    """The reader as GDAL sees it: an error is a short read, and waits in `reader.failure`.

    An exception that crosses GDAL's C code is printed and lost.
    """

    def __init__(self, reader: RangeReader) -> None:
        super().__init__()
        self._reader = reader

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none after an error."""
        with suppress(ToolError):
            return self._reader.read(size)
        return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes."""
        return self._reader.seek(offset, whence)

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._reader.tell()


def _only(name: str, reader: RangeReader) -> Callable[..., _Quiet]:
    """Return an opener of one name: a file cannot make GDAL ask for a neighbour of it."""

    def opener(path: str, *_: Any, **__: Any) -> _Quiet:
        if path != name:
            raise FileNotFoundError(path)
        reader.seek(0)
        return _Quiet(reader)

    return opener


@contextmanager
def _opened(
    asset: RemoteAsset,
    path: Path | str,
    reader: RangeReader | None,
    opener: Callable[..., _Quiet] | None,
) -> Generator[DatasetReader, None, None]:
    try:
        with rasterio.open(path, driver="GTiff", opener=opener) as dataset:
            yield dataset
    except (RasterioError, MemoryError) as error:
        if reader is not None and reader.failure is not None:
            raise reader.failure from error
        raise ToolError(
            f"remote raster {asset.name!r} cannot be read ({type(error).__name__}); "
            "leave out the scene or choose another",
            kind="bad_data",
        ) from error
    # GDAL forgives some short reads, and then pixels are missing without a word.
    if reader is not None and reader.failure is not None:
        raise reader.failure
