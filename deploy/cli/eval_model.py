"""The model of an evaluation: reached by profile or URL, and identified as far as it can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from ...agents.profiles import Profile, find_profile
from ...agents.protocol import Model
from ...agents.transport import JsonServer
from ...benchmarks.geo.random_model import RandomModel
from ...benchmarks.suites.fingerprint import weights_sha256
from ...tools.errors import ModelError
from ...workflows.settings import Settings
from .locations import profiles
from .model_server import open_profile

LONGEST: Final = 2048
# What the workflow and its schemas achieve without a model: it answers at random.
CONTROL: Final = Profile(name="random", model="random", rendering="compact")


def eval_profile(name: str | None, in_flight: int | None) -> Profile:
    """Return the chosen profile with as many calls in flight as asked for."""
    if name == CONTROL.name:
        return CONTROL
    profile = find_profile(name or Settings().model or "nano", profiles())
    if in_flight is None:
        return profile
    return Profile.model_validate({**profile.model_dump(), "max_concurrency": in_flight})


async def open_eval_model(
    profile: Profile, seed: int, console: Console
) -> tuple[Model, dict[str, Any]]:
    """Return the client of a profile, and what is known of the model behind it."""
    if profile is CONTROL:
        return RandomModel(seed), {"name": CONTROL.name, "rendering": CONTROL.rendering}
    client = await open_profile(Settings(), profile, console)
    await client.aclose()
    folder, context = profile.weights, None
    root: str | None = None
    if profile.base_url is not None:
        root, context = await _card(profile.base_url, client.name)
        # A server on this machine says where its checkpoint lies.
        folder = Path(root) if root and Path(root).is_dir() else None
    return client, {
        "name": client.name,
        "root": Path(root).name if root else None,
        "rendering": client.rendering,
        "schemas": client.schema_support,
        "context": context or (_positions(folder) if folder else None),
        "weights_sha256": weights_sha256(folder) if folder else None,
        "body": dict(profile.body),
    }


def answer_tokens(asked: int | None, context: int | None) -> int:
    """Return how long an answer may be: as asked, else half of what the model can hold."""
    if asked is not None:
        return asked
    return min(LONGEST, context // 2) if context else LONGEST


async def _card(url: str, model: str) -> tuple[str | None, int | None]:
    """Return where the served checkpoint lies and how many tokens it holds, as the server says."""
    server = JsonServer(url, api_key=Settings().api_key)
    try:
        listed: Any = await server.get("/v1/models")
        card = next(card for card in listed["data"] if card["id"] == model)
        root, context = card.get("root"), card.get("max_model_len")
    except (ModelError, KeyError, TypeError, AttributeError, StopIteration):
        return None, None
    finally:
        await server.aclose()
    return (
        root if isinstance(root, str) else None,
        context if isinstance(context, int) and context > 0 else None,
    )


def _positions(folder: Path) -> int | None:
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) and found > 0 else None
