"""Run a case in child processes, kill each with SIGKILL at a chosen event, and resume it.

Usage: python kill_driver.py FOLDER MODULE:FUNCTION
Writes one JSON object: the stages of the undisturbed run, its report, and what each kill led to.
Children are forked, so the imports are paid for once; the killed process is a real one. The parent
starts no loop and no thread of its own, which a forked child could not use.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
from terragate.tools.artifacts import sha256_file
from terragate.workflows.events import Event
from terragate.workflows.report import Report
from terragate.workflows.runtime import resume, run

KILLS_PER_STAGE = 3
RUN = "killed"


def main(folder: Path, case: str) -> dict[str, Any]:
    module, _, name = case.partition(":")
    build = getattr(import_module(module), name)
    calm = folder / "calm"
    calm.mkdir()
    build(calm)  # loads what all children need
    if in_child(partial(undisturbed, build, calm)) != 0:
        raise AssertionError("the undisturbed run broke")
    points = json.loads((calm / "points.json").read_text())
    kills = [one_kill(build, folder / f"kill-{at}", at, stage) for stage, at in points]
    report = Report.model_validate_json((calm / RUN / "report.json").read_text())
    return {"report": plain(report, calm), "calls": calls(calm), "kills": kills}


def undisturbed(build: Any, calm: Path) -> None:
    seen: list[Event] = []
    start(build, calm, seen.append)
    (calm / "points.json").write_text(json.dumps(kill_points(seen)))


def kill_points(seen: list[Event]) -> list[tuple[str, int]]:
    """Return (stage, event number): the first, a middle and the last event of every stage."""
    numbers: dict[str, list[int]] = {}
    for number, event in enumerate(seen, start=1):
        stage = event.record.stage if event.kind == "record_added" else getattr(event, "stage", "")
        if stage:
            numbers.setdefault(stage, []).append(number)
    return [
        (stage, at)
        for stage, found in numbers.items()
        for at in dict.fromkeys((found[0], found[len(found) // 2], found[-1]))
    ]


def one_kill(build: Any, out: Path, at: int, stage: str) -> dict[str, Any]:
    out.mkdir()
    status = in_child(partial(start, build, out, Killer(at)))
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    unfinished = not (out / RUN / "report.json").exists()
    resumed = in_child(partial(go_on, build, out))
    path = out / RUN / "report.json"
    report = Report.model_validate_json(path.read_text()) if resumed == 0 else None
    return {
        "stage": stage,
        "event": at,
        "killed": killed and unfinished,
        "calls": calls(out),
        "report": plain(report, out) if report else None,
    }


class Killer:
    """Kills its own process at the n-th event."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, event: Event) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def start(build: Any, out: Path, listen: Any) -> Report:
    request, platform = build(out)
    return anyio.run(partial(run, request, platform, run_id=RUN, listen=listen))


def go_on(build: Any, out: Path) -> Report:
    _, platform = build(out)
    return anyio.run(partial(resume, RUN, platform))


def in_child(work: Any) -> int:
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def plain(report: Report, out: Path) -> dict[str, Any]:
    """Return the report without times and places; the artifacts are read back from disk."""
    for ref in report.artifacts:
        if sha256_file(out / RUN / ref.path) != ref.sha256:
            raise AssertionError(f"artifact {ref.path!r} changed")
    raw = report.model_dump(mode="json")
    raw["usage"].pop("seconds")
    return raw


def calls(out: Path) -> int:
    log = out / "calls.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


if __name__ == "__main__":
    result = main(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(json.dumps(result))
