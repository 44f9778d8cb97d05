"""The process inside a sandbox: runs steps one after another, each in a limited child.

Runs by path with nothing but the standard library (`python -I -S worker.py`), because start-up is
the cost it saves. It reads one JSON line per job and answers with one JSON line followed by the
bytes that the steps printed:

    {"folder": "j1", "steps": [{"argv": [...], "wall_s": 10, ...}], "go_on": false}
    {"steps": [{"code": 0, "signal": 0, "stopped": null, "sizes": [12, 0], ...}]}

What a step prints goes to anonymous memory that no path leads to, so nothing in a job can rewrite
it. `confine.py` beside this file fences the worker in, and each step once more, to its own folder.
A step with `call` instead of `argv` is given to the service, a Python file that was loaded at
start with its slow imports: its function `call(argument)` runs in a fork, limited as a program is.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

CHILD = {signal.SIGCHLD}
MB = 1 << 20
DEVICES = ("/dev/null",)
LOOK_S = 0.25
ENTRIES = 4096
SWEEP_S = 1.0


def main(root: str, service: str = "", *modules: str) -> None:
    """Serve jobs until the input ends; `modules` are folders the service may import from."""
    signal.pthread_sigmask(signal.SIG_BLOCK, CHILD)
    sys.path += modules
    call = _load(Path(service)).call if service else None
    confine = _load(Path(__file__).with_name("confine.py"))
    answers = os.fdopen(os.dup(1), "wb")
    _silence()
    family = _family()
    fences = confine.harden()
    visible = os.environ.pop("TERRAGATE_VISIBLE", "/").split(os.pathsep)
    fences += confine.restrict(visible, [root], DEVICES)
    answers.write(json.dumps({"fences": fences}).encode() + b"\n")
    answers.flush()
    for line in sys.stdin.buffer:
        job = json.loads(line)
        reports: list[dict[str, Any]] = []
        printed: list[bytes] = []
        for step in job["steps"]:
            report, texts = _run(Path(root, job["folder"]), step, call, confine)
            _sweep(family)
            reports.append(report)
            printed += texts
            if not job["go_on"] and (report["code"] or report["stopped"]):
                break
        answers.write(json.dumps({"steps": reports}).encode() + b"\n" + b"".join(printed))
        answers.flush()


def _load(file: Path) -> Any:
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _family() -> int:
    """Return a handle on the list of this process's children, -1 where the kernel keeps none."""
    try:
        return os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)
    except OSError:
        return -1


def _silence() -> None:
    # Children inherit neither the job's input nor the answers.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)


def _run(
    folder: Path, step: dict[str, Any], call: Any, confine: Any
) -> tuple[dict[str, Any], list[bytes]]:
    out, err = (os.memfd_create(name, 0) for name in ("out", "err"))
    started = time.monotonic()
    worker, child = os.getpid(), os.fork()
    if child == 0:
        confine.end_with_parent(worker)
        _child(folder, step, call, (out, err), confine)
    room = (4 * step["file_mb"] + 64) * MB
    stopped = _wait(child, started + step["wall_s"], folder, int(room))
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    report: dict[str, Any] = {
        "code": os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 0,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.monotonic() - started,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    texts = [_text(handle, step["output_kb"] * 1024) for handle in (out, err)]
    report["stopped"] = stopped or _reason(report, step, texts)
    report["sizes"] = [len(text) for text in texts]
    return report, texts


def _wait(child: int, deadline: float, folder: Path, room: int) -> str | None:
    """Wait until the child has ended; say why when it had to be left running."""
    look = time.monotonic() + LOOK_S
    while True:
        # WNOWAIT leaves the child to wait4, which tells what it used.
        done = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if done is not None:
            return None
        now = time.monotonic()
        if now >= deadline:
            return "wall"
        if now >= look:
            if _full(folder, room):
                return "output"
            look = time.monotonic() + LOOK_S
        signal.sigtimedwait(CHILD, max(0.0, min(deadline, look) - now))


def _full(folder: Path, room: int) -> bool:
    """Return whether a folder holds more than `room` bytes, too many files, or hides some."""
    entries, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    room -= entry.stat(follow_symlinks=False).st_blocks * 512
                    if entries > ENTRIES or room < 0:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return False


def _reason(report: dict[str, Any], step: dict[str, Any], texts: list[bytes]) -> str | None:
    number = report["signal"] or max(report["code"] - 128, 0)
    if number in (signal.SIGXCPU, signal.SIGKILL) and report["cpu_s"] > step["cpu_s"] - 0.5:
        return "cpu"
    if number == signal.SIGXFSZ or sum(map(len, texts)) >= step["output_kb"] * 1024:
        return "output"
    said = texts[1][-4096:]
    if number in (signal.SIGABRT, signal.SIGSEGV) or (report["code"] and b"bad_alloc" in said):
        return "memory" if report["peak_mb"] > step["memory_mb"] / 8 or b"alloc" in said else None
    return None


def _text(handle: int, limit: int) -> bytes:
    size = min(os.fstat(handle).st_size, limit)
    text = os.pread(handle, size, 0)
    os.close(handle)
    return text


def _child(
    folder: Path, step: dict[str, Any], call: Any, handles: tuple[int, int], confine: Any
) -> None:
    try:
        os.setsid()
        os.chdir(folder)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILD)
        # Python ignores these, and a program inherits it: then a flood would run on.
        for number in (signal.SIGXFSZ, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in zip((null, *handles), range(3), strict=True):
            os.dup2(source, target)
        os.closerange(3, 256)
        _limit(step)
        os.environ["TMPDIR"] = str(folder)
        confine.restrict(["/"], [str(folder)], DEVICES)
        if step["argv"]:
            own = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)}
            os.execve(step["argv"][0], step["argv"], {**own, **step["env"]})
        call(step["call"])
        sys.stdout.flush()
        os._exit(0)
    except OSError as error:
        os.write(2, f"cannot start: {error}\n".encode())
        os._exit(127 if error.errno == errno.ENOENT else 126)
    except BaseException as error:  # noqa: BLE001 - a child never returns to the worker's loop
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(125)


def _limit(step: dict[str, Any]) -> None:
    cpu = max(1, int(step["cpu_s"] + 0.999))
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_AS, int(step["memory_mb"] * MB), None),
        (resource.RLIMIT_FSIZE, int(max(step["file_mb"] * MB, step["output_kb"] * 1024)), None),
        (resource.RLIMIT_NPROC, step["processes"], None),
        (resource.RLIMIT_NOFILE, 256, None),
        (resource.RLIMIT_CORE, 0, None),
    ):
        most = resource.getrlimit(kind)[1]
        ceiling = soft if hard is None else hard
        if most != resource.RLIM_INFINITY:
            ceiling = min(ceiling, most)
        resource.setrlimit(kind, (min(soft, ceiling), ceiling))


def _sweep(family: int) -> None:
    """Kill what a step left behind: orphans are children of this process, whoever began them."""
    end = time.monotonic() + SWEEP_S
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        left = [int(pid) for pid in os.pread(family, 1 << 16, 0).split()] if family >= 0 else []
        if os.environ.get("TERRAGATE_SANDBOX") == "bubblewrap":
            left.append(-1)  # In a process namespace of our own that is everybody else.
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > end:
            os._exit(1)
        time.sleep(0.001)


if __name__ == "__main__":
    main(*sys.argv[1:])
