"""Rows of a training set as token batches of near-equal length, domains in fixed proportion."""

# pyright: reportMissingImports=false
from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .tokenizer import END, PAD, USER, prompt_text

# Few distinct shapes: the CPU kernels are compiled anew for each one.
WIDTH_STEP = 16
FIRST_DOMAIN = "geo"


@dataclass(frozen=True)
class Rows:
    """Tokenised rows; the question of row i starts at `asked[i]`, its answer at `starts[i]`."""

    tokens: list[list[int]]
    asked: list[int]
    starts: list[int]
    domains: list[str]
    pad: int

    def of(self, domain: str, limit: int) -> Rows:
        """Return the first rows of a domain, at most `limit`."""
        kept = [n for n, name in enumerate(self.domains) if name == domain][:limit]
        return Rows(
            [self.tokens[n] for n in kept],
            [self.asked[n] for n in kept],
            [self.starts[n] for n in kept],
            [domain] * len(kept),
            self.pad,
        )


@dataclass(frozen=True)
class Batch:
    """Token ids, the weight of answer tokens and the mask of question tokens, (rows, length)."""

    tokens: torch.Tensor
    answer_weight: torch.Tensor
    is_question: torch.Tensor

    @property
    def is_answer(self) -> torch.Tensor:
        """Return where the answers are."""
        return self.answer_weight > 0

    def to(self, device: str) -> Batch:
        """Return the batch on a device."""
        return Batch(*(t.to(device) for t in (self.tokens, self.answer_weight, self.is_question)))


def load_rows(paths: Sequence[Path], tokenizer: Tokenizer, longest: int) -> tuple[Rows, int]:
    """Read and tokenise JSONL files of `{"system", "user", "answer"[, "domain"]}` rows.

    Rows longer than the model's positions are left out; the second value says how many.
    """
    prompts: list[str] = []
    answers: list[str] = []
    domains: list[str] = []
    for path in paths:
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            prompts.append(prompt_text(row["system"], row["user"]))
            answers.append(row["answer"] + END)
            domains.append(row.get("domain", FIRST_DOMAIN))
    # Prompt and answer are encoded apart, as they are at serving time.
    heads = [e.ids for e in tokenizer.encode_batch_fast(prompts)]
    tails = [e.ids for e in tokenizer.encode_batch_fast(answers)]
    mark = tokenizer.token_to_id(USER)
    kept = [n for n, head in enumerate(heads) if len(head) + len(tails[n]) <= longest]
    rows = Rows(
        [heads[n] + tails[n] for n in kept],
        [heads[n].index(mark) + 1 for n in kept],
        [len(heads[n]) for n in kept],
        [domains[n] for n in kept],
        tokenizer.token_to_id(PAD),
    )
    return rows, len(heads) - len(kept)


def epoch_order(rows: Rows, shares: Mapping[str, float], *, seed: int, epoch: int) -> list[int]:
    """Return the rows of an epoch: each domain's share of the tokens, none of it twice.

    The epoch ends when the domain that is scarcest for its share has been seen once; of the others
    every epoch takes other rows.
    """
    members: dict[str, list[int]] = {}
    for index, domain in enumerate(rows.domains):
        members.setdefault(domain, []).append(index)
    for domain, found in members.items():
        random.Random(f"{seed}/{epoch}/{domain}").shuffle(found)
    sizes = {d: sum(len(rows.tokens[n]) for n in found) for d, found in members.items()}
    wanted = {d: shares[d] for d in members if shares.get(d, 0) > 0}
    whole = min(sizes[d] / share for d, share in wanted.items())
    order: list[int] = []
    for domain, share in sorted(wanted.items()):
        left = whole * share
        for index in members[domain]:
            left -= len(rows.tokens[index])
            if left < -0.5:
                break
            order.append(index)
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order


def shuffled_batches(
    rows: Rows, order: Sequence[int], batch_tokens: int, weights: Mapping[str, float], seed: str
) -> Iterator[Batch]:
    """Yield the rows in batches of similar lengths, the batches in an order fixed by the seed.

    All batches of a width have the same number of rows; what is missing in the last is padding.
    """
    by_width: dict[int, list[int]] = {}
    for index in order:
        width = -(-len(rows.tokens[index]) // WIDTH_STEP) * WIDTH_STEP
        by_width.setdefault(width, []).append(index)
    groups: list[tuple[int, list[int]]] = []
    for width, members in sorted(by_width.items()):
        size = max(1, batch_tokens // width)
        groups.extend((width, members[at : at + size]) for at in range(0, len(members), size))
    random.Random(seed).shuffle(groups)
    for width, group in groups:
        yield _batch(rows, group, (max(1, batch_tokens // width), width), weights)


def _batch(
    rows: Rows, group: Sequence[int], shape: tuple[int, int], weights: Mapping[str, float]
) -> Batch:
    tokens = torch.full(shape, rows.pad, dtype=torch.long)
    answer_weight = torch.zeros(shape)
    is_question = torch.zeros(shape, dtype=torch.bool)
    for at, index in enumerate(group):
        ids, start = rows.tokens[index], rows.starts[index]
        tokens[at, : len(ids)] = torch.tensor(ids)
        answer_weight[at, start : len(ids)] = weights.get(rows.domains[index], 1.0)
        is_question[at, rows.asked[index] : start] = True
    return Batch(tokens, answer_weight, is_question)
