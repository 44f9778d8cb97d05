"""Find nets that several things drive and outputs depend on, in RTLIL before any optimisation.

Yosys resolves such a net to one of its drivers, so nothing may be proved from that netlist. A loop
variable that two blocks share is driven twice as well, but no output depends on it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

OUTPUT_PINS: Final = frozenset({"\\Y", "\\Q", "\\RD_DATA"})
TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|\S+')
SELECT: Final = re.compile(r"\[(\d+)(?::(\d+))?\]")
Bit = tuple[str, int]


def contended(rtlil: str) -> bool:
    """Return whether an output depends on a bit with two drivers, in a text of one flat module."""
    return _Reader(rtlil).contended()


class _Reader:
    def __init__(self, rtlil: str) -> None:
        self.widths: dict[str, int] = {}
        # Each bit with what drives it: what those drivers read, in turn.
        self.drivers: dict[Bit, list[list[Bit]]] = defaultdict(list)
        self.outputs: list[Bit] = []
        lines = [line.strip() for line in rtlil.splitlines()]
        for line in lines:
            if line.startswith("wire "):
                self._wire(TOKEN.findall(line))
        reads: list[Bit] | None = None
        for line in lines:
            if line.startswith("cell "):
                reads = []
            elif line == "end":
                reads = None
            elif line.startswith("connect "):
                self._connect(TOKEN.findall(line)[1:], reads)

    def contended(self) -> bool:
        seen, todo = set(self.outputs), list(self.outputs)
        while todo:
            drivers = self.drivers.get(todo.pop(), [])
            if len(drivers) > 1:
                return True
            for bit in (b for reads in drivers for b in reads):
                if bit not in seen:
                    seen.add(bit)
                    todo.append(bit)
        return False

    def _wire(self, words: list[str]) -> None:
        name = words[-1]
        self.widths[name] = int(words[words.index("width") + 1]) if "width" in words else 1
        bits = [(name, at) for at in range(self.widths[name])]
        if "input" in words:
            self._drive(bits, [])
        if "output" in words:
            self.outputs += bits

    def _drive(self, bits: Iterable[Bit], reads: list[Bit]) -> None:
        for bit in bits:
            self.drivers[bit].append(reads)

    def _connect(self, words: list[str], reads: list[Bit] | None) -> None:
        if reads is None:
            left = self._end_of_first(words)
            self._drive(self._bits(words[:left]), list(self._bits(words[left:])))
        elif words[0] in OUTPUT_PINS:
            # The list is filled by the pins that follow as well.
            self._drive(self._bits(words[1:]), reads)
        else:
            reads += self._bits(words[1:])

    def _end_of_first(self, words: list[str]) -> int:
        """Return where the first signal of a connection ends."""
        at, depth = 0, 0
        while at < len(words):
            depth += (words[at] == "{") - (words[at] == "}")
            at += 1
            if depth == 0 and not (at < len(words) and SELECT.fullmatch(words[at])):
                break
        return at

    def _bits(self, words: list[str]) -> Iterator[Bit]:
        """Yield the bits of wires in a signal; constants have none."""
        for at, word in enumerate(words):
            if word not in self.widths:
                continue
            chosen = SELECT.fullmatch(words[at + 1]) if at + 1 < len(words) else None
            high, low = self.widths[word] - 1, 0
            if chosen is not None:
                high = int(chosen[1])
                low = int(chosen[2]) if chosen[2] else high
            yield from ((word, bit) for bit in range(low, high + 1))
