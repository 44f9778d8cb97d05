"""What lies outside a sandbox in its tests: a tree with a secret, listeners, another process.

`changes` says what an attack did to it. The secret is a hexadecimal number, so that `$readmemh` can
read it and every radix it may be printed in can be looked for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import pytest
from terragate.tools.sandbox import box

from .canary import Canary

SECRET = "5ec2e7c0de15a5ec"
SPELLINGS = tuple(
    text.encode()
    for text in (
        SECRET,
        SECRET.upper(),
        SECRET.encode().hex(),
        f"{int(SECRET, 16):b}",
        str(int(SECRET, 16)),
    )  # fmt: skip
)

UNAIDED = """
def _filter_calls(): return False
def restrict(*_): return []
"""


def take_away_help(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let sandboxes that start from now on run as on a kernel without seccomp and Landlock."""
    confine, worker = folder / "confine.py", folder / "worker.py"
    confine.write_text(box.CONFINE.read_text() + UNAIDED)
    worker.write_text(box.WORKER.read_text())
    patch.setattr(box, "CONFINE", confine)
    patch.setattr(box, "WORKER", worker)


class Outside:
    """Use as a context manager; `token` is in the name of every file that an attack tries to write.

    `folder` holds secret.txt, a FIFO and a socket; `pid` is a process with the secret in its
    environment and its command line; `abstract` is an abstract socket's name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = f"owned{secrets.token_hex(6)}"
        self.secret = folder / "secret.txt"
        self.abstract = f"terragate-{secrets.token_hex(6)}"
        self.hits = 0
        self._canary = Canary()

    def __enter__(self) -> Self:
        self.secret.write_text(f"{SECRET}\n")
        (self.folder / "secret.v").write_text(f"wire [63:0] s = 64'h{SECRET};\n")
        os.mkfifo(self.folder / "fifo")
        self._canary.__enter__()
        self._sockets = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2)]
        for listener, address in zip(
            self._sockets, (f"\0{self.abstract}", str(self.folder / "socket")), strict=True
        ):
            listener.bind(address)
            listener.listen()
            listener.setblocking(False)
        self._process = subprocess.Popen(
            ["sh", "-c", "sleep 600; true", SECRET], env={"SECRET": SECRET}, start_new_session=True
        )
        self.pid = self._process.pid
        self.port = self._canary.port
        self._before = self._tree()
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.pid, 9)
        self._process.wait()
        for listener in self._sockets:
            listener.close()
        self._canary.__exit__()

    def changes(self) -> list[str]:
        """Return what was touched since the last call, and accept it."""
        after = self._tree()
        found = [str(path) for path, what in after.items() if self._before.get(path) != what]
        found += [str(path) for path in self._before if path not in after]
        self._before = after
        for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", Path.home(), "."):
            for path in Path(place).glob(f"*{self.token}*"):
                path.unlink()
                found.append(str(path))
        if self._canary.hits > self.hits:
            found.append(f"TCP: {self._canary.seen[-1]!r}")
        self.hits = self._canary.hits
        return found + [name for each, name in zip(self._sockets, "ap", strict=True) if _met(each)]

    def mend(self) -> None:
        """Write the secret again, where an attack that may succeed has."""
        self.secret.unlink(missing_ok=True)
        self.secret.write_text(f"{SECRET}\n")
        self.changes()

    def _tree(self) -> dict[Path, tuple[int, int, str]]:
        found: dict[Path, tuple[int, int, str]] = {}
        for path in self.folder.rglob("*"):
            known = path.lstat()
            text = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[path] = (known.st_mode, known.st_nlink, hashlib.sha256(text).hexdigest())
        return found


def _met(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def tells(*texts: str | bytes) -> bool:
    """Return whether the secret stands in any of the texts, in any radix."""
    joined = b"\n".join(t.encode() if isinstance(t, str) else t for t in texts)
    return any(spelling in joined for spelling in SPELLINGS)
