"""`terragate serve`: our own vLLM server, installed, started, shown and stopped."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio
import typer
from rich.console import Console

from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ..serving.metrics import Load

app = typer.Typer(help="Model servers on this machine.", no_args_is_help=True)
ProfileName = Annotated[str, typer.Option("--profile", help="Model profile.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Serving = Literal["cpu", "cuda", "cuda-w4a16", "multi-gpu"]


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
def model(
    profile: ProfileName = "nano",
    model: Annotated[
        str | None,
        typer.Option("--model", help="Catalogue name or checkpoint folder, not a profile."),
    ] = None,
    serving: Annotated[
        Serving, typer.Option("--serving", help="How --model is served; GPUs are untested.")
    ] = "cpu",
    tensor_parallel: Annotated[
        int | None, typer.Option(min=1, max=64, help="GPUs that one copy is split over.")
    ] = None,
    data_parallel: Annotated[
        int | None, typer.Option(min=1, max=64, help="Copies, each on GPUs of its own.")
    ] = None,
    max_model_len: Annotated[
        int | None, typer.Option(min=1, help="Longest context in tokens.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print command, environment and estimate only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start vLLM on loopback, wait until it is healthy, prove that it honours schemas."""
    from ..serving.plan import Wish
    from .model_server import serve_model, serve_profile

    if model is None:
        if serving != "cpu" or tensor_parallel or data_parallel or max_model_len:
            raise UsageError(
                f"profile {profile!r} says itself how it is served: give --model NAME with "
                "--serving, --tensor-parallel, --data-parallel and --max-model-len"
            )
        serve_profile(profile, dry_run=dry_run, as_json=as_json)
        return
    wish = Wish(
        serving=serving,
        tensor_parallel=tensor_parallel,
        data_parallel=data_parallel,
        max_model_len=max_model_len,
    )
    serve_model(model, wish, dry_run=dry_run, as_json=as_json)


@app.command()
def status(
    url: Annotated[
        str | None, typer.Argument(help="URL of a vLLM server.", show_default=False)
    ] = None,
    profile: ProfileName = "nano",
    watch: Annotated[bool, typer.Option("--watch", help="Go on until interrupted.")] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds between two readings.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Say whether a profile's server runs and where, and what it is doing."""
    from ..serving.server import default_state_dir, server_status
    from .model_server import show_status, status_fields

    known: dict[str, Any] = {}
    if url is None:
        found = anyio.run(server_status, profile, default_state_dir())
        known = status_fields(profile, found)
        healthy = found.handle if found.state == "healthy" else None
        if healthy is None or not as_json:
            show_status(profile, found, as_json=as_json)
        if healthy is None:
            return
        url = healthy.url
    anyio.run(_watch, url, interval, watch, known if as_json else None)


@app.command()
def stop(profile: ProfileName = "nano") -> None:
    """Stop a profile's server."""
    from ..serving.server import default_state_dir, stop_server

    stopped = stop_server(profile, default_state_dir())
    Console().print(f"stopped {stopped.url}" if stopped else "no server was running", markup=False)


async def _watch(url: str, interval: float, watch: bool, known: dict[str, Any] | None) -> None:
    """Print what a server does; as JSON, one object a line, where `known` is given."""
    from ..serving.metrics import load, read

    before = await read(url)
    while True:
        await anyio.sleep(interval)
        after = await read(url)
        found = load(url, before, after)
        if known is not None:
            sys.stdout.write(json.dumps({**known, **found.model_dump()}) + "\n")
            sys.stdout.flush()
        else:
            Console().print(_line(found), markup=False, highlight=False, soft_wrap=True)
        if not watch:
            return
        before = after


def _line(found: Load) -> str:
    return (
        f"{', '.join(found.models) or 'no model'}: {found.running} running, {found.waiting} "
        f"waiting, cache {_percent(found.kv_cache_use)} used, prefix hits "
        f"{_percent(found.prefix_hit_rate)}, {_number(found.prompt_tokens_per_s)} prompt and "
        f"{_number(found.generation_tokens_per_s)} generated tokens/s, up "
        f"{_number(found.uptime_s)} s"
    )


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share:.0%}"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f}"
