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
from ...tools.geo.detection.shelf import Shelf, open_shelf
from ...workflows.catalogs import open_catalog
from ...workflows.ledger import Prices
from ...workflows.runtime import Platform
from ...workflows.settings import Settings
from .locations import demo_folder, profiles
from .model_server import open_profile


@dataclass(frozen=True)
class Choices:
    """What the person chose on the command line; None leaves it to the settings."""

    catalog: str | None = None
    model: str | None = None
    out: Path | None = None
    record: Path | None = None
    replay: Path | None = None


def find_catalog(settings: Settings, chosen: str | None) -> Catalog:
    """Open the chosen catalog, else the configured one, else the demo archive."""
    address = (settings.catalog or None) if chosen is None else chosen
    if address is None:
        demo = demo_folder(settings)
        if not demo.exists():
            raise InfrastructureError(
                "no catalog: write the synthetic demo archive with 'terragate data demo', "
                "or name one with --catalog"
            )
        address = str(demo)
    return open_catalog(address, settings)


def find_detectors(settings: Settings, catalog: Catalog) -> Shelf | None:
    """Open the operator's folder of models, if one is configured."""
    folder = settings.detectors
    return open_shelf(Path(folder), catalog) if folder else None


@asynccontextmanager
async def open_platform(
    settings: Settings, choices: Choices, console: Console
) -> AsyncGenerator[Platform]:
    """Hold open all that a run needs; a model server is started when none is up."""
    if choices.record and choices.replay:
        raise UsageError("--record and --replay exclude each other: choose one")
    catalog = find_catalog(settings, choices.catalog)
    detectors = find_detectors(settings, catalog)
    out = _writable(choices.out or settings.out)
    if choices.replay:
        replayed = ReplayModel(choices.replay)
        yield Platform(model=replayed, catalog=catalog, out=out, detectors=detectors)
        return
    profile = find_profile(choices.model or settings.model or "nano", profiles())
    price = profile.price
    prices = Prices(prompt=price.prompt, cached=price.cached, completion=price.completion)
    async with aclosing(await open_profile(settings, profile, console)) as client:
        model = RecordingModel(client, choices.record) if choices.record else client
        yield Platform(model=model, catalog=catalog, out=out, prices=prices, detectors=detectors)


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
