"""A fetch of the tiny repository from a hub on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from terragate.deploy.models.fetch import Wanted, fetch
from terragate.deploy.models.verify import Manifest
from terragate.tests.support.hub_server import REPOSITORY, Hub


def tiny(revision: str = "main", **sha256: str) -> Wanted:
    return Wanted("tiny", REPOSITORY, revision, sha256)


def got(hub: Hub, to: Path, wanted: Wanted | None = None, **options: Any) -> Manifest:
    return fetch(wanted or tiny(), to, endpoint=hub.url, **options)
