"""Does the design elaborate, and with the interface that was asked for?"""

from __future__ import annotations

from typing import Any

from ...tools.rtl.design import Design
from ...tools.rtl.project.facts import Definition, Diagnostic, ModuleInterface
from ...tools.rtl.project.ports import check_ports
from ...tools.rtl.slang import inspect
from ..verdict import Outcome, Verdict
from .diagnostics import diagnosed


def elaborates(design: Design, interface: ModuleInterface | None = None) -> Verdict:
    """Judge the elaboration of a design's top; its ports must be those of `interface` if given."""

    def judge() -> tuple[Outcome, tuple[Diagnostic, ...], dict[str, Any]]:
        known = inspect(design)
        found = known.elaborated
        said = found.diagnostics
        if interface is not None and found.interface is not None:
            place = next((d for d in known.definitions if d.name == design.top), None)
            said = (*_ports(interface, found.interface, place), *said)
        errors = any(d.severity == "error" for d in said)
        passed = found.interface is not None and not errors
        top = found.interface.model_dump(mode="json") if found.interface else None
        details = {"interface": top, "tops": list(found.tops), "dropped": found.dropped}
        return "pass" if passed else "fail", said, details

    return diagnosed("elaborates", "elaboration with slang", "elaborated", judge)


def _ports(
    wanted: ModuleInterface, found: ModuleInterface, place: Definition | None
) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            file=place.file if place else "",
            line=place.line if place else 0,
            column=place.column if place else 0,
            code="port",
            message=str(difference),
        )
        for difference in check_ports(wanted, found)
    )
