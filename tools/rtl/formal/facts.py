"""What a flat netlist says about clocks, resets, unknown values and what a proof must respect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

CLOCKED: Final = {
    "$dff", "$dffe", "$adff", "$adffe", "$sdff", "$sdffe", "$sdffce", "$aldff", "$aldffe",
    "$dffsr", "$dffsre",
}  # fmt: skip
ASYNC: Final = {"$adff": "ARST", "$adffe": "ARST"}
ASYNC_DATA: Final = {"$aldff", "$aldffe", "$dffsr", "$dffsre"}
LATCHES: Final = {"$dlatch", "$adlatch", "$dlatchsr", "$sr"}
Bit = int | str


@dataclass(frozen=True)
class Port:
    """A port of the flat module, with its width in bits."""

    name: str
    width: int


@dataclass(frozen=True)
class Facts:
    """What was found in one netlist.

    `clocks` are (input port, rising) pairs; `resets` the asynchronous ones with their active level.
    `steering` are the input ports any clock or latch enable depends on, `data_inputs` those that
    are read in any other way than as the clock of a register.
    """

    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    inouts: tuple[str, ...] = ()
    clocks: frozenset[tuple[str, bool]] = frozenset()
    resets: frozenset[tuple[str, bool]] = frozenset()
    steering: frozenset[str] = frozenset()
    flip_flops: int = 0
    unreset: int = 0
    latches: int = 0
    derived_clock: bool = False
    derived_reset: bool = False
    clock_sampled: bool = False
    data_inputs: frozenset[str] = frozenset()
    unknown_values: bool = False
    high_impedance: bool = False


def obstacle(facts: Facts) -> str:
    """Return what makes netlist and simulation disagree about a design, or nothing."""
    if facts.high_impedance:
        return "drives z (tri-state), which two-valued logic cannot express"
    if facts.derived_clock:
        return "derives a clock from logic: what a register then samples is a race"
    if facts.clock_sampled:
        return "samples its clock as data, which is a race"
    return ""


def facts_of(module: dict[str, Any]) -> Facts:
    """Return the facts of one module of Yosys's JSON."""
    return _Netlist(module).facts()


