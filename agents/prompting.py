"""The two renderings of one stage: compact for tiny models, chat for instruction models.

The system message holds what never changes within a stage (role, objective, tools), so a server's
prefix cache serves it; the question and the workspace follow in the user message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template

from ..tools.spec import ToolSpec, live_fields
from .protocol import Message, Rendering


@dataclass(frozen=True)
class Step:
    """What became of an earlier call: the tool, its one-line summary and how it ended."""

    tool: str
    summary: str
    status: str = "ok"


@dataclass(frozen=True)
class Brief:
    """All a model is told at one step; `tools` is the stage's whole list, whatever is on offer.

    `fields` are what a domain adds to the template of its own prompts, such as the code to repair.
    """

    stage: str
    objective: str
    role: str
    prompt: str
    question: str
    tools: tuple[ToolSpec, ...]
    controls: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    problem: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


def render(brief: Brief, rendering: Rendering) -> tuple[Message, ...]:
    """Return the messages for one step in the given rendering."""
    system, user = _templates(brief.prompt, rendering)
    compact = rendering == "compact"
    fields = {
        "stage": brief.stage,
        "role": brief.role,
        "objective": brief.objective,
        "tools": _compact_tools(brief) if compact else _chat_tools(brief),
        "question": brief.question,
        "steps": _compact_steps(brief) if compact else _chat_steps(brief),
        "problem": brief.problem or "",
        **brief.fields,
    }
    return (
        Message(role="system", content=system.substitute(fields).strip()),
        Message(role="user", content=user.substitute(fields).strip()),
    )


@cache
def _templates(prompt: str, rendering: Rendering) -> tuple[Template, Template]:
    text = (files("terragate.agents") / "prompts" / f"{prompt}.{rendering}.md").read_text("utf-8")
    system, separator, user = text.partition("\n---\n")
    if not separator:
        raise ValueError(f"prompt {prompt!r} ({rendering}) has no line '---' before the user part")
    return Template(system), Template(user)


def _visible(tool: ToolSpec) -> list[str]:
    marks = live_fields(tool.args)
    return [n for n in tool.args.model_fields if not (n in marks and marks[n].hidden)]


def _compact_tools(brief: Brief) -> str:
    calls = [f"{tool.name}({','.join(_visible(tool))})" for tool in brief.tools]
    return " ".join((*calls, *brief.controls))


def _chat_tools(brief: Brief) -> str:
    lines = [f"- {t.name}({', '.join(_visible(t))}): {t.summary}" for t in brief.tools]
    return "\n".join((*lines, *(f"- {control}()" for control in brief.controls)))


def _compact_steps(brief: Brief) -> str:
    # Tool names alone carry the progress; a tiny model learns nothing from counts and dates.
    return " ".join(s.tool if s.status == "ok" else f"{s.tool}:{s.status}" for s in brief.steps)


def _chat_steps(brief: Brief) -> str:
    lines = [f"- {s.tool} ({s.status}): {s.summary}" for s in brief.steps]
    return "\n".join(lines) or "- nothing yet"
