"""The held-out question set: what people wrote by hand, and templates on held-out places."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ...tools.geo.static_catalog import open_catalog
from .heldout.archive import write_heldout_archive
from .heldout.templates import heldout_template_questions
from .holdings import read_holdings
from .reading import read_meaning
from .task import Question
from .truth import Truth, find_truth

TEMPLATE_SEED = 1
TEMPLATES = 160
HANDWRITTEN = ("handwritten.jsonl", "breadth.jsonl")


class Item(NamedTuple):
    """A question and its truth."""

    question: Question
    truth: Truth


def handwritten_questions() -> list[Question]:
    """Return the questions that were written by hand."""
    folder = files(f"{__package__}.heldout")
    texts = (folder.joinpath(name).read_text("utf-8") for name in HANDWRITTEN)
    lines = [line for text in texts for line in text.splitlines()]
    return [Question.model_validate_json(line) for line in lines if line.strip()]


def heldout_questions(archive: Path) -> list[Question]:
    """Return the whole held-out set over the archive of the held-out places."""
    catalog = open_catalog(archive)
    return handwritten_questions() + heldout_template_questions(catalog, TEMPLATE_SEED, TEMPLATES)


def prepare(folder: Path) -> tuple[Path, list[Question]]:
    """Return the held-out archive and questions; they are written into a folder once."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, stored = folder / "archive", folder / "questions.jsonl"
    if not archive.exists():
        write_heldout_archive(archive)
    if not stored.exists():
        lines = [question.model_dump_json() for question in heldout_questions(archive)]
        stored.write_text("\n".join(lines) + "\n", "utf-8")
    lines = stored.read_text("utf-8").splitlines()
    return archive, [Question.model_validate_json(line) for line in lines]


def with_truth(questions: Sequence[Question], archive: Path) -> list[Item]:
    """Return the questions with the truth that the archive's files hold."""
    holdings = read_holdings(archive)
    return [Item(q, find_truth(q.slots, read_meaning(q.slots), holdings)) for q in questions]


def question_hash(questions: Sequence[Question]) -> str:
    """Return the SHA-256 of a question set, order included."""
    text = "\n".join(question.model_dump_json() for question in questions)
    return hashlib.sha256(text.encode()).hexdigest()
