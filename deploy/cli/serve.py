"""`terragate serve`: our own vLLM server, installed, started, shown and stopped."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer
from rich.console import Console

app = typer.Typer(help="Model servers on this machine.", no_args_is_help=True)
ProfileName = Annotated[str, typer.Option("--profile", help="Model profile.")]


@app.command()
def install() -> None:
    """Install vLLM into an environment of its own (several minutes, 3.4 GB)."""
    from ...workflows.settings import Settings
    from ..serving.install import install
    from .locations import serving_venv

    console = Console(stderr=True)

    def progress(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    install(serving_venv(Settings()), progress=progress)


@app.command()
def model(profile: ProfileName = "nano") -> None:
    """Start vLLM on loopback, wait until it is healthy, prove that it honours schemas."""
    from ...agents.profiles import find_profile
    from ...workflows.settings import Settings
    from .locations import profiles
    from .model_server import start_profile

    chosen = find_profile(profile, profiles())
    anyio.run(start_profile, Settings(), chosen, Console(stderr=True))
    if chosen.base_url is not None:
        Console().print(f"{profile}: served by others at {chosen.base_url}", markup=False)
        return
    _show(profile)


@app.command()
def status(profile: ProfileName = "nano") -> None:
    """Say whether a profile's server runs, and where."""
    _show(profile)


@app.command()
def stop(profile: ProfileName = "nano") -> None:
    """Stop a profile's server."""
    from ..serving.server import default_state_dir, stop_server

    stopped = stop_server(profile, default_state_dir())
    Console().print(f"stopped {stopped.url}" if stopped else "no server was running", markup=False)


def _show(profile: str) -> None:
    from ..serving.server import default_state_dir, server_status

    found = anyio.run(server_status, profile, default_state_dir())
    where = f" at {found.handle.url}, log {found.handle.log}" if found.handle else ""
    Console().print(f"{profile}: {found.state}{where}", markup=False, soft_wrap=True)
