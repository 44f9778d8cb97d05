"""Sources that attack the machine that reads them, each aimed at some of the tools.

OUT, TOKEN and PID in a text stand for what lies outside the sandbox (`outside.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


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
        'n = $rewind(f); n = $fread(s, f); $display("%0s %h", s, s); n = $fscanf(f, "%s", s);',
        "integer f, n; reg [8*80:1] s; reg [63:0] m [0:3];",
    )


@dataclass(frozen=True)
class Attack:
    """A design; `tools` are those it is aimed at, `forbidden` whether `safe` must refuse it.

    A `heavy` one may run into limits, an `endless` one must.
    """

    text: str
    tools: str = "icarus yosys"
    forbidden: bool = True
    heavy: bool = False
    endless: bool = False
    files: dict[str, str] = field(default_factory=dict[str, str])


def heavy(text: str, tools: str = "icarus") -> Attack:
    return Attack(text, tools, forbidden=False, heavy=True)


def endless(text: str, tools: str = "icarus") -> Attack:
    return Attack(text, tools, forbidden=False, heavy=True, endless=True)


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
    "includes itself": heavy('`include "design.sv"\n' + module(""), "icarus yosys slang"),
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
    "has a huge name": Attack(module(f"wire {'w' * (1 << 18)};"), "icarus yosys slang",
                              forbidden=False),
    "holds NUL": Attack(module("\0\0 $display(\0);"), "icarus yosys slang", forbidden=False),
    "nests parentheses": heavy(module(f"wire b = {'(' * 50_000}a{')' * 50_000};"),
                               "yosys slang icarus"),
    "nests blocks": heavy(module("initial " + "begin " * 30_000 + "end " * 30_000),
                          "icarus slang"),
    "expands a macro to a thousand million": endless(BOMB + module("wire [31:0] b = `m30;"),
                                                   "icarus slang"),
    "generates without an end": endless(
        module("genvar i; generate for (i = 0; i < 1 << 30; i = i + 1) begin : g wire w; end"
               " endgenerate"), "icarus yosys slang"),
    "computes a constant for ever": endless(
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
    "grows a string": endless(
        module("string s; initial begin s = \"x\"; forever s = {s, s}; end")),
    "grows a queue": endless(module("int q[$]; initial forever q.push_back(1);")),
    "loops at time 0": endless(module("initial forever;")),
    "forks without an end": endless(
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
