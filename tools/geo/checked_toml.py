"""Small TOML files that people write beside their data, read into a model or refused by name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ToolError
from .stac_json import bad_file

MAX_BYTES: Final = 1024 * 1024

Checked = TypeVar("Checked", bound=BaseModel)


def read_checked(
    path: Path,
    model: type[Checked],
    *,
    bad: Callable[[Path, str], ToolError] = bad_file,
    most_bytes: int = MAX_BYTES,
) -> Checked:
    """Return the file's content as a model; `bad` makes the error of what is wrong and where."""
    try:
        if path.stat().st_size > most_bytes:
            raise bad(path, f"is larger than {most_bytes} bytes")
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise bad(path, f"cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise bad(path, f"is wrong at {where!r}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise bad(path, f"is no TOML ({error})") from error
