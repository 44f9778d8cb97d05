"""Checkpoints as models: whole, finite, of safetensors only, without code of their own."""

# pyright: reportMissingImports=false
from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from loguru import logger
from transformers import AutoModelForCausalLM, CompressedTensorsConfig, PreTrainedModel

from ....tools.errors import UsageError

_SAFE = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
_UNBOUNDED = 2**20


def load_source(folder: Path) -> PreTrainedModel:
    """Return a checkpoint in its own precision; UsageError if weights are missing or not finite."""
    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder, dtype="auto", output_loading_info=True, **_SAFE
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" in str(error).lower():
            raise
        raise UsageError(f"{str(folder)!r} cannot be loaded ({error}): mend it") from error
    for what in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        if found.get(what):
            names = ", ".join(sorted(map(str, found[what]))[:3])
            raise UsageError(
                f"weights of {str(folder)!r} do not fit its config.json ({what}: {names}): "
                "give the checkpoint whole"
            )
    for name, weight in model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise UsageError(
                f"{name!r} of {str(folder)!r} holds NaN or infinity: download it again"
            )
    return model.eval()


def load_pair(source: Path, result: Path, dtype: str) -> tuple[PreTrainedModel, PreTrainedModel]:
    """Return both models; the result's weights are expanded, its inputs still rounded as served."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ours = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, **_SAFE)
    theirs = AutoModelForCausalLM.from_pretrained(
        result, dtype=dtype, quantization_config=CompressedTensorsConfig(dequantize=True), **_SAFE
    )
    return ours.to(device).eval(), theirs.to(device).eval()


def positions(model: PreTrainedModel) -> int:
    """Return how many tokens a model takes; recurrent ones have no limit."""
    return int(getattr(model.config, "max_position_embeddings", None) or _UNBOUNDED)


def report_layers(say: Callable[[str], None]) -> None:
    """Say which layer llm-compressor is at; its own log goes to standard error."""
    done = 0

    def sink(message: str) -> None:
        nonlocal done
        if "Quantizing" in message:
            done += 1
            say(f"quantising matrix {done}")

    logger.remove()
    logger.add(sys.stderr, level="INFO")
    logger.add(sink, level="INFO", format="{message}")
