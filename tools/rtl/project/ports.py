"""Differences between two interfaces that should be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .facts import ModuleInterface, Port


@dataclass(frozen=True)
class PortDifference:
    """One port on which two interfaces disagree; it is None where a side does not have it."""

    kind: Literal["missing", "extra", "direction", "width"]
    name: str
    wanted: Port | None
    found: Port | None

    def __str__(self) -> str:
        """Return the difference in words."""
        if self.wanted is None:
            return f"port {self.name!r} is not asked for"
        if self.found is None:
            return f"port {self.name!r} ({_shape(self.wanted)}) is missing"
        return f"port {self.name!r} is {_shape(self.found)}, not {_shape(self.wanted)}"


def check_ports(wanted: ModuleInterface, found: ModuleInterface) -> tuple[PortDifference, ...]:
    """Return where the ports of `found` differ from those `wanted`; their order has no say."""
    return tuple(_differences(wanted, found))


def _differences(wanted: ModuleInterface, found: ModuleInterface) -> Iterator[PortDifference]:
    for port in wanted.ports:
        other = found.port(port.name)
        if other is None:
            yield PortDifference("missing", port.name, port, None)
        elif other.direction != port.direction:
            yield PortDifference("direction", port.name, port, other)
        elif other.width != port.width:
            yield PortDifference("width", port.name, port, other)
    for port in found.ports:
        if wanted.port(port.name) is None:
            yield PortDifference("extra", port.name, None, port)


def _shape(port: Port) -> str:
    return f"{port.direction} of {port.width} bit{'s' if port.width != 1 else ''}"
