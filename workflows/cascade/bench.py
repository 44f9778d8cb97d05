"""The stage that writes a testbench where the person gave nothing to hold a design to.

Such a testbench is heard only when it notices deliberate faults and agrees with most candidates.
It can refute a candidate. It never verifies one.
"""

from __future__ import annotations

from typing import Final

from ..request import Request
from ..spec import BudgetLeft, Done, Exit, ModelFailed, Stage, ToolFailed, VerdictIs
from .tuning import Tuning

TEMPERATURE: Final = 0.4


def wants_bench(request: Request, tuning: Tuning) -> bool:
    """Return whether nothing was given that could judge what a design does."""
    task = request.rtl
    if task is None or not tuning.benches:
        return False
    return task.testbench is None and task.reference is None and task.properties is None


def bench_stage(tuning: Tuning, following: str, reserve: float) -> Stage:
    """Return the stage; `tuning.benches` testbenches are tried until one is believed."""
    to = (following,)
    return Stage(
        name="bench",
        objective="write a testbench that tells right designs from wrong ones",
        prompt="rtl_bench",
        role="verification engineer",
        tools=("submit_bench",),
        answer="code",
        verifiers=("bench_kills",),
        temperature=TEMPERATURE,
        max_steps=tuning.benches,
        max_tokens=tuning.max_tokens,
        exits=(
            Exit(when=VerdictIs(name="bench_kills", outcome="pass"), to=to),
            Exit(when=BudgetLeft(of="tokens", below=reserve), to=to),
            Exit(when=Done(), to=to),
            Exit(when=ToolFailed(error="precondition"), to=to),
            Exit(when=ModelFailed(), to=to),
        ),
        on_overrun=to,
    )
