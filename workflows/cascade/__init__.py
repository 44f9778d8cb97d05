"""VeriMaAS: tool feedback decides how much agentic effort a specification gets.

Operators stand in a cascade, cheapest first. Each draws k candidates; the share of them that the
verifiers fail without any reference decides whether the next operator is asked (arXiv 2509.20182),
and what the tools said goes forward. Then one design is chosen by how the candidates behave, held
to the user's testbench or reference, repaired while the budget lasts, and judged.
"""

from __future__ import annotations

from ..request import Request
from ..setting import Setting
from ..spec import (
    Always,
    Budget,
    BudgetLeft,
    Condition,
    Done,
    End,
    Exit,
    FailureRate,
    ModelFailed,
    Score,
    Stage,
    VerdictIs,
    WorkflowSpec,
)
from .bench import bench_stage, wants_bench
from .tuning import Tuning

__all__ = ["cascade", "cot", "refine", "repair", "single", "tuned"]

STATIC = ("parses", "safe", "elaborates", "lint", "synthesises")
DYNAMIC = ("simulates", "differential")
ACCEPTED = "accepted"
JUDGED = (*STATIC, *DYNAMIC, ACCEPTED)
OBJECTIVES = {
    "single": "write the module",
    "cot": "think in short steps, then write the module",
    "refine": "repair the code by what the tools say",
    "repair": "repair the code by how it behaves",
}
BUDGET = Budget(model_calls=60, tokens=60_000, seconds=1200.0)
# At zero a repair that did not help would be written again, word for word.
REPAIR_TEMPERATURE = 0.4
# Below this share of the tokens nothing more is asked: what is there is judged.
RESERVE = 0.1


def cascade() -> WorkflowSpec:
    """Return the cascade with the default thresholds; `tuned` fits it to a request."""
    return _build("cascade", ("single", "cot", "refine"), Tuning())


def single() -> WorkflowSpec:
    """Return the control that asks once for the module."""
    return _build("single", ("single",), Tuning(samples=1, repairs=0))


def cot() -> WorkflowSpec:
    """Return the control that lets the model think first."""
    return _build("cot", ("cot",), Tuning(samples=1, repairs=0))


def refine() -> WorkflowSpec:
    """Return the control that asks once and repairs whatever the tools refuse."""
    return _build("refine", ("single", "refine"), Tuning(samples=1, thresholds={"single": 0.0}))


def repair() -> WorkflowSpec:
    """Return the family that mends a given design by what the tools and its testbench say."""
    tuning = Tuning()
    adopt = Stage(
        name="adopt",
        objective="take in the design that is to be repaired",
        tools=("adopt_design",),
        verifiers=JUDGED,
        exits=(
            Exit(when=VerdictIs(name=ACCEPTED, outcome="pass"), to=("settle",)),
            Exit(when=Always(), to=("repair",)),
        ),
    )
    return WorkflowSpec(
        name="repair",
        version="1",
        summary="Verilog mended by what the tools and its testbench say",
        stages=(adopt, _repair(tuning), _settle()),
        entry="adopt",
        budget=BUDGET,
    )


def tuned(spec: WorkflowSpec, request: Request, setting: Setting | None = None) -> WorkflowSpec:
    """Fit a spec of this family to the request's samples, thresholds and policy."""
    del setting
    given = Tuning.model_validate(request.tuning)
    if spec.name == "repair":
        return spec
    built = {"cascade": ("single", "cot", "refine"), "refine": ("single", "refine")}
    operators = built.get(spec.name, (spec.name,))
    if spec.name != "cascade":
        return _build(spec.name, operators, given.control(spec.name))
    return _build(spec.name, operators, given, bench=wants_bench(request, given))


def _build(
    name: str, operators: tuple[str, ...], tuning: Tuning, *, bench: bool = False
) -> WorkflowSpec:
    last = "bench" if bench else "choose"
    stages = [
        _operator(operator, following, last, tuning)
        for operator, following in zip(operators, (*operators[1:], last), strict=True)
    ]
    stages += [bench_stage(tuning, "choose", RESERVE)] if bench else []
    stages += [_choose(tuning), *([_repair(tuning)] if tuning.repairs else []), _settle()]
    return WorkflowSpec(
        name=name,
        version="1",
        summary=f"Verilog by {', '.join(operators)}; the tools decide",
        stages=tuple(stages),
        entry=operators[0],
        budget=BUDGET,
    )


def _operator(operator: str, following: str, last: str, tuning: Tuning) -> Stage:
    exits = [Exit(when=BudgetLeft(of="tokens", below=RESERVE), to=("choose",))]
    if following != last:
        exits.append(Exit(when=_escalates(operator, tuning), to=(following,)))
    exits += [Exit(when=Always(), to=(last,)), Exit(when=ModelFailed(), to=(last,))]
    many = tuning.samples > 1
    return Stage(
        name=operator,
        objective=OBJECTIVES[operator],
        prompt=f"rtl_{operator}",
        role="designer",
        tools=("submit_design",),
        answer="code",
        keep="all",
        verifiers=STATIC,
        samples=tuning.samples,
        temperature=tuning.temperature if many else 0.0,
        max_tokens=tuning.max_tokens,
        exits=tuple(exits),
        on_overrun=("choose",),
    )


def _escalates(operator: str, tuning: Tuning) -> Condition:
    learned = tuning.policies.get(operator)
    if learned is not None:
        weights = tuple(sorted(learned.weights.items()))
        return Score(policy="gain_per_token", above=learned.above, weights=weights)
    return FailureRate(above=tuning.thresholds.get(operator, 0.5))


def _choose(tuning: Tuning) -> Stage:
    broken = Exit(when=VerdictIs(name=ACCEPTED, outcome="fail"), to=("repair",))
    return Stage(
        name="choose",
        objective="take the design that most others behave like",
        tools=("choose_design",),
        verifiers=JUDGED,
        exits=(
            Exit(when=Done(), to=End(end="unverified")),
            Exit(when=BudgetLeft(of="tokens", below=RESERVE), to=("settle",)),
            *((broken,) if tuning.repairs else ()),
            Exit(when=Always(), to=("settle",)),
        ),
        on_overrun=("settle",),
    )


def _repair(tuning: Tuning) -> Stage:
    return Stage(
        name="repair",
        objective=OBJECTIVES["repair"],
        prompt="rtl_refine",
        role="designer",
        tools=("submit_design",),
        answer="code",
        verifiers=JUDGED,
        temperature=REPAIR_TEMPERATURE,
        max_steps=tuning.repairs,
        max_tokens=tuning.max_tokens,
        exits=(
            Exit(when=BudgetLeft(of="tokens", below=RESERVE), to=("settle",)),
            Exit(when=VerdictIs(name=ACCEPTED, outcome="pass"), to=("settle",)),
        ),
        on_overrun=("settle",),
    )


def _settle() -> Stage:
    return Stage(
        name="settle",
        objective="judge the design at the required strength",
        tools=("settle_design",),
        verifiers=("verified",),
        exits=(
            Exit(when=VerdictIs(name="verified", outcome="pass"), to=End(end="verified")),
            Exit(when=Always(), to=End(end="unverified")),
        ),
        on_overrun=End(end="unverified"),
    )
