"""The state file of each of our servers: which process it is and where it answers."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from ...tools.errors import InfrastructureError
from ...tools.records import Frozen


class ServerHandle(Frozen):
    """A server of ours: where it answers, what it serves and which process it is."""

    profile: str
    url: str
    model: str
    pid: int
    started_at: float
    fingerprint: str
    log: str
    proven: bool = False


class Status(Frozen):
    """What is known of a profile's server."""

    state: str
    handle: ServerHandle | None = None


def make_state_dir(state_dir: Path) -> None:
    """Create the folder of the state files."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(
            f"cannot create {str(state_dir)!r} for server state ({error.strerror}): "
            "choose another folder"
        ) from error


def read_handle(name: str, state_dir: Path) -> ServerHandle | None:
    """Return what the state file of a profile says; None if there is none or it is damaged."""
    try:
        return ServerHandle.model_validate_json(state_path(name, state_dir).read_text("utf-8"))
    except (OSError, ValidationError):
        return None


def write_handle(handle: ServerHandle, state_dir: Path) -> ServerHandle:
    """Write the state file of a server, and return the handle."""
    state_path(handle.profile, state_dir).write_text(handle.model_dump_json(indent=1), "utf-8")
    return handle


def state_path(name: str, state_dir: Path) -> Path:
    """Return the state file of a profile's server."""
    return state_dir / f"serve-{name}.json"
