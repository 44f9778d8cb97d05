"""Rows of a training set as token batches of near-equal length."""

# pyright: reportMissingImports=false
from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .tokenizer import END, PAD, prompt_text

BUCKET = 4096


@dataclass(frozen=True)
class Rows:
    """Tokenised rows; the answer of row i starts at token `starts[i]`."""

    tokens: list[list[int]]
    starts: list[int]
    pad: int

    def head(self, count: int) -> Rows:
        """Return the first `count` rows."""
        return Rows(self.tokens[:count], self.starts[:count], self.pad)


@dataclass(frozen=True)
class Batch:
    """Token ids and the mask of answer tokens, both (rows, length); right-padded."""

    tokens: torch.Tensor
    is_answer: torch.Tensor


def load_rows(path: Path, tokenizer: Tokenizer) -> Rows:
    """Read and tokenise a JSONL file of `{"system", "user", "answer"}` rows."""
    prompts: list[str] = []
    answers: list[str] = []
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        prompts.append(prompt_text(row["system"], row["user"]))
        answers.append(row["answer"] + END)
    # Prompt and answer are encoded apart, as they are at serving time.
    heads = [e.ids for e in tokenizer.encode_batch(prompts)]
    tails = [e.ids for e in tokenizer.encode_batch(answers)]
    tokens = [head + tail for head, tail in zip(heads, tails, strict=True)]
    return Rows(tokens, [len(head) for head in heads], tokenizer.token_to_id(PAD))


def shuffled_batches(rows: Rows, batch_tokens: int, *, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield the rows once, in an order fixed by seed and epoch, each batch of similar lengths."""
    rng = random.Random(f"{seed}/{epoch}")
    order = list(range(len(rows.tokens)))
    rng.shuffle(order)
    groups: list[list[int]] = []
    for first in range(0, len(order), BUCKET):
        bucket = sorted(order[first : first + BUCKET], key=lambda i: len(rows.tokens[i]))
        groups.extend(_cut(bucket, rows, batch_tokens))
    rng.shuffle(groups)
    for group in groups:
        yield _batch(rows, group)


def _cut(bucket: list[int], rows: Rows, batch_tokens: int) -> Iterator[list[int]]:
    group: list[int] = []
    for index in bucket:
        if group and (len(group) + 1) * len(rows.tokens[index]) > batch_tokens:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _batch(rows: Rows, group: list[int]) -> Batch:
    width = max(len(rows.tokens[i]) for i in group)
    tokens = torch.full((len(group), width), rows.pad, dtype=torch.long)
    is_answer = torch.zeros((len(group), width), dtype=torch.bool)
    for at, index in enumerate(group):
        ids = rows.tokens[index]
        tokens[at, : len(ids)] = torch.tensor(ids)
        is_answer[at, rows.starts[index] : len(ids)] = True
    return Batch(tokens, is_answer)
