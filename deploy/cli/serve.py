"""`terragate serve`: our own vLLM server, started, shown and stopped."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer
from rich.console import Console

from ...agents.profiles import find_profile
from ...workflows.settings import Settings
from ..serving.server import default_state_dir, server_status, stop_server
from .session import open_profile, profiles

app = typer.Typer(help="Model servers on this machine.", no_args_is_help=True)
ProfileName = Annotated[str, typer.Option("--profile", help="Model profile.")]


@app.command()
def model(profile: ProfileName = "nano") -> None:
    """Start vLLM on loopback, wait until it is healthy, prove that it honours schemas."""
    settings = Settings()
    chosen = find_profile(profile, profiles(settings))
    anyio.run(open_profile, settings, chosen, Console(stderr=True))
    _show(profile)


@app.command()
def status(profile: ProfileName = "nano") -> None:
    """Say whether a profile's server runs, and where."""
    _show(profile)


@app.command()
def stop(profile: ProfileName = "nano") -> None:
    """Stop a profile's server."""
    stopped = stop_server(profile, default_state_dir())
    Console().print(f"stopped {stopped.url}" if stopped else "no server was running", markup=False)


def _show(profile: str) -> None:
    found = anyio.run(server_status, profile, default_state_dir())
    where = f" at {found.handle.url}, log {found.handle.log}" if found.handle else ""
    Console().print(f"{profile}: {found.state}{where}", markup=False, soft_wrap=True)
