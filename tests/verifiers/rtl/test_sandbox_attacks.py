"""Sources that attack the machine: through each tool that reads them, and through the verifiers.

The tools are asked directly, so that the fence itself is tried and not the syntax check that would
refuse most of this first. A design under test that attacks must then not pass either.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from terragate.tests.support.eda import (
    needs_bubblewrap,
    needs_icarus,
    needs_slang,
    needs_verilator,
    needs_yosys,
)
from terragate.tests.support.outside import SECRET, Outside, take_away_help, tells
from terragate.tests.support.rtl_attacks import ATTACKS, TESTBENCH_CAN, Attack
from terragate.tools.errors import ToolError, UsageError
from terragate.tools.rtl import dataflow, icarus, lint, outward, slang, synthesis, verilator
from terragate.tools.rtl.design import Design, PassRule, Source, Testbench
from terragate.tools.rtl.icarus import simulate
from terragate.tools.rtl.project import second_reading
from terragate.tools.rtl.yosys import run_yosys
from terragate.tools.sandbox import Finished, Limits, SandboxPool, box, shared_pool
from terragate.tools.sandbox import pool as pools
from terragate.verifiers.rtl.differential import differential
from terragate.verifiers.rtl.elaborates import elaborates
from terragate.verifiers.rtl.lint import lint as lints
from terragate.verifiers.rtl.parses import parses
from terragate.verifiers.rtl.safe import safe
from terragate.verifiers.rtl.simulates import simulates
from terragate.verifiers.rtl.synthesises import synthesises

pytestmark = [needs_icarus, needs_slang, needs_yosys]

LIMITS = Limits(cpu_s=2, wall_s=4, memory_mb=768, file_mb=1, output_kb=64)
SHORT = replace(LIMITS, cpu_s=1, wall_s=1)
THREADS = 3
GOOD = "module top(input a, output y);\n  assign y = ~a;\nendmodule\n"
BENCH = """
module tb;
  reg a = 0; wire y; integer errors = 0;
  top dut(a, y);
  initial begin
    #1 if (y !== 1) errors = errors + 1;
    a = 1; #1 if (y !== 0) errors = errors + 1;
    if (errors != 0) $fatal(1, "wrong");
    $finish;
  end
