"""What an operator of the cascade shows a model, for those who ask it without running a cascade."""

from __future__ import annotations

from collections.abc import Mapping

from ...agents.prompting import Brief
from ...tools.rtl.drafts import SUBMIT_DESIGN
from . import OBJECTIVES


def spec_fields(top: str, question: str, interface: str) -> dict[str, str]:
    """Return the prompt fields that say what is to be written; `interface` is a header or ""."""
    return {
        "top": top,
        "question": question,
        "interface": f"\nInterface:\n{interface}" if interface else "",
    }


def operator_brief(stage: str, fields: Mapping[str, str], *, prompt: str = "") -> Brief:
    """Return the brief of a stage that answers with code; its prompt is named after it."""
    return Brief(
        stage=stage,
        objective=OBJECTIVES[stage],
        role="designer",
        prompt=prompt or f"rtl_{stage}",
        question=fields["question"],
        tools=(SUBMIT_DESIGN,),
        fields=fields,
    )
