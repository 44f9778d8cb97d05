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

from .tokenizer import END, PAD, USER, prompt_text

# Few distinct shapes: the CPU kernels are compiled anew for each one.
WIDTH_STEP = 16


@dataclass(frozen=True)
class Rows:
    """Tokenised rows; the question of row i starts at `asked[i]`, its answer at `starts[i]`."""

    tokens: list[list[int]]
    asked: list[int]
    starts: list[int]
    pad: int

    def head(self, count: int) -> Rows:
        """Return the first `count` rows."""
        return Rows(self.tokens[:count], self.asked[:count], self.starts[:count], self.pad)


@dataclass(frozen=True)
class Batch:
    """Token ids and the masks of answer and question tokens, (rows, length); right-padded."""

    tokens: torch.Tensor
    is_answer: torch.Tensor
    is_question: torch.Tensor


def load_rows(path: Path, tokenizer: Tokenizer) -> Rows:
    """Read and tokenise a JSONL file of `{"system", "user", "answer"}` rows."""
    prompts: list[str] = []
    answers: list[str] = []
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        prompts.append(prompt_text(row["system"], row["user"]))
        answers.append(row["answer"] + END)
    # Prompt and answer are encoded apart, as they are at serving time.
    heads = [e.ids for e in tokenizer.encode_batch_fast(prompts)]
    tails = [e.ids for e in tokenizer.encode_batch_fast(answers)]
    tokens = [head + tail for head, tail in zip(heads, tails, strict=True)]
    mark = tokenizer.token_to_id(USER)
    asked = [head.index(mark) + 1 for head in heads]
    return Rows(tokens, asked, [len(head) for head in heads], tokenizer.token_to_id(PAD))


def shuffled_batches(rows: Rows, batch_tokens: int, *, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield the rows once, in an order fixed by seed and epoch, each batch of similar lengths.

    All batches of a width have the same number of rows; what is missing in the last is padding.
    """
    rng = random.Random(f"{seed}/{epoch}")
    order = list(range(len(rows.tokens)))
    rng.shuffle(order)
    by_width: dict[int, list[int]] = {}
    for index in order:
        by_width.setdefault(-(-len(rows.tokens[index]) // WIDTH_STEP) * WIDTH_STEP, []).append(
            index
        )
    groups: list[tuple[int, list[int]]] = []
    for width, members in sorted(by_width.items()):
        size = max(1, batch_tokens // width)
        groups.extend((width, members[at : at + size]) for at in range(0, len(members), size))
    rng.shuffle(groups)
    for width, group in groups:
        yield _batch(rows, group, width, max(1, batch_tokens // width))


def _batch(rows: Rows, group: list[int], width: int, size: int) -> Batch:
    tokens = torch.full((size, width), rows.pad, dtype=torch.long)
    is_answer = torch.zeros((size, width), dtype=torch.bool)
    is_question = torch.zeros((size, width), dtype=torch.bool)
    for at, index in enumerate(group):
        ids = rows.tokens[index]
        tokens[at, : len(ids)] = torch.tensor(ids)
        is_answer[at, rows.starts[index] : len(ids)] = True
        is_question[at, rows.asked[index] : rows.starts[index]] = True
    return Batch(tokens, is_answer, is_question)
