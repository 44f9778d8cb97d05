"""The one way to open a catalog: by an address that a person gives and a run writes down.

An address is the path of a folder or a file, the short name of a known STAC API, the http(s)
address of any STAC API, or `none`. A folder that is called like a known API is meant by `./NAME`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ..errors import ToolError, ToolUnavailable, UsageError
from ..net.policy import AllowedHost, shown
from .catalog import NO_CATALOG, Catalog, NoCatalog
from .catalogs.stac_endpoints import KNOWN
from .static_catalog import ACCEPTED, open_catalog

_REMOTE: Final = ("http", "https")


def open_address(address: str, *, cache: Path, hosts: Sequence[str] = ()) -> Catalog:
    """Open the catalog at an address; what is read of a remote one is kept in the `cache` folder.

    `hosts` (host or host:port) are those the operator permits beside a STAC API's own, wherever
    they lie. The address itself counts as the operator's: never open one that came out of data.
    """
    if address == NO_CATALOG:
        return NoCatalog()
    if names_api(address):
        return _open_api(address, cache, hosts)
    if "://" in address:
        raise UsageError(f"no catalog at {shown(address)!r}: it is no http(s) address; {ACCEPTED}")
    if not address.strip() or "\0" in address:
        raise UsageError(f"no catalog at {address!r}; {ACCEPTED}")
    # A run is resumed and repeated from other folders, so its catalog is written down in full.
    return open_catalog(Path(address).absolute())


def names_api(address: str) -> bool:
    """Return whether an address is that of a STAC API, not a path."""
    scheme, found, _ = address.partition("://")
    return address in KNOWN or (bool(found) and scheme.lower() in _REMOTE)


def _open_api(address: str, cache: Path, hosts: Sequence[str]) -> Catalog:
    # pystac-client is not loaded for a catalog on disk.
    from ..net.cache import DiskCache
    from .catalogs.stac_api import open_stac_api

    if address not in KNOWN:
        _require_plain(address)
    permitted = [AllowedHost.parse(host) for host in hosts]
    try:
        return open_stac_api(address, DiskCache(cache), hosts=permitted)
    except ToolUnavailable as error:
        raise ToolUnavailable(
            f"the STAC API of catalog {shown(address)!r} gives no answer: {error}; a catalog on "
            "disk needs no network"
        ) from error
    except ToolError as error:
        if error.kind == "not_found":
            raise ToolError(
                f"there is no STAC API at {shown(address)!r} ({error}); give the address of its "
                "landing page",
                kind="not_found",
            ) from error
        raise


def _require_plain(address: str) -> None:
    """Refuse what would be a secret in the run's file, or would not be asked anyway."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise UsageError(f"catalog {shown(address)!r} is no address: {error}") from error
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError(
            f"catalog {shown(address)!r} must be the plain address of a STAC API: "
            "leave out user, '?' and '#'"
        )