class _Netlist:
    def __init__(self, module: dict[str, Any]) -> None:
        self.ports: dict[str, dict[str, Any]] = module["ports"]
        self.cells: list[dict[str, Any]] = list(module["cells"].values())
        self.names: dict[str, dict[str, Any]] = module["netnames"]
        self.input_of: dict[Bit, str] = {
            bit: name for name, port in self.ports.items() if port["direction"] == "input"
            for bit in port["bits"]
        }  # fmt: skip
        self.registers = [c for c in self.cells if c["type"] in CLOCKED | LATCHES]
        self.logic = [c for c in self.cells if c["type"] not in CLOCKED | LATCHES]

    def facts(self) -> Facts:
        flip_flops = [c for c in self.cells if c["type"] in CLOCKED]
        latches = [c for c in self.registers if c["type"] in LATCHES]
        clocks, derived = self._sources(
            (c["connections"]["CLK"][0], bool(_number(c, "CLK_POLARITY"))) for c in flip_flops
        )
        watched, odd_trigger = self._sources(self._triggers())
        asynchronous = [c for c in flip_flops if c["type"] in ASYNC]
        resets, odd = self._sources(
            (c["connections"]["ARST"][0], bool(_number(c, "ARST_POLARITY"))) for c in asynchronous
        )
        others = [c for c in flip_flops if c["type"] in ASYNC_DATA]
        clock_bits = {c["connections"]["CLK"][0] for c in flip_flops}
        enables = {b for c in latches for b in c["connections"].get("EN", [])}
        return Facts(
            inputs=self._ports("input"),
            outputs=self._ports("output"),
            inouts=tuple(n for n, p in self.ports.items() if p["direction"] == "inout"),
            clocks=clocks | watched,
            resets=resets,
            steering=self._behind(clock_bits | enables),
            flip_flops=len(flip_flops),
            unreset=len(flip_flops) - len(asynchronous),
            latches=len(latches),
            derived_clock=derived or odd_trigger,
            derived_reset=odd or bool(others),
            clock_sampled=self._sampled(clock_bits),
            data_inputs=self._data_inputs(),
            unknown_values=self._unknown(),
            high_impedance=self._floating(),
        )

    def _ports(self, direction: str) -> tuple[Port, ...]:
        return tuple(Port(n, len(p["bits"])) for n, p in self.ports.items()
                     if p["direction"] == direction)  # fmt: skip

    def _sources(self, pins: Any) -> tuple[frozenset[tuple[str, bool]], bool]:
        """Return the input ports that are the pins themselves, and whether some pin is not one."""
        found: set[tuple[str, bool]] = set()
        derived = False
        for bit, level in pins:
            if bit in self.input_of:
                found.add((self.input_of[bit], level))
            else:
                derived = derived or not isinstance(bit, str)
        return frozenset(found), derived

    @cached_property
    def _driver(self) -> dict[Bit, list[Bit]]:
        """Each bit that logic drives, with the bits it may depend on."""
        return {out: ins for cell in self.logic for outs, ins in (_pins(cell),) for out in outs}

    def _behind(self, bits: set[Bit]) -> frozenset[str]:
        seen, todo = set(bits), list(bits)
        while todo:
            for bit in self._driver.get(todo.pop(), ()):
                if bit not in seen:
                    seen.add(bit)
                    todo.append(bit)
        return frozenset(self.input_of[bit] for bit in seen if bit in self.input_of)

    def _triggers(self) -> Iterator[tuple[Bit, bool]]:
        """Yield what starts the assertions of a property module, with the edge."""
        for cell in self.cells:
            if cell["type"] == "$check":
                levels = reversed(cell["parameters"]["TRG_POLARITY"])
                for bit, level in zip(cell["connections"]["TRG"], levels, strict=False):
                    yield bit, level == "1"

    @cached_property
    def _readers(self) -> dict[Bit, list[Bit]]:
        """Each bit with the bits that follow it without a clock edge."""
        readers: dict[Bit, list[Bit]] = defaultdict(list)
        for out, ins in self._driver.items():
            for bit in ins:
                readers[bit].append(out)
        latches = [c["connections"] for c in self.registers if c["type"] in LATCHES]
        for pins in latches:
            for bit in (b for pin, bits in pins.items() if pin != "Q" for b in bits):
                readers[bit] += pins["Q"]
        return readers

    def _ahead(self, bits: set[Bit]) -> set[Bit]:
        seen, todo = set(bits), list(bits)
        while todo:
            for bit in self._readers.get(todo.pop(), ()):
                if bit not in seen:
                    seen.add(bit)
                    todo.append(bit)
        return seen

    def _sampled(self, clocks: set[Bit]) -> bool:
        """Return whether a clock reaches what a register samples: simulators race there."""
        reached = self._ahead({b for b in clocks if not isinstance(b, str)})
        return any(
            bit in reached
            for cell in self.registers
            for pin, bits in cell["connections"].items()
            if pin not in ("CLK", "Q") and cell["type"] not in LATCHES
            for bit in bits
        )

    def _data_inputs(self) -> frozenset[str]:
        used = {b for c in self.cells for pin, bits in c["connections"].items()
                if pin not in ("Y", "Q", "CLK", "TRG") for b in bits}  # fmt: skip
        for port in self.ports.values():
            if port["direction"] != "input":
                used |= set(port["bits"])
        return frozenset(self.input_of[bit] for bit in used if bit in self.input_of)

    def _unknown(self) -> bool:
        """Return whether any bit may have no value: a register that starts so, or an x."""
        known: set[Bit] = set()
        for net in self.names.values():
            init: str = net.get("attributes", {}).get("init", "")
            # The attribute is written first bit last, and may be shorter than the net.
            for bit, value in zip(net["bits"], reversed(init), strict=False):
                if value in "01":
                    known.add(bit)
        stored = {b for c in self.registers for b in c["connections"]["Q"]}
        if stored - known:
            return True
        driven = stored | set(self._driver) | set(self.input_of) | {"0", "1"}
        return not self._used() <= driven

    def _used(self) -> set[Bit]:
        used = {b for c in self.cells for pin, bits in c["connections"].items() if pin not in
                ("Y", "Q") for b in bits}  # fmt: skip
        for port in self.ports.values():
            used |= set(port["bits"])
        return used

    def _floating(self) -> bool:
        return "z" in self._used() or any(c["type"] == "$tribuf" for c in self.cells)


def _pins(cell: dict[str, Any]) -> tuple[list[Bit], list[Bit]]:
    """Return the bits a logic cell drives and those it reads."""
    outs: list[Bit] = []
    ins: list[Bit] = []
    for pin, bits in cell["connections"].items():
        (outs if cell["port_directions"][pin] == "output" else ins).extend(bits)
    return outs, ins


def _number(cell: dict[str, Any], parameter: str) -> int:
    return int(str(cell["parameters"][parameter]), 2)
