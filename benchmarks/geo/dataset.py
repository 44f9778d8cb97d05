"""The held-out question set: what people wrote by hand, and templates on held-out places."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ...tools.geo.static_catalog import open_catalog
from ..archive.hostile import write_hostile_twin
from .heldout.archive import write_heldout_archive
from .heldout.templates import heldout_template_questions
from .holdings import read_holdings
from .reading import read_meaning
from .task import Question
from .truth import Truth, find_truth

TEMPLATE_SEED = 1
TEMPLATES = 160
HANDWRITTEN = ("handwritten.jsonl", "breadth.jsonl")
INJECTED_FILE = "injected.jsonl"


class Item(NamedTuple):
    """A question and its truth."""

    question: Question
    truth: Truth


def handwritten_questions() -> list[Question]:
    """Return the questions that were written by hand."""
    return [question for name in HANDWRITTEN for question in _read(name)]


def injected_questions() -> list[Question]:
    """Return the questions, written by hand too, that are asked of the hostile twin."""
    return _read(INJECTED_FILE)


def _read(name: str) -> list[Question]:
    text = files(f"{__package__}.heldout").joinpath(name).read_text("utf-8")
    return [Question.model_validate_json(line) for line in text.splitlines() if line.strip()]


def heldout_questions(archive: Path) -> list[Question]:
    """Return the whole held-out set over the archive of the held-out places."""
    catalog = open_catalog(archive)
    templates = heldout_template_questions(catalog, TEMPLATE_SEED, TEMPLATES)
    return handwritten_questions() + templates + injected_questions()


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


def hostile_twin(folder: Path) -> Path:
    """Return the hostile twin of a prepared folder's archive; it is written once."""
    twin = folder / "hostile"
    if not twin.exists():
        write_hostile_twin(folder / "archive", twin)
    return twin


def with_truth(questions: Sequence[Question], archive: Path) -> list[Item]:
    """Return the questions with the truth that the archive's files hold.

    It is the truth of the archive's hostile twin as well, which differs in nothing that counts.
    """
    holdings = read_holdings(archive)
    return [Item(q, find_truth(q.slots, read_meaning(q.slots), holdings)) for q in questions]
