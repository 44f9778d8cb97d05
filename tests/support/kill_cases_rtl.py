"""RTL runs that the kill test interrupts: each a function of an output folder."""

from __future__ import annotations

from pathlib import Path

from terragate.agents.protocol import ModelRequest
from terragate.tests.support.kill_cases import CountedModel
from terragate.tests.support.scripted_model import Answer
from terragate.tests.support.toggler import BENCH, BROKEN, GOOD, WRONG
from terragate.tests.support.toy_domain import TODAY
from terragate.workflows.registry import Family
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform


class WriterModel(CountedModel):
    """Writes a fixed design for every stage."""

    def __init__(self, log: Path, stages: dict[str, str]) -> None:
        super().__init__(log)
        self.stages = stages

    def answer(self, request: ModelRequest) -> Answer:
        return f"```verilog\n{self.stages[request.stage]}```"


def _rtl(
    out: Path, workflow: str, start: bool = False, judged: bool = True, **stages: str
) -> tuple[Request, Platform]:
    # Imported here, so that the driver's parent starts none of their workers.
    from terragate.tools.geo.catalog import NoCatalog
    from terragate.tools.rtl.design import Design, RtlTask, Source, Testbench
    from terragate.workflows import cascade
    from terragate.workflows.rtl_domain import RTL

    bench = Testbench(top="tb", sources=(Source(name="tb.v", text=BENCH),))
    begin = Design(top="toggler", sources=(Source(name="design.sv", text=WRONG),))
    task = RtlTask(
        top="toggler",
        spec="A toggler.",
        testbench=bench if judged else None,
        start=begin if start else None,
    )
    request = Request(
        text="A toggler.", today=TODAY, workflow=workflow, rtl=task, tuning={"samples": 1}
    )
    family = Family(workflow, getattr(cascade, workflow), RTL, cascade.tuned)
    model = WriterModel(out / "calls.log", stages)
    return request, Platform(model, NoCatalog(), out, families={workflow: family})


def rtl_cascade(out: Path) -> tuple[Request, Platform]:
    """Return a run through every stage of the cascade, ended by a repair that works."""
    return _rtl(out, "cascade", single=BROKEN, cot=BROKEN, refine=WRONG, repair=GOOD)


def rtl_bench(out: Path) -> tuple[Request, Platform]:
    """Return a run that has to write the testbench as well, and so verifies nothing."""
    return _rtl(out, "cascade", judged=False, single=GOOD, bench=BENCH)


def rtl_repair(out: Path) -> tuple[Request, Platform]:
    """Return a run that mends a given design."""
    return _rtl(out, "repair", start=True, repair=GOOD)
