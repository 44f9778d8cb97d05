"""Training examples for the cascade: a specification, and what tells whether an answer is right."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from ...tools.errors import ToolError, UsageError
from ...tools.records import Frozen
from ...tools.rtl.design import Design, Identifier, PassRule, RtlTask, Source, Testbench
from ...verifiers.rtl.differential import differential
from ...verifiers.rtl.simulates import simulates

MOST: Final = 500
LONGEST: Final = 100_000


class Example(Frozen):
    """One line of a training file.

    `reference` is a Verilog text with a module `top`; `testbench` one file whose module `tb_top`
    judges by `rule`. A run never sees either.
    """

    id: str = Field(min_length=1, max_length=200)
    spec: str = Field(min_length=1, max_length=LONGEST)
    top: Identifier
    interface: str = Field(default="", max_length=20_000)
    reference: str = ""
    testbench: str = ""
    tb_top: Identifier = "tb"
    rule: PassRule = PassRule()

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if not (self.reference or self.testbench):
            raise ValueError("it has neither a reference nor a testbench")
        return self

    @property
    def task(self) -> RtlTask:
        """Return what a run is told."""
        return RtlTask(top=self.top, spec=self.spec, interface=self.interface)

    def is_right(self, design: Design) -> bool:
        """Return whether a design is right by the hidden reference, else by the testbench."""
        if self.reference:
            source = Source(name="reference.sv", text=self.reference)
            return differential(design, Design(top=self.top, sources=(source,))).outcome == "pass"
        source = Source(name="testbench.sv", text=self.testbench)
        bench = Testbench(top=self.tb_top, sources=(source,), rule=self.rule)
        return simulates(design, bench).outcome == "pass"


def read_examples(path: Path, *, limit: int = MOST) -> tuple[Example, ...]:
    """Return the examples of a jsonl file; UsageError names the line that is wrong."""
    if not 1 <= limit <= MOST:
        raise UsageError(f"--limit {limit} is not between 1 and {MOST}")
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error}") from error
    found: dict[str, Example] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            example = _example(line, f"{path}:{number}")
            if example.id in found:
                raise UsageError(f"{path}:{number}: the id {example.id!r} was there before")
            found[example.id] = example
    if not found:
        raise UsageError(f"{str(path)!r} holds no example")
    if len(found) > limit:
        raise UsageError(f"{str(path)!r} holds {len(found)} examples, more than {limit}: sample it")
    return tuple(found.values())


def digest_of(examples: tuple[Example, ...]) -> str:
    """Return the sha256 of the examples."""
    text = "\n".join(example.model_dump_json() for example in examples)
    return hashlib.sha256(text.encode()).hexdigest()


def _example(line: str, place: str) -> Example:
    try:
        row: Any = json.loads(line)
        return Example.model_validate(row)
    except json.JSONDecodeError as error:
        raise UsageError(f"{place}: no JSON: {error.msg}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{place}: {where}: {first['msg']}") from error
    except (ToolError, UsageError) as error:
        raise UsageError(f"{place}: {error}") from error
