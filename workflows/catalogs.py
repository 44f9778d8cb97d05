"""Open the catalog of a run as the operator's settings allow: for commands and exported scripts."""

from __future__ import annotations

from ..tools.geo.addresses import open_address
from ..tools.geo.catalog import Catalog
from .settings import Settings


def open_catalog(address: str, settings: Settings | None = None) -> Catalog:
    """Open the catalog at an address; the settings are read from the environment if not given."""
    given = settings or Settings()
    return open_address(address, cache=given.cache, hosts=given.hosts)
