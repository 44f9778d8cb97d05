"""Small problems of our own for simulations: a specification, a design, and answers of known kinds.

The wrong answers are real: texts that do not parse, that break a lint rule, or that a single fault
makes behave otherwise, each held to the verifiers before it counts as what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import islice
from typing import Final, Literal

from ...tools.rtl.design import Design, RtlTask, Source
from ...verifiers.rtl.differential import differential
from ...verifiers.rtl.elaborates import elaborates
from ...verifiers.rtl.lint import lint
from ...verifiers.rtl.parses import parses
from ...verifiers.rtl.safe import safe
from ...verifiers.rtl.synthesises import synthesises
from .mutants import mutants
from .recode import variants

Kind = Literal["right", "functional", "lint", "syntax"]
MOST: Final[Mapping[Kind, int]] = {"right": 2, "functional": 5, "lint": 2, "syntax": 2}
TRIED: Final = 60
SIZE: Final = re.compile(r"@N(-\d)?@")
FIELD: Final = re.compile(r"^// (spec|difficulty|sizes): (.*)\n", re.MULTILINE)
PORT: Final = re.compile(r"\binput (?:\[[^\]]*\] )?(\w+)")


@dataclass(frozen=True)
class SimulatedProblem:
    """One design of ours: `difficulty` is in [0, 1], `family` what it is an instance of."""

    id: str
    family: str
    spec: str
    difficulty: float
    text: str

    @property
    def reference(self) -> Design:
        """Return the design that is right."""
        return self.design(self.text)

    @property
    def task(self) -> RtlTask:
        """Return what a run is told: the specification and nothing to hold a design to."""
        header = self.text[: self.text.index(");") + 2]
        return RtlTask(top=self.id, spec=self.spec, interface=header)

    def design(self, text: str) -> Design:
        """Return a text as a design of this problem."""
        return Design(top=self.id, sources=(Source(name="design.sv", text=text),))

    @cached_property
    def answers(self) -> Mapping[Kind, tuple[str, ...]]:
        """Return answers of every kind, made and checked once."""
        makers: Mapping[Kind, Iterator[str]] = {
            "right": self._right(),
            "functional": self._functional(),
            "lint": self._lint(),
            "syntax": self._syntax(),
        }
        return {kind: tuple(islice(found, MOST[kind])) for kind, found in makers.items()}

    def _right(self) -> Iterator[str]:
        yield self.text
        for variant in variants(self.text):
            if self._static(variant.text) is None and self.is_right(variant.text):
                yield variant.text

    def _functional(self) -> Iterator[str]:
        for mutant in islice(mutants(self.text, seed=1), TRIED):
            design = self.design(mutant.text)
            sound = self._static(mutant.text) is None
            if sound and differential(design, self.reference).outcome == "fail":
                yield mutant.text

    def _lint(self) -> Iterator[str]:
        one, *more = PORT.findall(self.text)
        for added in (
            f"wire around = ~(around & {one});",
            f"wire twice = {one};\n  assign twice = {more[0] if more else one};",
        ):
            text = self.text.replace("endmodule", f"  {added}\nendmodule")
            if self._static(text) == "lint":
                yield text

    def _syntax(self) -> Iterator[str]:
        head, _, tail = self.text.rpartition(";")
        late = self.text.replace("endmodule", "  wire late = missing;\nendmodule")
        for text in (f"{head}{tail}", late):
            if self._static(text) in ("parses", "safe", "elaborates"):
                yield text

    def is_right(self, text: str) -> bool:
        """Return whether a text answers what the reference does, over a long simulation."""
        return differential(self.design(text), self.reference).outcome == "pass"

    def _static(self, text: str) -> str | None:
        """Return the first verifier that fails a text without any reference."""
        design = self.design(text)
        for check in (parses, safe, elaborates, lint, synthesises):
            verdict = check(design)
            if verdict.outcome == "fail":
                return verdict.name
        return None


def simulation_problems() -> tuple[SimulatedProblem, ...]:
    """Return all problems, those of one family together."""
    folder = files("terragate.benchmarks.rtl") / "simulation_designs"
    found: list[SimulatedProblem] = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".v"):
            found += _instances(entry.name.removesuffix(".v"), entry.read_text("utf-8"))
    return tuple(found)


def _instances(family: str, template: str) -> Iterator[SimulatedProblem]:
    fields = dict(FIELD.findall(template))
    body = FIELD.sub("", template)
    for size in fields["sizes"].split():
        name = f"{family}_{size}"
        yield SimulatedProblem(
            id=name,
            family=family,
            spec=_sized(fields["spec"], size),
            difficulty=float(fields["difficulty"]),
            text=_sized(body, size).replace("@TOP@", name),
        )


def _sized(text: str, size: str) -> str:
    return SIZE.sub(lambda m: str(int(size) + int(m[1] or 0)), text)
