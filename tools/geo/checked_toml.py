"""Small TOML files that people write beside their data, read into a model or refused by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from .stac_json import bad_file

MAX_BYTES: Final = 1024 * 1024

Checked = TypeVar("Checked", bound=BaseModel)


def read_checked(path: Path, model: type[Checked]) -> Checked:
    """Return the file's content as a model; ToolError says what is wrong with it and where."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise bad_file(path, f"is larger than {MAX_BYTES} bytes")
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise bad_file(path, f"cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise bad_file(path, f"is wrong at {where!r}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise bad_file(path, f"is no TOML ({error})") from error
