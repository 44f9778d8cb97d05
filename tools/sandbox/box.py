"""One long-lived sandbox: a worker process behind bubblewrap, or with resource limits alone.

Starting a sandbox costs more than compiling a small design, so one serves many jobs, one at a time.
Behind bubblewrap a step sees /usr, the Python installation and its job's folder, no network and no
other process. In both modes the worker fences itself in as far as the kernel lets it (`fences` says
how: `confine.py`). With resource limits and nothing else a step can do what this user can.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import select
import shutil
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any, Final

from ..errors import ToolUnavailable
from .folder import read_files, remove, write_files
from .job import Finished, Job, JobResult, Mode, Step

WORKER: Final = Path(__file__).with_name("worker.py")
CONFINE: Final = Path(__file__).with_name("confine.py")
INSIDE: Final = "/job"
SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
PROGRAMS: Final = ("iverilog", "vvp", "yosys", "verilator", "sta")
START_S: Final = 60.0
GRACE_S: Final = 5.0
LINE_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 1 << 16
SHARED_MEMORY: Final = Path("/dev/shm")
ENOUGH_BYTES: Final = 4 << 30


class Sandbox:
    """A worker that runs one job at a time; it is started on first use and after it was lost.

    `service` is a Python file of ours that is loaded once, with slow imports, and called by steps.
    """

    def __init__(self, mode: Mode | None = None, *, service: Path | None = None) -> None:
        self.mode: Mode = mode or ("bubblewrap" if bubblewrap_works() else "rlimits")
        self._service = service
        self._root = Path(tempfile.mkdtemp(prefix="terragate-", dir=_place()))
        self._worker: subprocess.Popen[bytes] | None = None
        self._fences: tuple[str, ...] = ()

    def run(self, job: Job) -> JobResult:
        """Run a job and bring back its files; ToolUnavailable when no worker can be started."""
        # A name that no job before this one can have put something at.
        folder = self._root / f"j{secrets.token_hex(8)}"
        try:
            write_files(folder, job.files)
            steps = tuple(self._steps(folder.name, job))
            return JobResult(steps, dict(read_files(folder, job.keep)), self.mode)
        finally:
            for left in self._root.iterdir() if self._root.is_dir() else ():
                remove(left)

    @property
    def fences(self) -> tuple[str, ...]:
        """Return what the kernel granted beside the mode, of "seccomp", "landlock", "signals"."""
        self._ready()
        return self._fences

    def close(self) -> None:
        """End the worker and remove its folder."""
        self._stop()
        remove(self._root)

    def _steps(self, folder: str, job: Job) -> Iterator[Finished]:
        worker = self._ready()
        request = {"folder": folder, "steps": [_plain(s) for s in job.steps], "go_on": job.go_on}
        deadline = time.monotonic() + sum(s.limits.wall_s for s in job.steps) + GRACE_S
        try:
            _stdin(worker).write(json.dumps(request).encode() + b"\n")
            _stdin(worker).flush()
            line, texts = _line(_stdout(worker), deadline)
            answer = json.loads(line)
            missing = sum(sum(report["sizes"]) for report in answer["steps"]) - len(texts)
            if missing < 0:
                raise ValueError("the sandbox gave more than it said")
            rest = io.BytesIO(texts + _exactly(_stdout(worker), missing, deadline))
            for report in answer["steps"]:
                out, err = (rest.read(size) for size in report.pop("sizes"))
                yield Finished(
                    **report, stdout=out.decode("utf-8", "replace"),
                    stderr=err.decode("utf-8", "replace"),
                )  # fmt: skip
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            # What a job did to its worker says nothing about the design: it is a lost step.
            self._stop()
            yield Finished(0, 9, "lost", "", "the sandbox was lost", 0.0, 0.0, 0.0)

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._worker is not None and self._worker.poll() is None:
            return self._worker
        self._stop()
        self._root.mkdir(exist_ok=True)
        root = INSIDE if self.mode == "bubblewrap" else str(self._root)
        command = [str(Path(sys.executable).absolute()), "-I", "-S", str(WORKER), root]
        if self._service is not None:
            command += [str(self._service), *site.getsitepackages()]
        if self.mode == "bubblewrap":
            command = [*_fence(self._root, WORKER, CONFINE, self._service), *command]
        started = _starter().submit(_start, command, self._root, self._environment())
        self._worker = started.result()
        try:
            ready = json.loads(_line(_stdout(self._worker), time.monotonic() + START_S)[0])
            self._fences = tuple(ready["fences"])
        except (OSError, ValueError, TimeoutError) as error:
            self._worker.kill()
            _, said = self._worker.communicate()
            self._worker = None
            text = said.decode("utf-8", "replace").strip()[-300:]
            raise ToolUnavailable(
                f"the {self.mode} sandbox did not start ({text or error}): see 'terragate doctor'"
            ) from error
        return self._worker

    def _environment(self) -> dict[str, str]:
        found = {"PATH": "/usr/bin:/bin", "TERRAGATE_SANDBOX": self.mode}
        if self.mode == "rlimits":
            found["TERRAGATE_VISIBLE"] = os.pathsep.join(_visible())
        return found

    def _stop(self) -> None:
        if self._worker is not None:
            with contextlib.suppress(OSError):
                self._worker.kill()
            for stream in (self._worker.stdin, self._worker.stdout, self._worker.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._worker.wait()
            self._worker = None


def _place() -> str | None:
    """Return the folder for small short-lived files: memory where there is plenty.

    On a disk the same jobs take a tenth longer. What a job may write has a ceiling either way.
    """
    if "TMPDIR" in os.environ:
        return None
    try:
        roomy = shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH_BYTES
    except OSError:
        return None
    return str(SHARED_MEMORY) if roomy and os.access(SHARED_MEMORY, os.W_OK) else None


@cache
def _starter() -> ThreadPoolExecutor:
    # A worker dies with the thread that started it (PR_SET_PDEATHSIG), so that thread stays.
    return ThreadPoolExecutor(1, thread_name_prefix="sandbox")


def _start(
    command: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


@cache
def bubblewrap_works() -> bool:
    """Return whether bubblewrap is installed and this user may make namespaces with it."""
    if shutil.which("bwrap") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [*_fence(Path(folder), None), "/bin/true"],
                capture_output=True,
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


def _fence(root: Path, *files: Path | None) -> list[str]:
    """Return the bubblewrap command that shows nothing but programs and the job folder."""
    fence = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for path in _visible():
        here = Path(path)
        if here.is_symlink():
            fence += ["--symlink", str(here.readlink()), path]
        elif here.exists():
            fence += ["--ro-bind", path, path]
    fence += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp"]
    for file in files:
        if file is not None:
            fence += ["--ro-bind", str(file), str(file)]
    # What is not a job's folder would be memory without a ceiling, and outlive the job.
    fence += ["--bind", str(root), INSIDE, "--remount-ro", "/dev", "--remount-ro", "/"]
    return [*fence, "--chdir", INSIDE]


@cache
def _visible() -> tuple[str, ...]:
    """Return the folders that hold the programs and the Python that runs the worker."""
    found = [*SYSTEM, sys.base_prefix, sys.prefix]
    for name in PROGRAMS:
        if program := shutil.which(name):
            found += _installation(Path(program).resolve().parent.parent)
    paths = dict.fromkeys(found)
    return tuple(p for p in paths if not any(p != q and Path(q) in Path(p).parents for q in paths))


def _installation(prefix: Path) -> list[str]:
    """Return the folders of a program's installation, and no more than those of a home folder."""
    home = Path.home()
    if prefix != home and prefix not in home.parents and prefix != home / ".local":
        return [str(prefix)]
    shares = [f"share/{name}" for name in ("yosys", "verilator")]
    return [str(prefix / name) for name in ("bin", "lib", "libexec", *shares)]


