"""What training minimises: the answer first, the question a little, and a drill in copying.

A call-maker mostly copies and recognises paraphrases, and its answers are a dozen tokens long. Loss
on the answer alone leaves both skills to chance: after 18 M tokens the first model still wrote a
name it had seen often where it should have copied one. Predicting the question too teaches which
words stand for each other (Shi et al. 2024, "Instruction tuning with loss over instructions"), and
random tokens said twice make the copying circuit form early (Olsson et al. 2022, induction heads).
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import torch
from torch.nn import functional
from transformers import Qwen3ForCausalLM

from .batches import Batch

# Padded to few distinct sizes: the CPU kernels are compiled anew for each one.
STEP, IGNORED = 256, -100
DRILL_LENGTHS = (8, 28)


def loss_of(model: Qwen3ForCausalLM, batch: Batch, question_weight: float) -> torch.Tensor:
    """Return the weighted mean cross-entropy (nats) of answer tokens plus that of questions."""
    hidden = model.model(input_ids=batch.tokens, use_cache=False).last_hidden_state
    loss = _weighted_loss(model, hidden, batch.tokens, batch.answer_weight)
    if question_weight > 0 and bool(batch.is_question.any()):
        asked = _weighted_loss(model, hidden, batch.tokens, batch.is_question.float())
        loss = loss + question_weight * asked
    return loss


def _weighted_loss(
    model: Qwen3ForCausalLM, hidden: torch.Tensor, tokens: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    weights = weight[:, 1:].reshape(-1)
    at = weights.nonzero().squeeze(1)
    labels, weights = tokens[:, 1:].reshape(-1)[at], weights[at]
    total = weights.sum()
    short = -len(at) % STEP
    at, weights = functional.pad(at, (0, short)), functional.pad(weights, (0, short))
    labels = functional.pad(labels, (0, short), value=IGNORED)
    logits = model.lm_head(hidden[:, :-1].reshape(-1, hidden.shape[-1])[at])
    losses = functional.cross_entropy(
        logits.float(), labels, ignore_index=IGNORED, reduction="none"
    )
    return (losses * weights).sum() / total


def copying_drill(vocabulary: int, first: int, rows: int, *, seed: int) -> Batch:
    """Return random token runs each said twice, (rows, 64); only the second saying is scored.

    Tokens are drawn from `first` on, past the special ones; filler before, between and after keeps
    the distance between the two sayings from being learned instead.
    """
    width = 64
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(first, vocabulary, (rows, width), generator=generator)
    scored = torch.zeros((rows, width))
    lengths = torch.randint(*DRILL_LENGTHS, (rows,), generator=generator).tolist()
    for row, length in enumerate(lengths):
        slack = width - 2 * length
        start = int(torch.randint(0, slack // 2 + 1, (1,), generator=generator))
        again = start + length + int(torch.randint(0, slack // 2 + 1, (1,), generator=generator))
        tokens[row, again : again + length] = tokens[row, start : start + length]
        # The first token of the second saying cannot be known.
        scored[row, again + 1 : again + length] = 1.0
    return Batch(tokens, scored, torch.zeros_like(scored, dtype=torch.bool))
