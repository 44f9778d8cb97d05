"""The one place that reads the environment: `TERRAGATE_*` variables, read once per process."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are; every field is `TERRAGATE_<FIELD>` in the environment.

    `out` holds run folders and threads, `catalog` the data, `model` a profile name or the URL of an
    OpenAI-compatible server, `api_key` its key; `timeout_s` bounds one model call.
    """

    model_config = SettingsConfigDict(env_prefix="TERRAGATE_", frozen=True, extra="ignore")

    home: Path = Path(platformdirs.user_data_dir("terragate"))
    out: Path = Path("runs")
    catalog: Path | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout_s: float = 120.0

    def secret(self, variable: str) -> SecretStr | None:
        """Return the value of an environment variable that a model profile names as its key."""
        value = os.environ.get(variable)
        return SecretStr(value) if value else None
