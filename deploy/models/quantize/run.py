"""Start the worker process in the environment of llm-compressor and listen to it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from ....tools.errors import InfrastructureError, UsageError
from ...serving.process import log_tail, server_environment
from .job import Job, Line

Progress = Callable[[str], None]

_LAUNCHER = Path(__file__).with_name("launch.py")
_TAIL_LINES = 12
_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that spin at barriers made this 17 times slower on two cores that others used too.
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONSAFEPATH": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def run_worker(python: Path, job: Job, log: Path, progress: Progress) -> None:
    """Do one job in a process of its own; its error, if any, is raised here as ours.

    The worker ends when its input does, so it never outlives this process.
    """
    with log.open("ab") as errors:
        worker = subprocess.Popen(
            [str(python), "-P", str(_LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=log.parent,
            env=server_environment(os.environ, _ENVIRONMENT),
            encoding="utf-8",
        )
    with worker:
        try:
            said = _listen(worker, job, progress)
        except BaseException:
            worker.kill()
            raise
    if worker.returncode == 0:
        return
    if said is not None and said.kind == "usage":
        raise UsageError(said.text)
    if said is not None and said.kind == "infrastructure":
        raise InfrastructureError(said.text)
    raise _died(worker.returncode, log)


def _listen(worker: subprocess.Popen[str], job: Job, progress: Progress) -> Line | None:
    """Return the last line that the worker said."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(job.model_dump_json() + "\n")
        worker.stdin.flush()
    except BrokenPipeError:
        # It ended without listening; closing tries once more to write what was not read.
        with suppress(BrokenPipeError):
            worker.stdin.close()
    last: Line | None = None
    for text in worker.stdout:
        try:
            last = Line.model_validate_json(text)
        except ValidationError:
            continue
        if last.kind == "progress":
            progress(last.text)
    return last


def _died(code: int, log: Path) -> InfrastructureError:
    if code == -signal.SIGKILL:
        return InfrastructureError(
            "the quantiser was killed, as the system does when memory runs out: stop other "
            "programs or use a larger machine, then start again"
        )
    tail = "\n".join(log_tail(log, _TAIL_LINES))
    return InfrastructureError(
        f"the quantiser stopped with exit code {code}. Its log ends:\n{tail}\n"
        "'make quantize-install' mends a broken environment"
    )