endmodule
"""


@dataclass
class Room:
    """The tools with one kind of fence, and what lies outside it."""

    mode: str
    outside: Outside
    slack_s: float

    def design(self, attack: Attack) -> Design:
        def placed(text: str) -> str:
            words = (("OUT", str(self.outside.folder)), ("TOKEN", self.outside.token))
            for word, stands_for in (*words, ("PID", str(self.outside.pid))):
                text = text.replace(word, stands_for)
            # Results are kept by content: with another fence it must be another content.
            return f"{text}\n// {self.mode}\n"

        sources = (Source(name="design.sv", text=placed(attack.text)),)
        files = (Source(name=name, text=placed(text)) for name, text in attack.files.items())
        return Design(top="top", sources=sources, includes=tuple(files))


@pytest.fixture(
    scope="module", params=[pytest.param("bubblewrap", marks=needs_bubblewrap), "rlimits"]
)
def room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    mode: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(box, "bubblewrap_works", lambda: mode == "bubblewrap")
        patch.setattr(pools, "cpu_count", lambda: THREADS)
        _hold(patch, LIMITS)
        opened: list[SandboxPool] = []
        patch.setattr(
            pools, "SandboxPool", lambda *a, **k: opened.append(SandboxPool(*a, **k)) or opened[-1]
        )
        shared_pool.cache_clear()
        with Outside(tmp_path_factory.mktemp("out")) as outside:
            try:
                yield _room(mode, outside)
            finally:
                shared_pool.cache_clear()
                for pool in opened:
                    pool.close()


def _hold(patch: pytest.MonkeyPatch, limits: Limits) -> None:
    """Let every tool run under these limits."""
    for each in (dataflow, lint, outward, slang, synthesis, verilator, second_reading):
        patch.setattr(each, "LIMITS", limits)
    patch.setattr(icarus, "COMPILE_LIMITS", limits)
    patch.setattr(icarus, "RUN_LIMITS", limits)
    patch.setitem(run_yosys.__kwdefaults__, "limits", limits)


def _room(mode: str, outside: Outside) -> Room:
    plain = {"g.v": f"{GOOD}// {mode}\n"}
    done = simulate(plain, ["g.v"], "top", limits=LIMITS)
    assert done.sandbox == mode
    assert done.run is not None
    if "landlock" not in shared_pool()._all[0].fences and mode == "rlimits":
        pytest.skip("this kernel has no Landlock: a testbench can do what its user can")
    started = time.monotonic()
    simulate(plain, ["g.v"], "top", limits=LIMITS)
    return Room(mode, outside, time.monotonic() - started)


def _icarus(design: Design) -> tuple[list[Finished], dict[str, bytes]]:
    order = [source.name for source in design.sources]
    keep = ("sim.vvp", "w.vcd", "dump.vcd")
    limits = icarus.COMPILE_LIMITS
    done = simulate(design.files(), order, "top", limits=limits, waves=True, keep=keep)
    return [step for step in (done.compiled, done.run) if step], dict(done.files)


def _yosys(design: Design) -> tuple[list[Finished], dict[str, bytes]]:
    names = " ".join(source.name for source in design.sources)
    script = [
        f"read_verilog -sv {names}", "hierarchy -check -top top", "proc", "flatten", "techmap",
        "abc -g AND", "write_verilog out.v", "write_json out.json",
    ]  # fmt: skip
    done = run_yosys(design.files(), script, keep=("out.v", "out.json"))
    return list(done.steps), dict(done.files)


def _verilator(design: Design) -> tuple[list[Finished], dict[str, bytes]]:
    try:
        said = repr(verilator.verilator_findings(design))
    except ToolError as error:
        said = str(error)
    return [], {"said": said.encode()}


def _slang(design: Design) -> tuple[list[Finished], dict[str, bytes]]:
    try:
        said = slang.inspect(design).model_dump_json()
    except ToolError as error:
        said = str(error)
    return [], {"said": said.encode()}


TOOLS: dict[str, Callable[[Design], tuple[list[Finished], dict[str, bytes]]]] = {
    "icarus": _icarus, "yosys": _yosys, "verilator": _verilator, "slang": _slang,
}  # fmt: skip
CASES = [
    pytest.param(name, tool, marks=[needs_verilator] if tool == "verilator" else [])
    for name, attack in ATTACKS.items()
    for tool in attack.tools.split()
    if not attack.heavy
]


def test_the_suite_is_large_enough() -> None:
    assert len(ATTACKS) >= 36


@pytest.mark.parametrize(("name", "tool"), CASES)
def test_a_tool_is_held(room: Room, name: str, tool: str) -> None:
    assert _wrong(room, ATTACKS[name], tool, LIMITS) == []
    assert room.outside.changes() == []


def test_a_heavy_design_is_stopped_and_does_not_pass(room: Room) -> None:
    cases = [
        (name, tool)
        for name, attack in ATTACKS.items()
        # The limits are the same in both modes: there one tool is enough.
        for tool in (*attack.tools.split()[: None if room.mode == "bubblewrap" else 1], "verifier")
        if attack.heavy
    ]
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(THREADS) as threads:
        _hold(patch, SHORT)
        found = threads.map(lambda case: _wrong(room, ATTACKS[case[0]], case[1], SHORT), cases)
        assert {case: wrong for case, wrong in zip(cases, found, strict=True) if wrong} == {}
    assert room.outside.changes() == []


def _wrong(room: Room, attack: Attack, tool: str, limits: Limits) -> list[str]:
    """Return what a tool did, or told, that it must not."""
    design = room.design(attack)
    if tool == "verifier":
        return ["a pass"] if _simulated(design).outcome not in ("fail", "unknown") else []
    started = time.monotonic()
    steps, files = TOOLS[tool](design)
    elapsed, slack_s = time.monotonic() - started, 2 * room.slack_s + (attack.heavy and 1)
    texts = [text for step in steps for text in (step.stdout, step.stderr)]
    wrong = {
        "a step after its time": any(s.wall_s > limits.wall_s + 1 + slack_s for s in steps),
        "a tool after its time": elapsed > 2 * (limits.wall_s + 1) + 3 * slack_s + 1,
        "too much text": any(len(text) > limits.output_kb << 10 for text in texts),
        "a lost worker": any(step.stopped == "lost" for step in steps),
        "the secret": tells(*texts, *files.values()),
        "accounts": "root:" in "".join(texts) or b"root:" in b"".join(files.values()),
        "no limit reached": attack.endless and bool(steps) and all(s.ok for s in steps),
    }
    return [what for what, is_so in wrong.items() if is_so]


@pytest.mark.parametrize("name", [n for n, attack in ATTACKS.items() if not attack.heavy])
def test_no_verifier_is_fooled(room: Room, name: str) -> None:
    attack = ATTACKS[name]
    design = room.design(attack)
    reference = Design(top="top", sources=(Source(name="ref.sv", text=GOOD),))
    judged = [safe(design), _simulated(design), differential(design, reference, cycles=20)]
    assert [v.name for v in judged[1:] if v.outcome == "pass"] == []
    assert not (attack.forbidden and judged[0].outcome == "pass")
    others = [f(design) for f in (parses, elaborates, lints, synthesises)]
    assert not tells(json.dumps([v.model_dump(mode="json") for v in (*judged, *others)]))
    assert room.outside.changes() == []


def test_a_testbench_can_do_what_its_user_can_without_bubblewrap_and_landlock(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The one hole of the last resort, and the proof that the attacks above are real ones."""
    done: set[str] = set()
    icarus.icarus_version()  # The shared sandbox, which outlives this test, is to have its fence.
    with Outside(tmp_path) as outside, pytest.MonkeyPatch.context() as patch:
        take_away_help(patch, tmp_path_factory.mktemp("stub"))
        with SandboxPool(1, "rlimits") as pool:
            for name, attack in ATTACKS.items():
                if attack.heavy or "icarus" not in attack.tools or "fifo" in attack.text:
                    continue
                design = Room("unaided", outside, 0).design(attack)
                order = [source.name for source in design.sources]
                ran = simulate(design.files(), order, "top", limits=LIMITS, waves=True, pool=pool)
                said = ran.compiled.stdout + (ran.run.stdout if ran.run else "")
                if outside.changes() or tells(said) or "root:" in said:
                    done.add(name)
                outside.mend()
    assert done == TESTBENCH_CAN


