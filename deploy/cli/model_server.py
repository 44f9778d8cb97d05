"""Reach the model of a profile: its server is started here, or found at its URL and probed."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
from pydantic import SecretStr
from rich.console import Console

from ...agents.model import HttpModel
from ...agents.probe import fitted, probe
from ...agents.profiles import Profile, find_profile, open_model
from ...tools.errors import InfrastructureError, ModelError, UsageError
from ...workflows.settings import Settings
from ..models.verify import problems
from ..serving.hardware import Machine, this_machine
from ..serving.install import is_installed, serving_python
from ..serving.plan import Plan, Wish, find_target, make_plan, misfit, require
from ..serving.process import free_port
from ..serving.server import (
    Launcher,
    Waiting,
    default_state_dir,
    ensure_server,
    fingerprint,
    server_argv,
    server_overrides,
    server_status,
)
from ..serving.state import Status
from .catalogue import models_folder
from .locations import profiles, serving_venv

_PATIENCE_S = 300.0
# What a slow disk reads; weights that are not in memory take this long at most.
_BYTES_PER_S = 50e6


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


def serve_profile(name: str, *, dry_run: bool, as_json: bool) -> None:
    """Start the server of a profile and say where it is, or print how it would be started."""
    chosen = find_profile(name, profiles())
    if dry_run:
        if chosen.base_url is not None:
            raise UsageError(f"{name!r} is served by others at {chosen.base_url}: nothing to start")
        fingerprint(chosen)
        _print(_command(chosen), as_json=as_json)
        return
    anyio.run(start_profile, Settings(), chosen, Console(stderr=True))
    if chosen.base_url is not None and not as_json:
        Console().print(f"{name}: served by others at {chosen.base_url}", markup=False)
        return
    show_status(name, anyio.run(server_status, name, default_state_dir()), as_json=as_json)


def serve_model(model: str, wish: Wish, *, dry_run: bool, as_json: bool) -> None:
    """Start a server of a catalogue's or folder's model, or print how it would be started."""
    machine = this_machine()
    target = find_target(model, wish.serving, models_folder())
    plan = make_plan(target, wish, machine)
    if dry_run:
        _print({**_command(plan.profile), **_estimated(plan, machine)}, as_json=as_json)
        return

    def admit() -> None:
        require(plan, this_machine())

    if target.present:
        _refuse(target.folder)
    else:
        require(plan, machine)
    anyio.run(_start_plan, plan, admit)
    name = plan.profile.name
    show_status(name, anyio.run(server_status, name, default_state_dir()), as_json=as_json)


def show_status(name: str, found: Status, *, as_json: bool) -> None:
    """Print whether a profile's server runs, and where."""
    if as_json:
        sys.stdout.write(json.dumps(status_fields(name, found)) + "\n")
        return
    where = f" at {found.handle.url}, log {found.handle.log}" if found.handle else ""
    Console().print(f"{name}: {found.state}{where}", markup=False, soft_wrap=True)


def status_fields(name: str, found: Status) -> dict[str, Any]:
    """Return what is known of a profile's server as plain values."""
    handle = found.handle
    return {"profile": name, "state": found.state, "url": handle.url if handle else None}


async def _start_plan(plan: Plan, admit: Callable[[], None]) -> None:
    settings, profile = Settings(), plan.profile
    patience = _PATIENCE_S + plan.estimate.weights * plan.estimate.devices / _BYTES_PER_S
    how = dataclasses.replace(launcher(settings), patience_s=patience, admit=admit)
    console = Console(stderr=True)
    with console.status(f"starting {profile.model} on vLLM") as status:

        def progress(waiting: Waiting) -> None:
            status.update(f"starting {profile.model} on vLLM: {waiting.elapsed_s:.0f} s")

        await ensure_server(profile, how, progress=progress)


def _refuse(folder: Path) -> None:
    # Hashes are for `models verify`: reading all of a large model would double the start.
    if found := problems(folder, hashes=False):
        raise InfrastructureError(f"{str(folder)!r} may not be loaded: {'; '.join(found)}")


def _command(profile: Profile) -> dict[str, Any]:
    how = Launcher(python=serving_python(serving_venv(Settings())), state_dir=default_state_dir())
    argv = server_argv(profile, how, free_port())
    return {"profile": profile.name, "argv": argv, "environment": server_overrides(profile)}


def _estimated(plan: Plan, machine: Machine) -> dict[str, Any]:
    why = misfit(plan, machine)
    estimate = {**plan.estimate.model_dump(), "total": plan.estimate.total}
    return {
        "here": plan.target.present,
        "estimate_bytes_per_device": estimate,
        "fits": why is None,
        "why_not": why,
    }


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    console = Console()
    variables = [f"{name}={shlex.quote(value)}" for name, value in found["environment"].items()]
    lines = [" ".join((*variables, shlex.join(found["argv"])))]
    if estimate := found.get("estimate_bytes_per_device"):
        sizes = ", ".join(
            f"{part} {estimate[part] / 1e9:.2f} GB"
            for part in ("weights", "cache", "overhead", "total")
        )
        lines.append(
            f"estimate for each of {estimate['devices']} x {estimate['device']}, "
            f"{estimate['scheme']}, {estimate['max_model_len']} tokens: {sizes}"
        )
        lines.append("it fits on this machine" if found["fits"] else found["why_not"])
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
