"""The model of an evaluation: reached by profile or URL, and identified as far as it can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from ...agents.model import HttpModel
from ...agents.profiles import Profile, find_profile
from ...agents.transport import JsonServer
from ...benchmarks.suites.fingerprint import weights_sha256
from ...tools.errors import ModelError
from ...workflows.settings import Settings
from .locations import profiles
from .model_server import open_profile


def eval_profile(name: str | None, in_flight: int | None) -> Profile:
    """Return the chosen profile with as many calls in flight as asked for."""
    profile = find_profile(name or Settings().model or "nano", profiles())
    if in_flight is None:
        return profile
    return Profile.model_validate({**profile.model_dump(), "max_concurrency": in_flight})


async def open_eval_model(profile: Profile, console: Console) -> tuple[HttpModel, dict[str, Any]]:
    """Return the client of a profile, and what is known of the model behind it."""
    client = await open_profile(Settings(), profile, console)
    await client.aclose()
    folder = profile.weights
    root: str | None = None
    if profile.base_url is not None:
        root = await _root(profile.base_url, client.name)
        # A server on this machine says where its checkpoint lies.
        folder = Path(root) if root and Path(root).is_dir() else None
    return client, {
        "name": client.name,
        "root": Path(root).name if root else None,
        "rendering": client.rendering,
        "schemas": client.schema_support,
        "weights_sha256": weights_sha256(folder) if folder else None,
        "body": dict(profile.body),
    }


async def _root(url: str, model: str) -> str | None:
    server = JsonServer(url)
    try:
        listed: Any = await server.get("/v1/models")
        cards = [card for card in listed["data"] if card["id"] == model]
        root = cards[0].get("root") if cards else None
    except (ModelError, KeyError, TypeError, AttributeError):
        return None
    finally:
        await server.aclose()
    return root if isinstance(root, str) else None
