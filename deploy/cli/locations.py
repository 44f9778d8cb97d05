"""Where things are on this machine: the demo archive and the model profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..serving.install import default_venv

if TYPE_CHECKING:
    from ...agents.profiles import Profile
    from ...workflows.settings import Settings

PROFILES_FILE = Path("terragate.toml")


def demo_folder(settings: Settings) -> Path:
    """Return where `terragate data demo` writes by default."""
    return settings.home / "demo"


def serving_venv(settings: Settings) -> Path:
    """Return the environment that vLLM lives in."""
    return default_venv(settings.home)


def profiles() -> tuple[Profile, ...]:
    """Return the built-in profiles and those of `terragate.toml` in the current folder."""
    from ...agents.profiles import load_profiles

    return load_profiles(PROFILES_FILE if PROFILES_FILE.exists() else None)
