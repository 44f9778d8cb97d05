"""Reach the model of a profile: its server is started here, or found at its URL and probed."""

from __future__ import annotations

from contextlib import aclosing

from pydantic import SecretStr
from rich.console import Console

from ...agents.model import HttpModel
from ...agents.probe import fitted, probe
from ...agents.profiles import Profile, open_model
from ...tools.errors import InfrastructureError, ModelError, UsageError
from ...workflows.settings import Settings
from ..serving.install import is_installed, serving_python
from ..serving.server import Launcher, Waiting, default_state_dir, ensure_server
from .locations import serving_venv


def launcher(settings: Settings) -> Launcher:
    """Return how servers are started; InfrastructureError when vLLM is not installed."""
    venv = serving_venv(settings)
    if not is_installed(venv):
        raise InfrastructureError(
            f"vLLM is not installed in {str(venv)!r}: run 'terragate serve install', "
            "or give --model URL of a running server"
        )
    return Launcher(python=serving_python(venv), state_dir=default_state_dir())


async def open_profile(settings: Settings, profile: Profile, console: Console) -> HttpModel:
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
        raise InfrastructureError(str(error)) from error
    for note in found.notes:
        console.print("model server:", note, style="yellow", markup=False)
    suited = fitted(profile, found)
    return open_model(suited, api_key=key, schema_support=found.schema_support)


def _api_key(settings: Settings, profile: Profile) -> SecretStr | None:
    if profile.api_key_env is None:
        return settings.api_key
    value = settings.secret(profile.api_key_env)
    if value is None:
        raise UsageError(f"profile {profile.name!r} needs an API key: set {profile.api_key_env}")
    return value


async def start_profile(settings: Settings, profile: Profile, console: Console) -> None:
    """Start a profile's server, or prove that the one at its URL answers."""
    async with aclosing(await open_profile(settings, profile, console)):
        pass
