"""What is run in a sandbox: files, steps with limits, and how each step ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ..errors import UsageError

Mode = Literal["bubblewrap", "rlimits"]
Stop = Literal["wall", "cpu", "memory", "output", "lost"]
FILE_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_.-]+(?:/(?!-)[A-Za-z0-9_.-]+)*")


@dataclass(frozen=True)
class Limits:
    """Ceilings of one step: seconds of CPU and wall time, MB of memory and of any one file.

    `output_kb` is what may be printed; `processes` holds for unprivileged users only (the kernel
    exempts root). A step that reaches a ceiling is killed, and `Finished.stopped` says which.
    """

    cpu_s: float = 10.0
    wall_s: float = 20.0
    memory_mb: int = 2048
    file_mb: int = 32
    output_kb: int = 1024
    processes: int = 64


@dataclass(frozen=True)
class Step:
    """One program to run in the job's folder, or an argument to `call` the service with."""

    argv: tuple[str, ...] = ()
    call: str = ""
    limits: Limits = Limits()
    env: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Job:
    """Files by relative path, the steps that use them, and the files to bring back.

    The next step runs only when the one before ended with 0, unless `go_on`.
    """

    files: Mapping[str, str | bytes]
    steps: tuple[Step, ...]
    keep: tuple[str, ...] = ()
    go_on: bool = False

    def __post_init__(self) -> None:
        """Refuse names that could leave the job's folder or be read as an option."""
        for name in (*self.files, *self.keep):
            parts = name.split("/")
            if not FILE_NAME.fullmatch(name) or ".." in parts or "." in parts or len(name) > 200:
                raise UsageError(
                    f"file name {name!r} is not a plain relative path: use letters, digits, '_', "
                    "'.', '-' and '/', with no '..' and no leading '-'"
                )


@dataclass(frozen=True)
class Finished:
    """How a step ended; `stopped` names the ceiling that ended it, None when it ended by itself."""

    code: int
    signal: int
    stopped: Stop | None
    stdout: str
    stderr: str
    cpu_s: float
    wall_s: float
    peak_mb: float

    @property
    def ok(self) -> bool:
        """Return whether the program ended by itself with code 0."""
        return self.code == 0 and self.signal == 0 and self.stopped is None

    @property
    def crashed(self) -> bool:
        """Return whether the program was killed or stopped: its result says nothing."""
        return self.signal != 0 or self.stopped is not None


@dataclass(frozen=True)
class JobResult:
    """The steps that ran, the files brought back and how the job was fenced in."""

    steps: tuple[Finished, ...]
    files: Mapping[str, bytes]
    mode: Mode

    @property
    def last(self) -> Finished:
        """Return the last step that ran."""
        return self.steps[-1]
