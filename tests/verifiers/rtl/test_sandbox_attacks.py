"""Sources that attack the machine: through each tool that reads them, and through the verifiers.

The tools are asked directly, so that the fence itself is tried and not the syntax check that would
refuse most of this first. A design under test that attacks must then not pass either.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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

LIMITS = Limits(cpu_s=1, wall_s=2, memory_mb=768, file_mb=1, output_kb=64)
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


def module(body: str, before: str = "") -> str:
    """Return a top whose output is wrong, with more in it."""
    return f"{before}\nmodule top(input a, output y);\n  assign y = 1'b0;\n{body}\nendmodule\n"


def initial(statements: str, declared: str = "integer f, n; reg [8*80:1] s;") -> str:
    return module(f"{declared}\ninitial begin {statements} end")


def copied(path: str) -> str:
    """Return a design that prints the file at a path, as text and as numbers."""
    return initial(
        f'f = $fopen("{path}", "r"); n = $fgets(s, f); $display("%0s", s);'
        f'$readmemh("{path}", m); $display("%h", m[0]); $readmemb("{path}", m);'
        'n = $fread(s, f); $display("%0s %h", s, s); n = $fscanf(f, "%s", s);',
        "integer f, n; reg [8*80:1] s; reg [63:0] m [0:3];",
    )


@dataclass(frozen=True)
class Attack:
    """A design; OUT, TOKEN and PID in its text stand for what lies outside.

    `tools` are those it is aimed at; `forbidden` is whether `safe` must refuse it; `heavy` designs
    run into limits.
    """

    text: str
    tools: str = "icarus yosys"
    forbidden: bool = True
    heavy: bool = False
    files: dict[str, str] = field(default_factory=dict[str, str])


def heavy(text: str, tools: str = "icarus") -> Attack:
    return Attack(text, tools, forbidden=False, heavy=True)


BOMB = "`define m0 1+1\n" + "".join(f"`define m{n} `m{n - 1}+`m{n - 1}\n" for n in range(1, 31))
ALIAS = "module \\top;exec_--_touch_OUT/TOKEN (input a); endmodule\n"
ATTACKS = {
    "writes an absolute path": Attack(
        initial('f = $fopen("OUT/TOKEN", "w"); $fwrite(f, "x"); $fdisplay(f, "x"); $fclose(f);')
    ),
    "appends to a file outside": Attack(
        initial('f = $fopen("OUT/secret.txt", "a"); $fwrite(f, "x"); $fflush(f);')
    ),
    "empties a file outside": Attack(initial('f = $fopen("OUT/secret.txt", "w+"); $fclose(f);')),
    "writes above its folder": Attack(
        initial(
            'f = $fopen("../TOKEN", "w"); $fwrite(f, "x"); f = $fopen("../../TOKEN", "w");'
            'f = $fopen("/tmp/TOKEN", "w"); $fwrite(f, "x"); f = $fopen("/dev/shm/TOKEN", "w");'
        )
    ),
    "reads a file outside": Attack(copied("OUT/secret.txt")),
    "reads it by a way round": Attack(copied("/proc/self/root/OUT/secret.txt")),
    "reads another's environment": Attack(copied("/proc/PID/environ")),
    "reads another's command line": Attack(copied("/proc/PID/cmdline")),
    "reads its own environment": Attack(copied("/proc/self/environ")),
    "reads its parent's memory": Attack(copied("/proc/1/mem")),
    "reads accounts": Attack(copied("/etc/shadow")),
    "reads devices": Attack(
        initial('f = $fopen("/dev/vda", "rb"); n = $fread(s, f); f = $fopen("/dev/mem", "r");')
    ),
    "reads for ever": Attack(
        initial('f = $fopen("/dev/zero", "rb"); while (!$feof(f)) n = $fgetc(f);'),
        "icarus", heavy=True,
    ),
    "waits for a pipe": Attack(copied("OUT/fifo")),
    "writes memory to a file": Attack(
        initial('$writememh("OUT/TOKEN", m); $writememb("../TOKEN", m);', "reg [7:0] m [0:3];")
    ),
    "dumps waves outside": Attack(initial('$dumpfile("OUT/TOKEN"); $dumpvars(0, top); #1;', "")),
    "monitors into a file": Attack(
        initial('f = $fopen("OUT/TOKEN"); $fmonitor(f, a); #1;')
    ),
    "strobes into a file": Attack(initial('f = $fopen("OUT/TOKEN"); $fstrobe(f, a); #1;')),
    "annotates from a file": Attack(initial('$sdf_annotate("OUT/secret.txt", top);', "")),
    "calls a shell": Attack(
        initial(
            '$system("touch OUT/TOKEN"); $exec("touch OUT/TOKEN"); $shell("touch OUT/TOKEN");'
            '$popen("touch OUT/TOKEN"); $vpi_load("OUT/x.vpi"); $vpi_control(66, 1);'
        )
    ),
    "calls C": Attack(
        module(
            'import "DPI-C" function int system(string command);\n'
            'initial begin if (system("touch OUT/TOKEN")) ; end'
        ),
        "icarus yosys verilator",
    ),
    "holds C for Verilator": Attack(
        module(
            'initial $c("system(\\"touch OUT/TOKEN\\");");\n`systemc_header\n'
            '#include "OUT/secret.v"\n`verilog\n', "`verilator_config\nlint_off\n`verilog\n"
        ),
        "verilator icarus",
    ),
    "includes a file outside": Attack('`include "OUT/secret.v"\n' + module(""),
                                      "icarus yosys verilator slang"),
    "includes it from above": Attack(
        '`include "../../../../../../..OUT/secret.v"\n' + module(""),
        "icarus yosys verilator slang",
    ),
    "includes accounts": Attack('`include "/etc/passwd"\n' + module(""), "icarus yosys slang"),
    "includes memory": Attack('`include "/proc/self/mem"\n' + module(""), "icarus yosys slang"),
    "includes an environment": Attack('`include "/proc/PID/environ"\n' + module(""),
                                      "icarus yosys slang"),
    "includes a pipe": Attack('`include "OUT/fifo"\n' + module(""), "icarus yosys slang"),
    "includes without an end": Attack('`include "/dev/zero"\n' + module(""),
                                      "icarus slang", heavy=True),
    "includes itself": Attack('`include "design.sv"\n' + module(""), "icarus yosys slang"),
    "claims to stand elsewhere": Attack(
        '`line 1 "OUT/secret.txt" 0\n' + module("wire w = ;"), "icarus yosys slang verilator",
        forbidden=False,
    ),
    "names a module like a command": Attack(
        ALIAS + module("\\top;exec_--_touch_OUT/TOKEN x(a);"), "icarus yosys", forbidden=False
    ),
    "carries attributes": Attack(
        module("(* techmap_do = \"exec -- touch OUT/TOKEN\", techmap_wrap = \"!touch OUT/TOKEN\" *)"
               "wire _TECHMAP_DO_x_ = \"exec -- touch OUT/TOKEN\"; (* keep, abc9_box, plugin *)"
               "wire b;"),
        "yosys", forbidden=False,
    ),
    "brings settings of ABC": Attack(
        module("reg q; always @(posedge a) q <= ~q & y;"), "yosys", forbidden=False,
        files={"abc.rc": "!touch OUT/TOKEN\n", ".abc.rc": "!touch OUT/TOKEN\n",
               ".yosysrc": "!touch OUT/TOKEN\n", "yosys.ys": "exec -- touch OUT/TOKEN\n"},
    ),
    "brings a compiled image": Attack(
        "module top(input a, output y); broken", "icarus", forbidden=False,
        files={"sim.vvp": "#! /usr/bin/vvp\n:vpi_module \"OUT/x\";\n"},
    ),
    "has a huge name": Attack(module(f"wire {'w' * (1 << 20)};"), "icarus yosys slang",
                              forbidden=False),
    "holds NUL": Attack(module("\0\0 $display(\0);"), "icarus yosys slang", forbidden=False),
    "nests parentheses": heavy(module(f"wire b = {'(' * 50_000}a{')' * 50_000};"),
                               "yosys slang icarus"),
    "nests blocks": heavy(module("initial " + "begin " * 30_000 + "end " * 30_000),
                          "icarus slang"),
    "expands a macro to a thousand million": heavy(BOMB + module("wire [31:0] b = `m30;"),
                                                   "icarus slang"),
    "generates without an end": heavy(
        module("genvar i; generate for (i = 0; i < 1 << 30; i = i + 1) begin : g wire w; end"
               " endgenerate"), "icarus yosys slang"),
    "computes a constant for ever": heavy(
        module("function integer f(input integer n); begin f = 0; while (f < 2000000000)"
               " f = f + 1 - (f == 1999999999); end endfunction localparam P = f(3);"
               "wire [P:0] w;"), "icarus yosys slang"),
    "instantiates itself": heavy(
        "module deep #(parameter N = 0)(input a); deep #(N + 1) l(a); deep #(N + 1) r(a);"
        " endmodule\n" + module("deep d(a);"), "icarus yosys slang"),
    "needs ten gigabytes": heavy(
        module("reg [1023:0] m [0:83886079]; integer i; initial for (i = 0; i < 83886080;"
               " i = i + 1) m[i] = {32{i}};"), "icarus yosys"),
    "has forty million bits": heavy(
        module("reg [40000000:0] v; always @(posedge a) v <= v * v + a;"), "icarus yosys"),
    "grows a string": heavy(
        module("string s; initial begin s = \"x\"; forever s = {s, s}; end")),
    "grows a queue": heavy(module("int q[$]; initial forever q.push_back(1);")),
    "loops at time 0": heavy(module("initial forever;")),
    "forks without an end": heavy(
        module("task automatic t; fork t; t; join_none endtask initial t;")),
    "prints for ever": Attack(
        initial('$monitor("%d", a); forever begin $display("xxxxxxxxxxxxxxxxxxxx");'
                '$strobe("y"); end', ""), "icarus", heavy=True),
    "dumps waves for ever": Attack(
        module('reg [1023:0] v = 1; initial begin $dumpfile("w.vcd"); $dumpvars; end'
               "always #1 v = {v[1022:0], ~v[1023]};"), "icarus", heavy=True),
    "writes many files": Attack(
        initial('n = 0; forever begin $sformat(s, "f%0d", n); f = $fopen(s, "w");'
                "$fwrite(f, s); $fclose(f); n = n + 1; end"), "icarus", heavy=True),
}  # fmt: skip

TESTBENCH_CAN = {
    "writes an absolute path", "appends to a file outside", "empties a file outside",
    "writes above its folder", "reads a file outside", "reads it by a way round",
    "reads another's command line", "reads accounts", "writes memory to a file",
    "dumps waves outside", "strobes into a file",
}  # fmt: skip


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
        patch.setattr(pools, "cpu_count", lambda: 1)
        for each in (dataflow, lint, outward, slang, synthesis, verilator, second_reading):
            patch.setattr(each, "LIMITS", LIMITS)
        patch.setattr(icarus, "COMPILE_LIMITS", LIMITS)
        patch.setitem(run_yosys.__kwdefaults__, "limits", LIMITS)
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
    done = simulate(design.files(), order, "top", limits=LIMITS, waves=True, keep=keep)
    return [step for step in (done.compiled, done.run) if step], dict(done.files)


def _yosys(design: Design) -> tuple[list[Finished], dict[str, bytes]]:
    names = " ".join(source.name for source in design.sources)
    script = [
        f"read_verilog -sv {names}", "hierarchy -check -top top", "proc", "flatten", "techmap",
        "abc -g AND", "write_verilog out.v", "write_json out.json",
    ]  # fmt: skip
    done = run_yosys(design.files(), script, limits=LIMITS, keep=("out.v", "out.json"))
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
]


def test_the_suite_is_large_enough() -> None:
    assert len(ATTACKS) >= 36


@pytest.mark.parametrize(("name", "tool"), CASES)
def test_a_tool_is_held(room: Room, name: str, tool: str) -> None:
    attack = ATTACKS[name]
    if attack.heavy and room.mode == "rlimits" and not attack.tools.startswith(tool):
        pytest.skip("the limits are the same in both modes: one tool is enough")
    design = room.design(attack)
    started = time.monotonic()
    steps, files = TOOLS[tool](design)
    elapsed = time.monotonic() - started
    most = 2 if tool in ("icarus", "slang") else 1
    assert elapsed < most * (LIMITS.wall_s + 1) + 5 * room.slack_s + 1
    for step in steps:
        assert step.wall_s < LIMITS.wall_s + 1 + 2 * room.slack_s
        assert len(step.stdout) + len(step.stderr) <= 2 * LIMITS.output_kb << 10
        assert step.stopped != "lost"
    assert not tells(*(text for s in steps for text in (s.stdout, s.stderr)), *files.values())
    assert room.outside.changes() == []
    assert b"root:" not in b"".join(files.values())
    assert all("root:" not in step.stdout + step.stderr for step in steps)


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


@pytest.mark.parametrize("name", [n for n, attack in ATTACKS.items() if attack.heavy])
def test_a_heavy_design_does_not_pass(room: Room, name: str) -> None:
    if room.mode == "rlimits":
        pytest.skip("the limits are the same in both modes")
    started = time.monotonic()
    verdict = _simulated(room.design(ATTACKS[name]))
    assert verdict.outcome in ("fail", "unknown")
    assert time.monotonic() - started < 6 * (LIMITS.wall_s + 1)


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
    return simulates(design, bench, limits=LIMITS, vacuity=False)
