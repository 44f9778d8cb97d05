"""A model that is none: it answers with known error rates, so that what a workflow earns is known.

It draws from the answers of `simulation_problems`. How often it errs depends on the operator and on
the problem's difficulty; thinking first errs less and costs more; a repair mends what the tools
name, at a known rate, and does not see what they do not name. Tokens are counted at four characters
each, as a rule of thumb.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from ...agents.protocol import ModelAnswer, ModelRequest, Rendering, TokenUsage
from ...tools.records import Frozen
from .simulation_problems import Kind, SimulatedProblem

Fault = Literal["none", "syntax", "lint", "functional"]
CHARS_PER_TOKEN: Final = 4
TOP: Final = re.compile(r"^Top module: (\w+)", re.MULTILINE)
CODE: Final = re.compile(r"^```verilog\n(.*?)^```\n\nWhat the tools say:\n?(.*)", re.M | re.S)
PROSE: Final = "The module cannot be written from what is given; please say more."
# The first wrong design of a problem is what is commonly misunderstood about it.
COMMON: Final = 0.5


class Rates(Frozen):
    """How often an operator errs: `least` at difficulty 0 rising by `more` to difficulty 1.

    The rest is right. `thinking` are tokens written before the module, at difficulty 0 and 1.
    """

    least: dict[Fault, float]
    more: dict[Fault, float]
    thinking: tuple[int, int] = (0, 0)

    def of(self, difficulty: float) -> dict[Fault, float]:
        """Return the share of each fault at a difficulty."""
        return {f: self.least[f] + self.more[f] * difficulty for f in self.least}


SINGLE: Final = Rates(
    least={"none": 0.02, "syntax": 0.06, "lint": 0.02, "functional": 0.04},
    more={"none": 0.04, "syntax": 0.24, "lint": 0.12, "functional": 0.34},
    thinking=(0, 0),
)
COT: Final = Rates(
    least={"none": 0.03, "syntax": 0.03, "lint": 0.01, "functional": 0.03},
    more={"none": 0.04, "syntax": 0.12, "lint": 0.05, "functional": 0.22},
    thinking=(150, 700),
)


class Behaviour(Frozen):
    """The known rates: of the operators, and of repairs by what is named to be wrong."""

    single: Rates = SINGLE
    cot: Rates = COT
    mends: dict[Kind, float] = {"syntax": 0.8, "lint": 0.7, "functional": 0.35}
    # When nothing is named the code comes back as it was, or is written anew.
    unchanged: float = 0.7


class SimulatedModel:
    """Answers requests of the RTL operators; the same request always gets the same answer."""

    name = "simulated"
    rendering: Rendering = "chat"

    def __init__(
        self, problems: Iterable[SimulatedProblem], behaviour: Behaviour | None = None
    ) -> None:
        self._problems = {problem.id: problem for problem in problems}
        self._behaviour = behaviour or Behaviour()

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request with a design, or with none."""
        asked = request.messages[-1].content
        found = TOP.search(asked)
        problem = self._problems[found[1] if found else ""]
        chance = random.Random(f"{problem.id}/{request.stage}/{request.seed}")
        rates = self._behaviour.cot if request.stage == "cot" else self._behaviour.single
        given = CODE.search(asked)
        if given and given[1].strip():
            text = self._mended(problem, given[1], given[2].strip(), chance)
        else:
            text = self._written(problem, rates, chance)
        low, high = rates.thinking
        thinking = round(low + (high - low) * problem.difficulty)
        answer = PROSE if text is None else f"```verilog\n{text}```"
        prompt = sum(len(message.content) for message in request.messages) // CHARS_PER_TOKEN
        completion = thinking + len(answer) // CHARS_PER_TOKEN
        usage = TokenUsage(prompt=prompt, completion=min(completion, request.max_tokens))
        return ModelAnswer(text=answer, usage=usage, model=self.name)

    def _written(
        self, problem: SimulatedProblem, rates: Rates, chance: random.Random
    ) -> str | None:
        left = chance.random()
        for fault, share in rates.of(problem.difficulty).items():
            left -= share
            if left < 0:
                return None if fault == "none" else _one_of(problem, fault, chance)
        return _one_of(problem, "right", chance)

    def _mended(
        self, problem: SimulatedProblem, code: str, said: str, chance: random.Random
    ) -> str | None:
        kind = kind_of(problem, code)
        if not said:
            if chance.random() < self._behaviour.unchanged:
                return code
            return self._written(problem, self._behaviour.single, chance)
        if chance.random() >= self._behaviour.mends.get(kind, 1.0):
            return code if chance.random() < COMMON else _one_of(problem, kind, chance)
        if kind == "functional":
            return _one_of(problem, "right", chance)
        # What was hidden behind the fault is right as often as a first answer that compiles is.
        rates = self._behaviour.single.of(problem.difficulty)
        right = 1.0 - sum(rates.values())
        hidden: Kind = (
            "right" if chance.random() < right / (right + rates["functional"]) else "functional"
        )
        return _one_of(problem, hidden, chance)


def kind_of(problem: SimulatedProblem, code: str) -> Kind:
    """Return which of the problem's answers a code is."""
    known: Mapping[str, Kind] = {
        text.strip(): kind for kind, texts in problem.answers.items() for text in texts
    }
    return known[code.strip()]


def _one_of(problem: SimulatedProblem, kind: Kind, chance: random.Random) -> str:
    """Return an answer of a kind; of wrong designs the common one half of the time."""
    texts = problem.answers[kind]
    if kind == "functional" and chance.random() < COMMON:
        return texts[0]
    return chance.choice(texts)
