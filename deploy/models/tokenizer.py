"""The tokenizer of terragate-nano: byte-level BPE that splits words, digits and punctuation apart.

A name has the same tokens after a space and after a quote, because whitespace and punctuation never
join a word; that is what lets a small model copy names it has never seen.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SYSTEM, USER, ASSISTANT, END, PAD = "<|sys|>", "<|usr|>", "<|ans|>", "<|end|>", "<|pad|>"
SPECIAL = (PAD, END, SYSTEM, USER, ASSISTANT)
WORDS = r"[\p{L}\p{M}_]+|\p{N}|\s+|[^\s\p{L}\p{M}\p{N}_]+"
CHAT_TEMPLATE = (
    "{% for m in messages %}"
    "{% if m.role == 'system' %}<|sys|>{{ m.content }}"
    "{% elif m.role == 'user' %}<|usr|>{{ m.content }}"
    "{% else %}<|ans|>{{ m.content }}<|end|>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|ans|>{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Return a tokenizer of at most `vocabulary` tokens, trained on the texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, positions: int) -> None:
    """Write `tokenizer.json` and the configuration that transformers and vLLM read."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": positions,
        "eos_token": END,
        "pad_token": PAD,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def prompt_text(system: str, user: str) -> str:
    """Return the exact text that the chat template makes of one request."""
    return f"{SYSTEM}{system}{USER}{user}{ASSISTANT}"
