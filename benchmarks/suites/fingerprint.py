"""What a result depends on: code, prompts, items, tools, weights. Other ones are other results."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ...tools.artifacts import sha256_file
from .suite import DIRECT, Item, Suite, suite_digest

PACKAGES: Final = ("terragate", "inspect_ai", "langgraph")
# What two results must have in common to be compared: the questions, and how answers are judged.
COMPARED: Final = ("suite", "suite_sha256", "tools")


def fingerprint(suite: Suite, items: Sequence[Item], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the identities of all that a result depends on; `model` is that of the model."""
    return {
        "suite": suite.name,
        "suite_sha256": suite_digest(items),
        "prompts_sha256": _prompts(suite),
        "tools": suite.tools(),
        "model": dict(model),
        "packages": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
    }


def weights_sha256(folder: Path) -> str | None:
    """Return the sha256 over a checkpoint's weight files, None where there are none."""
    found = sorted(folder.glob("*.safetensors"))
    if not found:
        return None
    lines = "".join(f"{path.name} {sha256_file(path)}\n" for path in found)
    return hashlib.sha256(lines.encode()).hexdigest()


def differences(one: Mapping[str, Any], two: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Return what two fingerprints do not share, in words."""
    return [
        f"{key}: {one.get(key)!r} and {two.get(key)!r}"
        for key in keys
        if one.get(key) != two.get(key)
    ]


def _prompts(suite: Suite) -> str:
    """Return the sha256 of the prompts that the suite's workflows can show."""
    rtl = DIRECT in suite.workflows
    whole = hashlib.sha256()
    folder = files("terragate.agents") / "prompts"
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith("rtl_") != rtl:
            continue
        whole.update(f"{path.name}\n".encode() + path.read_bytes())
    return whole.hexdigest()
