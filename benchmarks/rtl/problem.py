"""One benchmark problem: what is asked, how an answer is tested, and what is known to be wrong."""

from __future__ import annotations

import hashlib
import re
from typing import Final, Literal

from ...tools.records import Frozen
from ...tools.rtl.design import Design, Identifier, Source, Testbench
from ...tools.rtl.fingerprint import TOKEN

Suite = Literal["verilogeval", "rtllm", "rtl-gen"]
Fault = Literal["", "watchdog", "unusable", "vacuous", "reference", "race"]
REPEATS: Final = re.compile(r"repeat\s*\(\s*(\d{1,9})\s*\)")


class Problem(Frozen):
    """A problem as its authors published it; `reference` has the top name asked of a candidate.

    `fault` is the kind of what is known to be wrong with it, and `errata` says it in words.
    """

    id: str
    suite: Suite
    spec: str
    interface: str = ""
    top: Identifier
    testbench: Testbench
    reference: Design
    fault: Fault = ""
    errata: str = ""

    @property
    def digest(self) -> str:
        """Return the sha256 of what decides how a candidate is judged."""
        judged = f"{self.suite} {self.top} {self.fault} {self.testbench.model_dump_json()}"
        return hashlib.sha256(judged.encode()).hexdigest()

    @property
    def effort(self) -> int:
        """Return a guess of how much is simulated: the repetitions that the testbench asks for."""
        texts = (source.text for source in self.testbench.sources)
        return sum(int(count) for text in texts for count in REPEATS.findall(text))


def renamed(text: str, old: str, new: str) -> str:
    """Return a Verilog text with one identifier renamed, and comments and strings left alone."""
    if old == new:
        return text
    return TOKEN.sub(lambda found: new if found.group() == old else found.group(), text)


def candidate(problem: Problem, text: str) -> Design:
    """Return the design of one file that answers a problem."""
    return Design(top=problem.top, sources=(Source(name="sample.sv", text=text),))