@lru_cache(maxsize=64)
def _program(name: str) -> str:
    return shutil.which(name) or name


def _plain(step: Step) -> dict[str, Any]:
    argv = [_program(step.argv[0]), *step.argv[1:]] if step.argv else []
    return {"argv": argv, "call": step.call, "env": dict(step.env), **asdict(step.limits)}


def _line(stream: IO[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Return the answer's first line, and what was read beyond it."""
    found = bytearray()
    while b"\n" not in found:
        found += _some(stream, CHUNK_BYTES, deadline)
        if len(found) > LINE_BYTES:
            raise ValueError("the sandbox gave an endless answer")
    line, _, rest = bytes(found).partition(b"\n")
    return line, rest


def _exactly(stream: IO[bytes], size: int, deadline: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        found += _some(stream, size - len(found), deadline)
    return bytes(found)


def _some(stream: IO[bytes], most: int, deadline: float) -> bytes:
    left = max(0.0, deadline - time.monotonic())
    if not select.select([stream], [], [], left)[0]:
        raise TimeoutError("the sandbox did not answer in time")
    data = os.read(stream.fileno(), most)
    if not data:
        raise ValueError("the sandbox has ended")
    return data


def _stdin(worker: subprocess.Popen[bytes]) -> IO[bytes]:
    assert worker.stdin is not None
    return worker.stdin


def _stdout(worker: subprocess.Popen[bytes]) -> IO[bytes]:
    assert worker.stdout is not None
    return worker.stdout
