"""A workflow is data: stages, the closed set of exit conditions, and a budget.

A family (`stateful`, `react`, …) is a function that returns a `WorkflowSpec`; `check.py` refuses a
bad one before any model call, `compile.py` turns a good one into a LangGraph `StateGraph`.

Semantics of one stage. Each *step* asks the model for one choice among the stage's tools and
controls, runs the tool, and appends a record. After every step the exits are tried in order and the
first whose condition holds is taken; when none holds the stage takes another step, up to
`max_steps`, after which `overrun` is taken. An exit may name several stages: they run in parallel.
A stage with `needs` starts when every stage it names has exited to it.

A step whose tool or model failed, or whose result is ambiguous, satisfies only the conditions that
speak of failure, verdicts, scores or budgets. When none holds after a failure that other arguments
may cure the stage takes another step; after any other failure the run ends `failed`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..tools.records import Frozen

EndStatus = Literal["answered", "clarify", "refused", "failed", "verified", "unverified"]
Control = Literal["done", "more", "refuse", "clarify"]
Quantifier = Literal["any", "all", "best"]


class End(Frozen):
    """The end of the run, with its status."""

    end: EndStatus


class Always(Frozen):
    """Holds after any step that did not fail."""

    kind: Literal["always"] = "always"


class Done(Frozen):
    """Holds when the model chose the control `done`, or no tool of the stage can be called.

    A stage that has tools, none of which can be called, is done without asking the model.
    """

    kind: Literal["done"] = "done"


class Choice(Frozen):
    """Holds when a field of the last choice equals a value; `tool` is the name that was chosen."""

    kind: Literal["choice"] = "choice"
    field: str
    equals: str


class VerdictIs(Frozen):
    """Holds when verifier `name` gave `outcome` on any, all or the best of the k candidates."""

    kind: Literal["verdict"] = "verdict"
    name: str
    outcome: Literal["pass", "fail", "unknown", "skipped"]
    over: Quantifier = "best"


class FailureRate(Frozen):
    """Holds when the share of the k candidates failing any verifier is above `above`, in [0, 1]."""

    kind: Literal["failure_rate"] = "failure_rate"
    above: float = Field(ge=0, le=1)


class Score(Frozen):
    """Holds when the named policy scores the state above `above`; `weights` are what it learned."""

    kind: Literal["score"] = "score"
    policy: str
    above: float
    weights: tuple[tuple[str, float], ...] = ()


class EmptyResult(Frozen):
    """Holds when the last tool found nothing."""

    kind: Literal["empty_result"] = "empty_result"


class Ambiguous(Frozen):
    """Holds when the last tool found several equally good readings."""

    kind: Literal["ambiguous"] = "ambiguous"


class ToolFailed(Frozen):
    """Holds when the last tool failed, with error kind `error` (None: any)."""

    kind: Literal["tool_error"] = "tool_error"
    error: str | None = None


class ModelFailed(Frozen):
    """Holds when the model gave no usable answer, with error kind `error` (None: any)."""

    kind: Literal["model_error"] = "model_error"
    error: str | None = None


class BudgetLeft(Frozen):
    """Holds when less than `below` of the named budget is left, as a fraction in [0, 1]."""

    kind: Literal["budget_left"] = "budget_left"
    of: Literal["model_calls", "tokens", "seconds", "usd"]
    below: float = Field(ge=0, le=1)


Condition = Annotated[
    Always
    | Done
    | Choice
    | VerdictIs
    | FailureRate
    | Score
    | EmptyResult
    | Ambiguous
    | ToolFailed
    | ModelFailed
    | BudgetLeft,
    Field(discriminator="kind"),
]


class Exit(Frozen):
    """Leave the stage for `to` when `when` holds; several stages run in parallel."""

    when: Condition
    to: tuple[str, ...] | End


class Stage(Frozen):
    """One thing to decide: its objective, the tools and controls on offer, and where it leads.

    A stage whose `answer` is `code` asks for free text with a design in it, which its only tool is
    called with. With `keep="all"` every candidate leaves a record, not just the best.

    `prompt` names the file `agents/prompts/<prompt>.md`; `objective` is one line of it that changes
    with the spec. `samples` (k) candidates are drawn at `temperature`, each judged by `verifiers`,
    and the best is kept: fewest failures, then the first. `on_overrun` is where `max_steps` leads.
    `taken_by` names the domain's step that is taken in place of one choice. `done_after` names a
    live source: while it holds anything, `done` is not on offer.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    objective: str
    prompt: str = "stage"
    role: str = "worker"
    tools: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    done_after: str = ""
    verifiers: tuple[str, ...] = ()
    answer: Literal["choice", "code"] = "choice"
    taken_by: str | None = None
    keep: Literal["best", "all"] = "best"
    samples: int = Field(default=1, ge=1, le=64)
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_steps: int = Field(default=1, ge=1, le=64)
    max_tokens: int = Field(default=96, ge=1, le=16384)
    needs: tuple[str, ...] = ()
    exits: tuple[Exit, ...]
    on_overrun: tuple[str, ...] | End = End(end="failed")


class Budget(Frozen):
    """Ceilings of one run; the run ends `failed` when any is used up."""

    model_calls: int = Field(default=40, ge=1)
    tokens: int = Field(default=60_000, ge=1)
    seconds: float = Field(default=600.0, gt=0)
    usd: float = Field(default=1.0, gt=0)


class WorkflowSpec(Frozen):
    """A whole workflow: `needs_catalog` families are checked against the catalog's tools too."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: str
    summary: str
    stages: tuple[Stage, ...]
    entry: str
    budget: Budget = Budget()

    def stage(self, name: str) -> Stage:
        """Return the stage of that name; KeyError when there is none."""
        return {s.name: s for s in self.stages}[name]
