"""One design of a model: free text, of which the Verilog is taken and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..tools.errors import ModelError
from .choice import Choice
from .prompting import Brief, render
from .protocol import Model, ModelAnswer, ModelRequest

MOST_CHARS: Final = 200_000
THINKING: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
FENCE: Final = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
MARKED: Final = re.compile(r"CODE BEGIN(.*?)(?:CODE END|\Z)", re.DOTALL)
# From the first line that begins a unit to the last that ends one.
BARE: Final = re.compile(
    r"^[ \t]*(?:`\w+|\(\*|module\b|package\b).*^[^\n]*\bend(?:module|package)\b",
    re.DOTALL | re.MULTILINE,
)
UNIT: Final = re.compile(r"\bmodule\b.*\bendmodule\b", re.DOTALL)


async def write_code(
    model: Model,
    brief: Brief,
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> tuple[Choice, ModelAnswer]:
    """Ask the model for a design and return it as the call of the stage's only tool.

    Raises ModelError (`invalid`) when the answer holds no module.
    """
    request = ModelRequest(
        stage=brief.stage,
        messages=render(brief, model.rendering),
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
    )
    answer = await model.complete(request)
    return Choice(tool=brief.tools[0].name, args={"code": extract_code(answer.text)}), answer


def extract_code(text: str) -> str:
    """Return the Verilog of an answer: of its last fenced block with a module, else what is bare.

    Thinking is left out. Raises ModelError (`invalid`) when there is no module.
    """
    said = THINKING.sub("", text)
    for part in _parts(said):
        if UNIT.search(part) and len(part) <= MOST_CHARS:
            return part.strip("\n") + "\n"
    raise ModelError(
        f"the model's answer {text[:120]!r} holds no Verilog module: "
        "it must end with one complete module in a fenced block",
        kind="invalid",
    )


def _parts(text: str) -> Iterator[str]:
    yield from reversed(FENCE.findall(text))
    yield from reversed(MARKED.findall(text))
    bare = BARE.search(text)
    if bare:
        yield bare.group()
