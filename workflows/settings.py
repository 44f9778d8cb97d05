"""The one place that reads the environment: `TERRAGATE_*` variables, read once per process."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are; every field is `TERRAGATE_<FIELD>` in the environment.

    `out` holds run folders and threads, `catalog` is the address of the data, `model` a profile
    name or the URL of an OpenAI-compatible server, `api_key` its key; `timeout_s` bounds one model
    call. `detectors` is the folder of the operator's ONNX models and their manifests.
    `allowed_hosts` are hosts (host or host:port, comma separated) that the files of a STAC
    API may lie on though they are not public.
    """

    model_config = SettingsConfigDict(env_prefix="TERRAGATE_", frozen=True, extra="ignore")

    home: Path = Path(platformdirs.user_data_dir("terragate"))
    out: Path = Path("runs")
    catalog: str | None = None
    allowed_hosts: str = ""
    detectors: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout_s: float = 120.0

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the allowed hosts one by one."""
        parts = (part.strip() for part in self.allowed_hosts.split(","))
        return tuple(part for part in parts if part)

    @property
    def cache(self) -> Path:
        """Return the folder of what was read from remote catalogs; it is bounded in bytes."""
        return self.home / "cache"

    def secret(self, variable: str) -> SecretStr | None:
        """Return the value of an environment variable that a model profile names as its key."""
        value = os.environ.get(variable)
        return SecretStr(value) if value else None
