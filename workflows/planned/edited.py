"""Plans as YAML that people edit, and the plan that a report holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError

from ...tools.errors import UsageError
from ...tools.records import Frozen
from ..report import Report
from .cache import REUSE
from .plan import Node, Plan
from .planning import PLAN

MOST_BYTES: Final = 100_000


class PlanFile(Frozen):
    """A plan with its question; results of `run` are taken up where nothing of them changed."""

    question: str = Field(min_length=1)
    run: str | None = None
    nodes: tuple[Node, ...] = Field(min_length=1)

    def tuning(self) -> dict[str, Any]:
        """Return what a request for this plan is fitted with."""
        found: dict[str, Any] = {PLAN: {"nodes": [n.model_dump(mode="json") for n in self.nodes]}}
        return found | ({REUSE: self.run} if self.run else {})


def plan_of(report: Report) -> Plan | None:
    """Return the newest plan of a run, as its dry run judged it; None when it made none."""
    held = [v["details"][PLAN] for v in report.verdicts if v["name"] == "dry_run"]
    return Plan.model_validate(held[-1]) if held else None


def plan_yaml(plan: Plan, question: str, run: str | None = None) -> str:
    """Return a plan as YAML to edit."""
    import yaml

    head = {"question": question} | ({"run": run} if run else {})
    nodes = [_plain(node) for node in plan.nodes]
    return yaml.safe_dump(
        {**head, "nodes": nodes}, sort_keys=False, allow_unicode=True, default_flow_style=None
    )


def _plain(node: Node) -> dict[str, Any]:
    """Return a node without what it leaves empty."""
    plain = node.model_dump(mode="json")
    return {name: value for name, value in plain.items() if value or name in ("id", "tool")}


def read_plan_file(path: Path) -> PlanFile:
    """Return the plan of a YAML file; UsageError says what is wrong with it."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{str(path)!r} is larger than {MOST_BYTES} bytes: that is no plan")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the plan {str(path)!r} cannot be read ({error}); write one with 'terragate plan "
            "QUESTION --yaml FILE'"
        ) from error
    try:
        return PlanFile.model_validate(_parsed(text, path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(f"the plan {str(path)!r}: {where}: {first['msg']}") from error


def _parsed(text: str, path: Path) -> Any:
    import yaml

    try:
        # An alias may stand for more than memory holds; no plan needs one.
        if any(isinstance(t, yaml.AliasToken | yaml.AnchorToken) for t in yaml.scan(text)):
            raise UsageError(f"the plan {str(path)!r} holds a YAML alias: write it out")
        # Every word stays text: a year is not a number, "no" is no truth value.
        return yaml.load(text, yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise UsageError(f"the plan {str(path)!r} is no YAML: {said}") from error
