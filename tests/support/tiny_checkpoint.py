"""Write a tiny random model; run by the interpreter of an environment that has transformers.

PYTHON tiny_checkpoint.py ARCHITECTURE FOLDER TOKENIZER_FOLDER [FIELD=NUMBER ...]
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers

DECODER = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 512,
}
RECURRENT = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_heads": 8,
    "head_dim": 32,
    "state_size": 32,
    "n_groups": 1,
    # Without its CUDA kernels the scan takes memory and time with the square of this.
    "chunk_size": 32,
    "expand": 2,
}
SHAPES = {
    "Llama": {**DECODER, "tie_word_embeddings": False},
    "Mistral": {**DECODER, "tie_word_embeddings": False, "sliding_window": None},
    "Qwen3": {**DECODER, "tie_word_embeddings": True},
    "Mamba2": {**RECURRENT, "tie_word_embeddings": True},
}


def main() -> None:
    name, folder, tokenizer = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    changed = {key: int(value) for key, value in (text.split("=") for text in sys.argv[4:])}
    vocabulary = json.loads((tokenizer / "config.json").read_text())["vocab_size"]
    config = getattr(transformers, f"{name}Config")(
        **{**SHAPES[name], "vocab_size": vocabulary, **changed},
        bos_token_id=None, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(5)
    model = getattr(transformers, f"{name}ForCausalLM")(config).to(torch.bfloat16)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / file, folder / file)


main()
