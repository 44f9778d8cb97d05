"""Open what a run needs: the catalog, the model (served here or elsewhere), the run folder."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ...agents.profiles import find_profile
from ...agents.recording import RecordingModel, ReplayModel
from ...tools.errors import InfrastructureError, UsageError
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...workflows.ledger import Prices
from ...workflows.runtime import Platform
from ...workflows.settings import Settings
from .locations import demo_folder, profiles
from .model_server import open_profile


@dataclass(frozen=True)
class Choices:
    """What the person chose on the command line; None leaves it to the settings."""

    catalog: Path | None = None
    model: str | None = None
    out: Path | None = None
    record: Path | None = None
    replay: Path | None = None


def find_catalog(settings: Settings, chosen: Path | None) -> Catalog:
    """Open the chosen catalog, else the configured one, else the demo archive."""
    path = chosen or settings.catalog
    if path is None:
        path = demo_folder(settings)
        if not path.exists():
            raise InfrastructureError(
                "no catalog: write the synthetic demo archive with 'terragate data demo', "
                "or name one with --catalog DIR"
            )
    # A run is resumed and repeated from other folders, so its catalog is written down in full.
    return open_catalog(path.absolute())


@asynccontextmanager
async def open_platform(
    settings: Settings, choices: Choices, console: Console
) -> AsyncGenerator[Platform]:
    """Hold open all that a run needs; a model server is started when none is up."""
    if choices.record and choices.replay:
        raise UsageError("--record and --replay exclude each other: choose one")
    catalog = find_catalog(settings, choices.catalog)
    out = _writable(choices.out or settings.out)
    if choices.replay:
        yield Platform(model=ReplayModel(choices.replay), catalog=catalog, out=out)
        return
    profile = find_profile(choices.model or settings.model or "nano", profiles())
    price = profile.price
    prices = Prices(prompt=price.prompt, cached=price.cached, completion=price.completion)
    async with aclosing(await open_profile(settings, profile, console)) as client:
        model = RecordingModel(client, choices.record) if choices.record else client
        yield Platform(model=model, catalog=catalog, out=out, prices=prices)


def _writable(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot write runs to {str(out)!r} ({error.strerror}): choose another --out"
        ) from error
    return out
