"""Write a training folder as the shipped model: bf16 safetensors, tokenizer, provenance.

python -m terragate.deploy.models.export --run DIR --out DIR
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig, Qwen3ForCausalLM

from ...tools.artifacts import sha256_file

KEPT = ("tokenizer.json", "tokenizer_config.json", "plan.json", "curve.jsonl", "data.json")


def export(run: Path, out: Path) -> None:
    """Write the weights of a training run in bfloat16 with all that vLLM needs beside them."""
    out.mkdir(parents=True, exist_ok=True)
    model = Qwen3ForCausalLM.from_pretrained(run, dtype=torch.bfloat16)
    config = model.config
    model.generation_config = GenerationConfig(
        eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id, do_sample=False
    )
    model.save_pretrained(out)
    for name in KEPT:
        if (run / name).exists():
            shutil.copyfile(run / name, out / name)
    manifest = {
        "name": out.name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "dtype": "bfloat16",
        "sha256": {p.name: sha256_file(p) for p in sorted(out.glob("*.safetensors"))},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description="Write a training run as the shipped model.")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    export(options.run, options.out)


if __name__ == "__main__":
    main()
