"""Checkpoints, rows and measures for the tests of quantisation; torch only in another process."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from terragate.agents.profiles import NANO
from terragate.deploy.models.quantize.environment import quantize_python, quantize_venv
from terragate.deploy.models.quantize.job import Measures, RowMeasure, Sums
from terragate.tools.errors import ToolUnavailable
from terragate.workflows.settings import Settings

PLACES = ("Lisbon", "Oslo", "Cadiz", "Turku", "Bergen", "Genoa", "Varna", "Split", "Malmo", "Pula")


def environment() -> Path:
    """The interpreter of the quantisation environment; skips where there is none."""
    try:
        return quantize_python(quantize_venv(Settings().home))
    except ToolUnavailable as error:
        pytest.skip(str(error))


def random_model(python: Path, name: str, folder: Path, **fields: int) -> Path:
    """A random checkpoint of an architecture, with the shipped model's tokenizer."""
    script = Path(__file__).with_name("tiny_checkpoint.py")
    given = [f"{key}={value}" for key, value in fields.items()]
    argv = [python, "-P", script, name, folder, NANO.weights, *given]
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
    return folder


def tiny_folder(folder: Path, *, inputs: int = 64, outputs: int = 64, **config: object) -> Path:
    """A checkpoint that is whole but for its sense: one matrix, one norm, a tokenizer."""
    folder.mkdir(parents=True)
    tensors = {
        "model.layers.0.mlp.up_proj.weight": np.zeros((outputs, inputs), np.float16),
        "model.layers.0.input_layernorm.weight": np.ones(inputs, np.float16),
        "model.embed_tokens.weight": np.zeros((10, inputs), np.float16),
    }
    save_file(tensors, folder / "model.safetensors")
    fields = {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 128, **config}
    (folder / "config.json").write_text(json.dumps(fields))
    shutil.copyfile(NANO.weights / "tokenizer.json", folder / "tokenizer.json")
    return folder


def write_rows(path: Path, count: int, *, first: int = 0, domain: str | None = None) -> Path:
    """Rows of a call-maker, each of another number."""
    named = {"domain": domain} if domain else {}
    rows = [
        {
            "system": "place\nfind_place(place) whole_archive()",
            "user": f"How many of the {n} ships are near {PLACES[n % len(PLACES)]}?\n>",
            "answer": f'{{"tool":"find_place","place":"{PLACES[n % len(PLACES)]}"}}',
            **named,
        }
        for n in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def measured(
    count: int = 200,
    *,
    lost: int = 0,
    won: int = 0,
    divergence: float = 0.001,
    result_nll: float = 0.1,
    domain: str = "all",
) -> Measures:
    """Measures of rows with ten answer tokens each, of which some are lost and some won."""
    return Measures(
        rows=tuple(
            RowMeasure(
                domain=domain,
                source_exact=not lost <= at < lost + won,
                result_exact=at >= lost,
                answer=Sums(
                    tokens=10,
                    divergence=10 * divergence,
                    source_nll=1.0,
                    result_nll=10 * result_nll,
                    agreed=9,
                ),
                prompt=Sums(tokens=5, divergence=0.0, source_nll=5.0, result_nll=5.0, agreed=5),
            )
            for at in range(count)
        ),
        too_long=0,
        dtype="float32",
    )
