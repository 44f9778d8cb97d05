"""Our own vLLM server: found when it already runs, started when not, proven before use."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import platformdirs
from filelock import FileLock, Timeout

from ...agents.probe import Capabilities, probe
from ...agents.profiles import Profile
from ...agents.transport import Limits
from ...tools.errors import InfrastructureError, ModelError, UsageError
from . import process
from .state import (
    ServerHandle,
    Status,
    make_state_dir,
    read_handle,
    state_path,
    write_handle,
)

_POLL_S = 0.2
_REPORT_S = 1.0
_HEALTH_TIMEOUT_S = 2.0
_TAIL_LINES = 20
_HASHED_BYTES = 64 * 1024 * 1024

_ARGUMENTS = (
    "--enforce-eager",
    "--enable-prompt-tokens-details",
    "--disable-uvicorn-access-log",
    # Without this a model may spend all its tokens on whitespace between JSON tokens.
    *("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}'),
)
_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    # Folders named `tools` or `agents` in the caller's folder must not shadow vLLM's imports.
    "PYTHONSAFEPATH": "1",
}


@dataclass(frozen=True)
class Waiting:
    """Progress of a start: seconds since it began and the server's last log line."""

    elapsed_s: float
    line: str


@dataclass(frozen=True)
class Launcher:
    """How servers are started here: interpreter, folder of state files, patience in s.

    `admit` is called before a process is started, and raises if it would not fit.
    """

    python: Path
    state_dir: Path
    module: str = "vllm.entrypoints.openai.api_server"
    patience_s: float = 300.0
    admit: Callable[[], None] = lambda: None


def default_state_dir() -> Path:
    """Return the folder of the current user's server state files and logs."""
    return platformdirs.user_state_path("terragate") / "serve"


async def ensure_server(
    profile: Profile, launcher: Launcher, *, progress: Callable[[Waiting], None] = lambda _: None
) -> ServerHandle:
    """Return a healthy server of the profile's weights that honours schemas, started if need be.

    Two callers at once get the same server; a server of other weights or settings is replaced.
    """
    wanted = fingerprint(profile)
    make_state_dir(launcher.state_dir)
    lock = FileLock(launcher.state_dir / f"serve-{profile.name}.lock")
    await _acquire(lock, launcher, progress)
    try:
        handle = read_handle(profile.name, launcher.state_dir)
        if handle is None or not _is_current(handle, wanted):
            # A server that was killed may leave its engine process behind.
            stop_server(profile.name, launcher.state_dir)
            handle = _start(profile, launcher, wanted)
        elif handle.proven and await _is_healthy(handle.url):
            return handle
        await _until_healthy(handle, launcher, progress)
        await _prove(handle, launcher)
        return write_handle(handle.model_copy(update={"proven": True}), launcher.state_dir)
    finally:
        lock.release()


def stop_server(name: str, state_dir: Path) -> ServerHandle | None:
    """Stop the profile's server and return what it was; None if there was none."""
    handle = read_handle(name, state_dir)
    if handle is None:
        return None
    process.stop(handle.pid, handle.started_at)
    state_path(name, state_dir).unlink(missing_ok=True)
    return handle


async def server_status(name: str, state_dir: Path) -> Status:
    """Return whether the profile's server is `healthy`, `starting` or `stopped`."""
    handle = read_handle(name, state_dir)
    if handle is None or not process.is_running(handle.pid, handle.started_at):
        return Status(state="stopped")
    return Status(state="healthy" if await _is_healthy(handle.url) else "starting", handle=handle)


def fingerprint(profile: Profile) -> str:
    """Return the sha256 of the profile's weights and server settings."""
    weights = profile.weights
    if weights is None:
        raise UsageError(
            f"profile {profile.name!r} has no weights to serve: give it 'weights', a folder with "
            "a checkpoint, or point its 'base_url' at a running server"
        )
    if not (weights / "config.json").is_file():
        raise InfrastructureError(
            f"no checkpoint in {str(weights)!r} (config.json is missing) for profile "
            f"{profile.name!r}: install the package with its weights, or set 'weights'"
        )
    digest = hashlib.sha256(repr((profile.model, _arguments(profile))).encode())
    digest.update(repr(sorted(profile.server_environment.items())).encode())
    for path in sorted(p for p in weights.iterdir() if p.is_file()):
        stat = path.stat()
        digest.update(f"{path.name}:{stat.st_size}".encode())
        # Hashing tens of gigabytes at every question would cost more than it protects.
        small = stat.st_size <= _HASHED_BYTES
        digest.update(path.read_bytes() if small else str(stat.st_mtime_ns).encode())
    return digest.hexdigest()