@pytest.mark.parametrize(
    "name", ["a;touch b.v", "a\nb.v", "a`id`.v", "$(id).v", "-c.v", "a b.v", "a|b.v", "../a.v"]
)
def test_a_name_is_never_a_command(name: str) -> None:
    with pytest.raises(UsageError):
        Source(name=name, text=GOOD)


@pytest.mark.parametrize("top", ["t;exec -- id", "t\nexec", "`id`", "-m x", "t t", "$top", ""])
def test_a_top_is_never_a_command(top: str) -> None:
    with pytest.raises(UsageError):
        Design(top=top, sources=(Source(name="a.v", text=GOOD),))


@pytest.mark.parametrize("name", ["a.vpi", "a.sft", "a.vvp", "a.il", "a.ys", "a.vlt", "a.c", "a.f"])
def test_an_ending_gives_no_power(room: Room, name: str) -> None:
    text = f"exec -- touch {room.outside.folder}/{room.outside.token}\nint main;\n{SECRET}\n"
    design = Design(top="top", sources=(Source(name=name, text=text),))
    assert _simulated(design).outcome in ("fail", "unknown")
    assert synthesises(design).outcome in ("fail", "unknown")
    assert lints(design).outcome in ("fail", "unknown")
    assert room.outside.changes() == []


def _simulated(design: Design):
    bench = Testbench(
        top="tb", sources=(Source(name="tb.sv", text=BENCH),), rule=PassRule(kind="exit")
    )
    return simulates(design, bench, limits=icarus.RUN_LIMITS, vacuity=False)
