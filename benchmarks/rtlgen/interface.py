"""The ports of a drawn module: names, widths, clock and reset, and how a header is written."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Edge = Literal["posedge", "negedge"]
Direction = Literal["input", "output"]
CLOCK_NAMES: Final = ("clk", "clk", "clk", "clock", "CLK", "clk_i", "i_clk", "sysclk", "ck", "mclk")
RESET_NAMES: Final = (
    "reset", "rst", "areset", "clear", "rst_i", "i_rst", "init", "resetq", "clr",
)  # fmt: skip
LOW_NAMES: Final = ("resetn", "rst_n", "aresetn", "rstn", "nreset", "reset_n", "clr_n")
SYNCHRONOUS_ONLY: Final = frozenset({"clear", "init", "resetq"})
ASYNCHRONOUS_ONLY: Final = frozenset({"areset", "aresetn"})


@dataclass(frozen=True)
class Port:
    """A port of `width` bits."""

    name: str
    width: int = 1

    @property
    def range(self) -> str:
        """Return the packed range with a space behind it, "" for one bit."""
        return f"[{self.width - 1}:0] " if self.width > 1 else ""


@dataclass(frozen=True)
class Clock:
    """A clock and its active edge."""

    name: str
    edge: Edge = "posedge"


@dataclass(frozen=True)
class Reset:
    """A reset: when it acts, and on which level."""

    name: str
    asynchronous: bool = False
    active_low: bool = False

    @property
    def active(self) -> int:
        """Return the level that resets."""
        return 0 if self.active_low else 1

    @property
    def condition(self) -> str:
        """Return the Verilog expression that is true while it resets."""
        return f"!{self.name}" if self.active_low else self.name


@dataclass(frozen=True)
class Interface:
    """A module's name and ports; clock and reset are not among `inputs`."""

    top: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clock: Clock | None = None
    reset: Reset | None = None

    @property
    def controls(self) -> tuple[Port, ...]:
        """Return clock and reset as ports, where there are any."""
        names = [c.name for c in (self.clock, self.reset) if c is not None]
        return tuple(Port(name) for name in names)

    @property
    def all_inputs(self) -> tuple[Port, ...]:
        """Return every input in the order of the header."""
        return (*self.controls, *self.inputs)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every port's name."""
        return tuple(port.name for port in (*self.all_inputs, *self.outputs))

    def header(self, registers: frozenset[str] | set[str] = frozenset()) -> str:
        """Return the module header; outputs named in `registers` are declared `reg`."""
        lines = [f"  input {p.range}{p.name}" for p in self.all_inputs]
        for port in self.outputs:
            kind = "output reg " if port.name in registers else "output "
            lines.append(f"  {kind}{port.range}{port.name}")
        return f"module {self.top} (\n" + ",\n".join(lines) + "\n);"

    def event(self) -> str:
        """Return the event control of the clocked blocks, asynchronous reset included."""
        assert self.clock is not None
        events = [f"{self.clock.edge} {self.clock.name}"]
        if self.reset is not None and self.reset.asynchronous:
            edge = "negedge" if self.reset.active_low else "posedge"
            events.append(f"{edge} {self.reset.name}")
        return f"@({' or '.join(events)})"


def draw_clock(rng: Random, *, falling: float = 0.06) -> Clock:
    """Return a clock, with the falling edge active as seldom as `falling` says."""
    return Clock(rng.choice(CLOCK_NAMES), "negedge" if rng.random() < falling else "posedge")


def draw_reset(rng: Random, *, none: float = 0.0) -> Reset | None:
    """Return a reset of random kind, polarity and name; None with the given probability."""
    if rng.random() < none:
        return None
    low, asynchronous = rng.random() < 0.3, rng.random() < 0.4
    unfit = SYNCHRONOUS_ONLY if asynchronous else ASYNCHRONOUS_ONLY
    names = [n for n in (LOW_NAMES if low else RESET_NAMES) if n not in unfit]
    return Reset(rng.choice(names), asynchronous, low)