def server_argv(profile: Profile, launcher: Launcher, port: int) -> list[str]:
    """Return the command line of the profile's server."""
    return [
        *(str(launcher.python), "-P", "-m", launcher.module),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--model", str(profile.weights), "--served-model-name", profile.model),
        *_arguments(profile),
    ]


def server_overrides(profile: Profile) -> dict[str, str]:
    """Return the environment variables that are set for the profile's server."""
    return {**_ENVIRONMENT, **profile.server_environment}


def _is_current(handle: ServerHandle, wanted: str) -> bool:
    return handle.fingerprint == wanted and process.is_running(handle.pid, handle.started_at)


def _arguments(profile: Profile) -> tuple[str, ...]:
    own = profile.server_arguments
    # A GPU is much faster with its graphs, a CPU has none.
    kept = (a for a in _ARGUMENTS if f"--no-{a.removeprefix('--')}" not in own)
    return (*kept, *own)


def _start(profile: Profile, launcher: Launcher, wanted: str) -> ServerHandle:
    if not launcher.python.exists():
        raise InfrastructureError(
            f"vLLM is not installed ({str(launcher.python)!r} is missing): run "
            "'terragate serve install'"
        )
    launcher.admit()
    port = process.free_port()
    log = launcher.state_dir / f"serve-{profile.name}.log"
    environment = process.server_environment(os.environ, server_overrides(profile))
    argv = server_argv(profile, launcher, port)
    try:
        pid = process.start_detached(argv, environment, log)
    except OSError as error:
        raise InfrastructureError(
            f"cannot start {argv[0]!r} ({error.strerror}): run 'terragate serve install'"
        ) from error
    handle = ServerHandle(
        profile=profile.name,
        url=f"http://127.0.0.1:{port}",
        model=profile.model,
        pid=pid,
        started_at=process.started_at(pid) or time.time(),
        fingerprint=wanted,
        log=str(log),
    )
    # Written before the server is healthy: if we are interrupted, the next caller waits for it.
    return write_handle(handle, launcher.state_dir)


async def _until_healthy(
    handle: ServerHandle, launcher: Launcher, progress: Callable[[Waiting], None]
) -> None:
    began = time.monotonic()
    reported = 0.0
    log = Path(handle.log)
    while not await _is_healthy(handle.url):
        elapsed = time.monotonic() - began
        if not process.is_running(handle.pid, handle.started_at):
            raise _broken(handle, launcher, "stopped while starting")
        if elapsed > launcher.patience_s:
            raise _broken(handle, launcher, f"was not ready after {launcher.patience_s:g} s")
        if elapsed - reported >= _REPORT_S:
            reported = elapsed
            progress(Waiting(elapsed, next(iter(process.log_tail(log, 1)), "")))
        await anyio.sleep(_POLL_S)


async def _prove(handle: ServerHandle, launcher: Launcher) -> Capabilities:
    try:
        found = await probe(handle.url, model=handle.model, limits=Limits(timeout_s=60.0))
    except ModelError as error:
        raise _broken(handle, launcher, f"did not answer a first question ({error})") from error
    if found.schema_support != "honoured":
        raise _broken(handle, launcher, f"does not honour JSON schemas ({found.schema_support})")
    return found


async def _is_healthy(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=_HEALTH_TIMEOUT_S, trust_env=False) as client:
            return (await client.get(f"{url}/health")).is_success
    except httpx.TransportError:
        return False


async def _acquire(lock: FileLock, launcher: Launcher, progress: Callable[[Waiting], None]) -> None:
    began = time.monotonic()
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            elapsed = time.monotonic() - began
            if elapsed > launcher.patience_s:
                raise InfrastructureError(
                    f"another process has been starting this server for {elapsed:.0f} s "
                    f"(lock {lock.lock_file!r}): stop it, then try again"
                ) from None
            progress(Waiting(elapsed, "another process is starting the server"))
            await anyio.sleep(_REPORT_S)
        else:
            return


def _broken(handle: ServerHandle, launcher: Launcher, what: str) -> InfrastructureError:
    tail = "\n".join(process.log_tail(Path(handle.log), _TAIL_LINES))
    stop_server(handle.profile, launcher.state_dir)
    return InfrastructureError(
        f"the vLLM server of profile {handle.profile!r} {what}. Its log {handle.log!r} ends:\n"
        f"{tail}\nFree memory or mend the profile's server_arguments, then try again; "
        "'terragate doctor' checks the installation"
    )
