"""How far a quantised checkpoint is from its source, token by token, both read from disk."""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from transformers import PreTrainedModel

from .encode import Encoded
from .job import RowMeasure, Sums

# Few distinct widths: the CPU kernels are compiled anew for each one.
_WIDTH_STEP = 32
_BATCH_TOKENS = 4096
# Bounds the scores of a batch (0.5 GiB a copy in float32), whatever the vocabulary.
_BATCH_SCORES = 2**27
_CHUNK = 256


def compare(
    source: PreTrainedModel, result: PreTrainedModel, rows: Sequence[Encoded]
) -> Iterator[RowMeasure]:
    """Yield the measures of every row, in the order of the rows' lengths.

    Divergence is Kullback-Leibler's of the result's next token from the source's, in nats.
    """
    room = min(_BATCH_TOKENS, _BATCH_SCORES // source.config.vocab_size)
    for batch in _batches(sorted(rows, key=lambda row: len(row.ids)), room):
        width = -(-max(len(row.ids) for row in batch) // _WIDTH_STEP) * _WIDTH_STEP
        # Padding stands on the right, where no causal model looks back from.
        tokens = torch.zeros((len(batch), width), dtype=torch.long, device=source.device)
        for at, row in enumerate(batch):
            tokens[at, : len(row.ids)] = torch.tensor(row.ids)
        with torch.inference_mode():
            ours = source(input_ids=tokens, use_cache=False).logits
            theirs = result(input_ids=tokens, use_cache=False).logits
            for at, row in enumerate(batch):
                yield _measure(row, tokens[at], ours[at], theirs[at])


def _batches(rows: Sequence[Encoded], room: int) -> Iterator[list[Encoded]]:
    batch: list[Encoded] = []
    for row in rows:
        # Rows grow longer, so this one is the widest of its batch.
        if batch and (len(batch) + 1) * (len(row.ids) + _WIDTH_STEP) > room:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _measure(
    row: Encoded, tokens: torch.Tensor, ours: torch.Tensor, theirs: torch.Tensor
) -> RowMeasure:
    first, last = row.start - 1, len(row.ids) - 1
    wanted = tokens[row.start : last + 1]
    return RowMeasure(
        domain=row.domain,
        source_exact=bool((ours[first:last].argmax(-1) == wanted).all()),
        result_exact=bool((theirs[first:last].argmax(-1) == wanted).all()),
        answer=_sums(ours, theirs, tokens, range(first, last)),
        prompt=_sums(ours, theirs, tokens, range(first)),
    )


def _sums(ours: torch.Tensor, theirs: torch.Tensor, tokens: torch.Tensor, at: range) -> Sums:
    """Return the sums over the positions that predict the next token."""
    divergence = source_nll = result_nll = 0.0
    agreed = 0
    for low in range(at.start, at.stop, _CHUNK):
        high = min(low + _CHUNK, at.stop)
        p = ours[low:high].float().log_softmax(-1)
        q = theirs[low:high].float().log_softmax(-1)
        wanted = tokens[low + 1 : high + 1, None]
        divergence += float((p.exp() * (p - q)).sum())
        source_nll -= float(p.gather(1, wanted).sum())
        result_nll -= float(q.gather(1, wanted).sum())
        agreed += int((p.argmax(-1) == q.argmax(-1)).sum())
    return Sums(
        tokens=len(at),
        divergence=divergence,
        source_nll=source_nll,
        result_nll=result_nll,
        agreed=agreed,
    )
