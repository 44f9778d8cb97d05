"""Open what a run needs: the catalog, the model (served here or elsewhere), the run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from ...agents.probe import fitted, probe
from ...agents.profiles import Profile, find_profile, load_profiles, open_model
from ...agents.protocol import Model
from ...agents.recording import RecordingModel, ReplayModel
from ...tools.errors import InfrastructureError, ModelError, UsageError
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...workflows.ledger import Prices
from ...workflows.runtime import Platform
from ...workflows.settings import Settings
from ..serving.install import is_installed, serving_python
from ..serving.server import Launcher, Waiting, default_state_dir, ensure_server

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Choices:
    """What the person chose on the command line; None leaves it to the settings."""

    catalog: Path | None = None
    model: str | None = None
    out: Path | None = None
    record: Path | None = None
    replay: Path | None = None


def demo_folder(settings: Settings) -> Path:
    """Return where `terragate data demo` writes by default."""
    return settings.home / "demo"


def serving_venv(settings: Settings) -> Path:
    """Return the environment vLLM lives in: beside a checkout, else in the user's data folder."""
    beside = CHECKOUT / ".venv-serve"
    return beside if (CHECKOUT / "Makefile").exists() else settings.home / "venv-serve"


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
    return open_catalog(path)


def profiles(settings: Settings) -> tuple[Profile, ...]:
    """Return the built-in profiles and those of `terragate.toml` in the current folder."""
    path = Path("terragate.toml")
    return load_profiles(path if path.exists() else None)


def launcher(settings: Settings) -> Launcher:
    """Return how servers are started; InfrastructureError when vLLM is not installed."""
    venv = serving_venv(settings)
    if not is_installed(venv):
        raise InfrastructureError(
            f"vLLM is not installed in {str(venv)!r}: run 'make serve-install', or "
            f"'python -m terragate.deploy.serving.install', or give --model URL of a server"
        )
    return Launcher(python=serving_python(venv), state_dir=default_state_dir())


async def open_platform(settings: Settings, choices: Choices, console: Console) -> Platform:
    """Open all that a run needs; a model server is started when none is up."""
    if choices.record and choices.replay:
        raise UsageError("--record and --replay exclude each other: choose one")
    catalog = find_catalog(settings, choices.catalog)
    out = choices.out or settings.out
    if choices.replay:
        return Platform(model=ReplayModel(choices.replay), catalog=catalog, out=out)
    profile = find_profile(choices.model or settings.model or "nano", profiles(settings))
    model: Model = await open_profile(settings, profile, console)
    if choices.record:
        model = RecordingModel(model, choices.record)
    price = profile.price
    prices = Prices(prompt=price.prompt, cached=price.cached, completion=price.completion)
    return Platform(model=model, catalog=catalog, out=out, prices=prices)


async def open_profile(settings: Settings, profile: Profile, console: Console) -> Model:
    """Return the client of a profile; its server is started, or its URL is probed first."""
    key = _api_key(settings, profile)
    if profile.base_url is None:
        with console.status(f"starting {profile.model} on vLLM") as status:

            def progress(waiting: Waiting) -> None:
                status.update(f"starting {profile.model} on vLLM: {waiting.elapsed_s:.0f} s")

            handle = await ensure_server(profile, launcher(settings), progress=progress)
        return open_model(profile, base_url=handle.url, api_key=key)
    try:
        found = await probe(
            profile.base_url, model=profile.model or None, api_key=key, body=profile.body
        )
    except ModelError as error:
        raise InfrastructureError(f"{error}; is the model server up?") from error
    for note in found.notes:
        console.print("model server:", note, style="yellow", markup=False)
    suited = fitted(profile, found)
    return open_model(suited, api_key=key, schema_support=found.schema_support)


def _api_key(settings: Settings, profile: Profile) -> SecretStr | None:
    if profile.api_key_env is None:
        return settings.api_key
    value = settings.secret(profile.api_key_env)
    if value is None:
        raise UsageError(
            f"profile {profile.name!r} needs an API key: set {profile.api_key_env}"
        )
    return value
