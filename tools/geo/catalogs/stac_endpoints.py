"""The STAC APIs that are known by a short name, and what their collections are called by people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Endpoint(NamedTuple):
    """A STAC API known by name; an empty `tokens` says that its assets need no signature."""

    url: str
    collections: tuple[str, ...] = ()
    tokens: str = ""


KNOWN: Final[Mapping[str, Endpoint]] = {
    "earth-search": Endpoint(
        "https://earth-search.aws.element84.com/v1", ("sentinel-2-l2a", "sentinel-2-c1-l2a")
    ),
    "planetary-computer": Endpoint(
        "https://planetarycomputer.microsoft.com/api/stac/v1",
        ("sentinel-2-l2a", "landsat-c2-l2"),
        "https://planetarycomputer.microsoft.com/api/sas/v1/token",
    ),
}
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "sentinel-2-l2a": ("Sentinel-2", "Sentinel 2", "S2"),
    "landsat-c2-l2": ("Landsat",),
}
