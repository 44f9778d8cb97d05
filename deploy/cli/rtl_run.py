"""Run an RTL workflow in front of a person: `rtl generate` and `rtl repair`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from ...agents.profiles import find_profile
from ...tools.artifacts import ArtifactStore
from ...tools.errors import UsageError
from ...tools.rtl.design import RtlTask
from ...tools.rtl.drafts import read_code
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.runs import new_run_id
from ...workflows.settings import Settings
from .conversation import Seat
from .locations import profiles
from .rtl_report import VERIFIED, final_record
from .session import Choices, open_platform

GENERATORS: Final = ("cascade", "single", "cot", "refine")
TITLE: Final = 200
PATCH: Final = "repair.patch"


def rtl_request(
    task: RtlTask,
    workflow: str,
    *,
    tuning: Mapping[str, Any] | None = None,
    tokens: int | None = None,
    seed: int = 0,
) -> Request:
    """Return the request of an RTL run; a token budget replaces the family's own."""
    from ...workflows.registry import find_family

    if workflow != "repair" and workflow not in GENERATORS:
        raise UsageError(f"--workflow {workflow!r}: choose one of {', '.join(GENERATORS)}")
    words = task.spec.strip().lstrip("# ").splitlines()
    request = Request(
        text=words[0][:TITLE] if words else f"repair {task.top}",
        today=datetime.now(UTC).date(),
        workflow=workflow,
        rtl=task,
        tuning=dict(tuning or {}),
        seed=seed,
    )
    if tokens is None:
        return request
    budget = find_family(workflow).spec().budget.model_copy(update={"tokens": tokens})
    return request.model_copy(update={"budget": budget})


async def generate_design(request: Request, choices: Choices, as_json: bool) -> int:
    """Run a generating family, show its report and return the exit code."""
    _, code = await _watched(request, choices, as_json)
    return code


async def repair_design(request: Request, choices: Choices, as_json: bool) -> int:
    """Run the family `repair`; a result that verifies is written down as a patch."""
    report, code = await _watched(request, choices, as_json)
    if report is not None and code == VERIFIED:
        out = (choices.out or Settings().out) / report.run_id
        patch = repair_patch(report, out)
        (out / PATCH).write_text(patch, "utf-8")
        if not as_json:
            console = Console()
            console.print(Text(patch), soft_wrap=True)
            console.print(Text(f"patch {(out / PATCH).absolute()}"), soft_wrap=True)
    return code


async def _watched(request: Request, choices: Choices, as_json: bool) -> tuple[Report | None, int]:
    console = Console(stderr=True)
    settings = Settings().model_copy(update={"detectors": None})
    if choices.model and not choices.replay:
        find_profile(choices.model, profiles())
    async with open_platform(settings, choices, console) as platform:
        seat = Seat(platform, choices, console, as_json)
        report = await seat.watch(request, new_run_id())
        return report, seat.show(report)


def repair_patch(report: Report, folder: Path) -> str:
    """Return the unified diff between the design that was given and the one that was accepted."""
    task, record = report.request.rtl, final_record(report)
    if task is None or task.start is None or record is None:
        return ""
    before = next(s.text for s in task.start.sources if s.name == task.target)
    after = read_code(record.outputs["design"], ArtifactStore(folder))
    lines = list(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            f"a/{task.target}",
            f"b/{task.target}",
        )
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
                   for line in lines)  # fmt: skip
