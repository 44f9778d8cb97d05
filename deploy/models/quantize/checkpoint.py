"""What a checkpoint folder holds, read without loading a weight; whatever is unsafe is refused.

Only safetensors are read: a pickle runs the code of whoever wrote it. Headers are checked against
file sizes, so that a download that broke off is found before any work.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....tools.artifacts import sha256_file
from ....tools.errors import InfrastructureError, UsageError
from .job import GROUPS, Scheme

# Decoders whose matrices are plain linear layers named `...layers.N...`; experts are not.
ARCHITECTURES = (
    "LlamaForCausalLM",
    "Mamba2ForCausalLM",
    "MistralForCausalLM",
    "Qwen2ForCausalLM",
    "Qwen3ForCausalLM",
)
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
INDEX = "model.safetensors.index.json"
WHOLE = "model.safetensors"
# Copied as they are: a tokenizer that is written anew may split text in another way.
COMPANIONS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "generation_config.json",
)
_READABLE = ("tokenizer.json", "tokenizer.model", "vocab.json")
# vLLM's CPU kernel for 4-bit weights takes both sizes in steps of this.
_W4A16_STEP = 32


@dataclass(frozen=True)
class Checkpoint:
    """A folder that was looked at; `matrices` are the shapes (out, in) that may be quantised."""

    folder: Path
    architecture: str
    files: tuple[Path, ...]
    matrices: dict[str, tuple[int, int]]
    parameters: int
    positions: int | None

    @property
    def size_bytes(self) -> int:
        """Return the size of all weights in bytes."""
        return sum(path.stat().st_size for path in self.files)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the configuration and of every file of weights."""
        named = (self.folder / "config.json", *self.files)
        return {path.name: sha256_file(path) for path in named}


def read_checkpoint(folder: Path) -> Checkpoint:
    """Return what a folder holds; UsageError if it is no safe, whole, unquantised checkpoint."""
    if not folder.is_dir():
        raise UsageError(f"no checkpoint folder {str(folder)!r}: give one with a config.json")
    config = _json(folder / "config.json")
    architecture = _architecture(config, folder)
    files = _weight_files(folder)
    shapes = {name: shape for path in files for name, shape in _header(path).items()}
    if not any(name in _names(folder) for name in _READABLE):
        raise UsageError(
            f"{str(folder)!r} holds no tokenizer ({', '.join(_READABLE)}): add the model's own"
        )
    positions = config.get("max_position_embeddings")
    return Checkpoint(
        folder=folder,
        architecture=architecture,
        files=files,
        matrices={name: (s[0], s[1]) for name, s in shapes.items() if _is_matrix(name, s)},
        parameters=sum(math.prod(shape) for shape in shapes.values()),
        positions=positions if isinstance(positions, int) else None,
    )


def check_scheme(checkpoint: Checkpoint, scheme: Scheme, group: int) -> None:
    """Raise UsageError unless the scheme is possible and its groups divide every matrix."""
    if scheme != "w4a16":
        return
    if checkpoint.architecture == "Mamba2ForCausalLM":
        raise UsageError(
            "a 4-bit Mamba2 cannot be read back to be measured (transformers 5.17 looks for the "
            "unpacked weights): give --scheme w8a8"
        )
    if group not in GROUPS:
        raise UsageError(f"group {group!r} is none of {', '.join(map(str, GROUPS))}: choose one")
    name, size = _undivided(checkpoint, group)
    if name:
        fits = [str(g) for g in GROUPS if not _undivided(checkpoint, g)[0]]
        advice = f"give --group {fits[-1]}" if fits else "give --scheme w8a8, which has no groups"
        raise UsageError(
            f"a group of {group} does not divide the {size} inputs of {name!r}: {advice}"
        )
    for name, shape in checkpoint.matrices.items():
        if shape[0] % _W4A16_STEP:
            raise UsageError(
                f"{name!r} has {shape[0]} outputs, no multiple of {_W4A16_STEP}, which the 4-bit "
                "kernels need: give --scheme w8a8"
            )


def _undivided(checkpoint: Checkpoint, group: int) -> tuple[str, int]:
    """Return the first matrix whose inputs the group does not divide; an empty name if none."""
    found = ((n, s[1]) for n, s in checkpoint.matrices.items() if s[1] % group)
    return next(found, ("", 0))


def _architecture(config: dict[str, Any], folder: Path) -> str:
    if "auto_map" in config or "auto_map" in _tokenizer_config(folder):
        raise UsageError(
            f"{str(folder)!r} asks for code of its own (auto_map), which is never run: give a "
            f"checkpoint of a known architecture ({', '.join(ARCHITECTURES)})"
        )
    if config.get("quantization_config"):
        raise UsageError(f"{str(folder)!r} is quantised already: give the model it was made from")
    named = config.get("architectures")
    found = named[0] if isinstance(named, list) and len(named) == 1 else named
    if not isinstance(found, str) or found not in ARCHITECTURES:
        raise UsageError(
            f"architecture {found!r} in {str(folder / 'config.json')!r} is not supported: "
            f"give one of {', '.join(ARCHITECTURES)}"
        )
    return found


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return _json(path) if path.exists() else {}


def _weight_files(folder: Path) -> tuple[Path, ...]:
    if (folder / INDEX).exists():
        return _shards(folder)
    if (folder / WHOLE).is_file():
        return (folder / WHOLE,)
    pickles = sorted(name for name in _names(folder) if name.endswith(PICKLES))
    if pickles:
        raise UsageError(
            f"{str(folder)!r} holds pickled weights ({pickles[0]!r}), which may run any code and "
            "are refused: give the model's safetensors"
        )
    raise UsageError(f"{str(folder)!r} holds no {WHOLE!r} and no {INDEX!r}: download it again")


def _shards(folder: Path) -> tuple[Path, ...]:
    listed = _json(folder / INDEX).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise UsageError(f"{str(folder / INDEX)!r} lists no weights: download it again")
    names = sorted({str(name) for name in listed.values()})
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise UsageError(
                f"{str(folder / INDEX)!r} names {name!r}, no safetensors file of this folder: "
                "download it again"
            )
        if not (folder / name).is_file():
            raise UsageError(f"{str(folder)!r} lacks {name!r} of its index: download it again")
    return tuple(folder / name for name in names)


def _header(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of a file; UsageError if it is cut short or damaged."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise InfrastructureError(
            "weights are checked with safetensors: pip install 'terragate[models]'"
        ) from error
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise UsageError(
            f"{str(path)!r} is no whole safetensors file ({error}): download it again"
        ) from error


def _is_matrix(name: str, shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and ".layers." in name and name.endswith(".weight")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"{str(path.parent)!r} holds no {path.name!r}: give a whole checkpoint folder"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{str(path)!r} is no JSON ({error}): download it again") from error
    if not isinstance(found, dict):
        raise UsageError(f"{str(path)!r} is no JSON object: download it again")
    return found
