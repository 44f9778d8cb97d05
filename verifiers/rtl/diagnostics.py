"""Verdicts that rest on what slang says about a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...tools.errors import ToolError, ToolUnavailable
from ...tools.rtl.project.facts import Diagnostic
from ...tools.rtl.slang import slang_version
from ..verdict import Outcome, Verdict

SHOWN: Final = 5
HINTS: Final[Mapping[str, str]] = {
    "ExpectedToken": "complete the statement before this place",
    "ExpectedDeclarator": "a name is missing here",
    "UndeclaredIdentifier": "declare the name, or correct its spelling",
    "TypoIdentifier": "declare the name, or correct its spelling",
    "UnknownModule": "add the module's file to the design, or correct its name",
    "UnknownDirective": "define the macro before it is used, or pass it as a define",
    "CouldNotOpenIncludeFile": "add the file to the design, named as the include names it",
    "InvalidTopModule": "name a module that the design defines as its top",
    "Redefinition": "rename or remove one of the two",
    "MixedVarAssigns": "drive the signal from one always block or assign only",
    "AssignToNet": "declare the signal as reg or logic to assign it in a block",
    "NoSuchParameter": "set a parameter that the top declares and that is no localparam",
    "port": "make the ports equal to those of the interface that was given",
    "system_task": "remove it: only the testbench may print, stop or read files",
    "outside_name": "use only what the design itself declares",
    "driven_input": "do not assign to an input",
    "reserved_name": "choose another name",
    "include_outside": "add the file to the design, named as the include names it",
    "ambiguous_macro": "put the comment on a line of its own",
}


def diagnosed(
    name: str,
    method: str,
    strength: str,
    judge: Callable[[], tuple[Outcome, tuple[Diagnostic, ...], dict[str, Any]]],
) -> Verdict:
    """Return what `judge` finds; `unknown` where slang was lost, `skipped` where it is missing."""
    try:
        version = slang_version()
        outcome, found, details = judge()
    except ToolUnavailable as error:
        return Verdict(
            name=name, outcome="skipped", method=method, strength=strength, evidence=str(error)
        )
    except ToolError as error:
        return Verdict(
            name=name, outcome="unknown", method=method, strength=strength, evidence=str(error),
            tool_version=slang_version(),
        )  # fmt: skip
    return Verdict(
        name=name,
        outcome=outcome,
        method=method,
        strength=strength,
        evidence=_evidence(found),
        details={"findings": [_finding(d) for d in found], **details},
        tool_version=version,
    )


def _finding(said: Diagnostic) -> dict[str, Any]:
    return {
        "file": said.file,
        "line": said.line,
        "column": said.column,
        "rule": said.code,
        "severity": said.severity,
        "message": said.message,
        "hint": HINTS.get(said.code, ""),
    }


def _evidence(found: tuple[Diagnostic, ...]) -> str:
    errors = [str(d) for d in found if d.severity == "error"]
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    return "; ".join(errors[:SHOWN]) + more
