"""What a drawn module does, in Python: the third way its behaviour is written down.

A machine knows nothing of clocks and resets: `vectors.py` calls `reset` and `clock` when the drawn
interface says so. An output value of None is not compared (unknown yet, or don't care).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Values = Mapping[str, int]
Outputs = Mapping[str, int | None]


class Machine(Protocol):
    """A module's behaviour; state is unknown until it is reset or forgets what it was."""

    def reset(self) -> None:
        """Take the reset state."""
        ...

    def clock(self, inputs: Values) -> None:
        """Take one active clock edge with these inputs; without a clock, settle on them."""
        ...

    def outputs(self, inputs: Values) -> Outputs:
        """Return the outputs for the state and these inputs."""
        ...


@dataclass
class Function:
    """A combinational module: a function of its inputs."""

    function: Callable[[Values], Outputs]

    def reset(self) -> None:
        """Do nothing: there is no state."""

    def clock(self, inputs: Values) -> None:
        """Do nothing: there is no state."""

    def outputs(self, inputs: Values) -> Outputs:
        """Return the function's value."""
        return self.function(inputs)


@dataclass
class Registers:
    """A clocked module: a state value, its successor and the outputs it shows.

    `state` is None while unknown. With `forgets` the successor is asked for in the unknown state as
    well (a register that loads); without, the state stays unknown until a reset.
    """

    start: Any
    successor: Callable[[Any, Values], Any]
    shown: Callable[[Any, Values], Outputs]
    forgets: bool = False
    power_on: Any = None
    state: Any = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what is known at power-on, as a rule nothing."""
        self.state = self.power_on

    def reset(self) -> None:
        """Take the reset state."""
        self.state = self.start

    def clock(self, inputs: Values) -> None:
        """Take the successor of the state."""
        if self.state is not None or self.forgets:
            self.state = self.successor(self.state, inputs)

    def outputs(self, inputs: Values) -> Outputs:
        """Return what is shown; {} while the state is unknown: nothing is compared then."""
        return {} if self.state is None else self.shown(self.state, inputs)
