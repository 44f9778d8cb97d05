"""The model that is trained: a decoder of Qwen3's shape, its optimisers and its arithmetic."""

# pyright: reportMissingImports=false
from __future__ import annotations

import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from .plan import Plan
from .tokenizer import END, PAD


def new_model(plan: Plan, tokenizer: Tokenizer, device: str) -> Qwen3ForCausalLM:
    """Return an untrained model of the plan's shape (tied embeddings)."""
    torch.manual_seed(plan.seed)
    config = Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=plan.hidden,
        intermediate_size=plan.intermediate,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.kv_heads,
        head_dim=plan.head_dim,
        max_position_embeddings=plan.positions,
        tie_word_embeddings=True,
        rope_theta=10000.0,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(PAD),
        bos_token_id=None,
        initializer_range=0.02,
    )
    model = Qwen3ForCausalLM(config)
    # Sequences are short: on a CPU plain attention is faster than the fused kernel.
    model.set_attn_implementation("sdpa" if device == "cuda" else "eager")
    return model.to(device)


def new_optimizers(model: Qwen3ForCausalLM, plan: Plan) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon for the matrices of the layers and AdamW for all other parameters."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    held = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in held]
    muon = torch.optim.Muon(matrices, lr=plan.matrix_rate, weight_decay=plan.weight_decay)
    adam = torch.optim.AdamW(
        rest, lr=plan.peak_rate, betas=(0.9, 0.95), weight_decay=plan.weight_decay
    )
    return muon, adam


def flops_per_token(model: Qwen3ForCausalLM) -> float:
    """Return the arithmetic of training on a token: six operations per parameter (Kaplan 2020).

    Attention scores are left out: sequences are short beside the width of the model.
    """
    return 6.0 * sum(p.numel() for p in model.parameters())
