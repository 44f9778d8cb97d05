"""Rows as the token ids a server would see: the model's own chat template, then the answer."""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ....tools.errors import UsageError
from .rows import Row


@dataclass(frozen=True)
class Encoded:
    """Token ids of a row; its answer starts at `start`."""

    ids: list[int]
    start: int
    domain: str


def open_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a checkpoint; UsageError if its files are damaged."""
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        # The Rust parser raises nothing more exact.
        raise UsageError(
            f"the tokenizer of {str(folder)!r} cannot be read ({error}): download it again"
        ) from error


def encode(tokenizer: PreTrainedTokenizerBase, rows: Iterable[Row], limit: int) -> list[Encoded]:
    """Return the rows of at most `limit` tokens; prompt and answer are encoded apart, as served."""
    end = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    encoded: list[Encoded] = []
    for row in rows:
        head = _prompt(tokenizer, row)
        tail = tokenizer(row.answer, add_special_tokens=False)["input_ids"]
        if len(head) and len(head) + len(tail) + len(end) <= limit:
            encoded.append(Encoded([*head, *tail, *end], len(head), row.domain))
    return encoded


def _prompt(tokenizer: PreTrainedTokenizerBase, row: Row) -> list[int]:
    if not tokenizer.chat_template:
        return tokenizer(f"{row.system}\n{row.user}\n")["input_ids"]
    try:
        text = _rendered(tokenizer, _said("system", row.system), _said("user", row.user))
    except TemplateError:
        # Some templates know no system role.
        text = _rendered(tokenizer, _said("user", f"{row.system}\n\n{row.user}"))
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _rendered(tokenizer: PreTrainedTokenizerBase, *messages: dict[str, str]) -> str:
    # Templates that know of thinking open the answer at once; others ignore the argument.
    return tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
