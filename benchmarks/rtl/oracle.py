"""A long random simulation of two designs side by side, apart from the one that is measured.

It decides which mutants can be told from the original. It shares no code with the equivalence
check: both designs stand in one module, the simulator draws the inputs, and the comparison is made
there, wherever the original has a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ...tools.rtl.icarus import simulate
from ...tools.sandbox import Limits
from .syntax import Edit, apply, parse

CYCLES: Final = 20_000
LIMITS: Final = Limits(cpu_s=60.0, wall_s=180.0, memory_mb=2048, output_kb=256)
CLOCK: Final = re.compile(r"(?i)(.*_)?(clk|clock)(_.*)?")
RESET: Final = re.compile(r"(?i).*(rst|reset).*")
LOW: Final = re.compile(r"(?i).*(rst|reset)_?[nb]")


@dataclass(frozen=True)
class Judged:
    """What the simulation says: `known` differences are of two values, `unknown` of one and x."""

    outcome: str
    cycles: int = 0
    known: int = 0
    unknown: int = 0
    cpu_s: float = 0.0

    @property
    def distinguished(self) -> bool:
        """Return whether some output differed where the original had a value."""
        return self.known + self.unknown > 0


def renamed(text: str, name: str) -> str:
    """Return the text with its first module called `name`; it must hold one module only."""
    tree = parse(text)
    headers = [node for node in tree.walk() if node.kind == "ModuleHeader"]
    if len(headers) != 1:
        raise ValueError(f"the text holds {len(headers)} modules, not one")
    token = next(child for child in headers[0].children if child.kind == "Identifier")
    return apply(text, [Edit(token.start, token.end, name)])


def judge(
    gold: str, gate: str, inputs: tuple[tuple[str, int], ...],
    outputs: tuple[tuple[str, int], ...], *, seed: int, cycles: int = CYCLES,
) -> Judged:  # fmt: skip
    """Return how two texts of one module each differ over the cycles."""
    files = {
        "gold.sv": renamed(gold, "Original"),
        "gate.sv": renamed(gate, "Changed"),
        "judge.sv": _module(inputs, outputs, seed, cycles),
    }
    ran = simulate(files, ["gold.sv", "gate.sv", "judge.sv"], "judge", limits=LIMITS)
    cpu = ran.compiled.cpu_s + (ran.run.cpu_s if ran.run else 0.0)
    if ran.run is None:
        return Judged("does not compile", cpu_s=cpu)
    found = re.search(r"^JUDGED (\d+) (\d+) (\d+)$", ran.run.stdout, re.MULTILINE)
    if found is None:
        return Judged(f"did not end ({ran.run.stopped})", cpu_s=cpu)
    return Judged("ran", *(int(n) for n in found.groups()), cpu_s=cpu)


def _module(
    inputs: tuple[tuple[str, int], ...], outputs: tuple[tuple[str, int], ...], seed: int,
    cycles: int,
) -> str:  # fmt: skip
    clocks = [name for name, width in inputs if width == 1 and CLOCK.fullmatch(name)]
    data = [(name, width) for name, width in inputs if name not in clocks]
    pins = ", ".join(f".{n}({n})" for n, _ in inputs)
    names = [n for n, _ in outputs]
    sides = {s: ", ".join(f"{s}_{n}" for n in names) for s in ("a", "b")}
    width = sum(w for _, w in outputs)
    rise = f"{{{', '.join(clocks)}}} = ~0;" if clocks else ""
    fall = f"{{{', '.join(clocks)}}} = 0;" if clocks else ""
    lines = [
        "module judge;",
        *(f"  reg [{w - 1}:0] {n}{' = 0' if n in clocks else ''};" for n, w in inputs),
        *(f"  wire [{w - 1}:0] {s}_{n};" for n, w in outputs for s in "ab"),
        *(f"  integer mode_{n};" for n, _ in data),
        f"  integer seed = {seed}, cycle, known = 0, unknown = 0, at;",
        f"  wire [{width - 1}:0] left = {{{sides['a']}}}, right = {{{sides['b']}}};",
        f"  Original one ({pins}{''.join(f', .{n}(a_{n})' for n in names)});",
        f"  Changed two ({pins}{''.join(f', .{n}(b_{n})' for n in names)});",
        "  task compare; begin",
        "    #1 if (left !== right)",
        f"      for (at = 0; at < {width}; at = at + 1)",
        "        if ((left[at] ^ left[at]) === 1'b0 && left[at] !== right[at])",
        "          if ((right[at] ^ right[at]) === 1'b0) known = known + 1;",
        "          else unknown = unknown + 1;",
        "  end endtask",
        "  task draw; begin",
        *(line for n, w in data for line in _draw(n, w)),
        "  end endtask",
        "  initial begin",
        *(f"    {n} = {{{_words(w)}}};" for n, w in data),
        f"    for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin",
        "      if (cycle % 97 == 0 || cycle == 2600) begin",
        *(f"        if (cycle < 1300 || cycle > 2600) mode_{n} = $urandom(seed) % 8;"
          f" else mode_{n} = {7 if RESET.fullmatch(n) else 5};" for n, _ in data),
        "      end",
        f"      {fall} #1 draw; compare;",
        f"      {rise} compare;",
        "      if ($urandom(seed) % 4 == 0) begin draw; compare; end",
        "    end",
        '    $display("JUDGED %0d %0d %0d", cycle, known, unknown);',
        "    $finish(0);",
        "  end",
        "endmodule",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _words(width: int) -> str:
    return ", ".join("$urandom(seed)" for _ in range((width + 31) // 32))


def _draw(name: str, width: int) -> list[str]:
    words = _words(width)
    if RESET.fullmatch(name):
        on = 0 if LOW.fullmatch(name) else 1
        return [
            f"    if (cycle < 4 || (mode_{name} < 6 && $urandom(seed) % (4 << mode_{name}) == 0))"
            f" {name} = {on}; else {name} = {1 - on};"
        ]
    return [
        f"    case (mode_{name})",
        f"      0: {name} = 0;",
        f"      1: {name} = {{{words}}} & {{{words}}} & {{{words}}};",
        f"      2: {name} = {name} + 1;",
        f"      4: {name} = {{{words}}} | {{{words}}};",
        f"      5: {name} = ~0;",
        f"      6: if ($urandom(seed) % 16 == 0) {name} = {{{words}}};",
        f"      default: {name} = {{{words}}};",
        "    endcase",
    ]
