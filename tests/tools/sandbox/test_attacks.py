"""Native code inside a sandbox that tries to get out, stay behind, or spoil what comes after it.

No Verilog gets this far unless a tool has a hole: here the hole is given. What the fence without
any help of the kernel cannot keep out stands in HOLES, as it does in docs/design/sandbox.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from terragate.tests.support.eda import needs_bubblewrap
from terragate.tests.support.outside import Outside, take_away_help, tells
from terragate.tools.sandbox import Job, Limits, Sandbox, Step, box, confine

LIMITS = Limits(cpu_s=1, wall_s=1.5, memory_mb=512, file_mb=1, output_kb=64)
PRELUDE = """
import ctypes, os, resource, signal, socket, subprocess, sys, time
OUT, TOKEN, PORT, ABSTRACT, OTHER, PID = sys.argv[1:]
LIBC, WORKER = ctypes.CDLL(None, use_errno=True), os.getppid()
def broken(): print("BROKEN", flush=True)
def call(done):
    if done != 0: raise OSError(ctypes.get_errno(), "refused")
"""
ATTACKS = {
    "reads a file outside": "print(open(OUT + '/secret.txt').read()); broken()",
    "lists a folder outside": "os.listdir(OUT); broken()",
    "learns that a file outside exists": "os.stat(OUT + '/secret.txt'); broken()",
    "reads the job of another sandbox": "print(open(OTHER).read()); broken()",
    "writes a file outside": "open(OUT + '/' + TOKEN, 'w').write('x'); broken()",
    "changes a file outside": "open(OUT + '/secret.txt', 'a').write('x'); broken()",
    "empties a file outside": "os.truncate(OUT + '/secret.txt', 0); broken()",
    "deletes a file outside": "os.unlink(OUT + '/secret.txt'); broken()",
    "renames a file into the job": "os.rename(OUT + '/secret.txt', 'kept'); broken()",
    "changes a mode outside": (
        "os.chmod(OUT + '/secret.txt', 0o666)\n"
        "if os.stat(OUT + '/secret.txt').st_mode & 0o777 == 0o666: broken()"
    ),
    "writes through a link": (
        "os.symlink(OUT, 'sub'); open('sub/' + TOKEN, 'w').write('x'); broken()"
    ),
    "writes beside its folder": (
        "for place in ('../', '../../', '/'):\n"
        "    try: open(place + TOKEN, 'w').write('x'); broken()\n"
        "    except OSError: pass"
    ),
    "fills /tmp": (
        "for n in range(100): open(f'/tmp/{TOKEN}{n}', 'wb').write(bytes(1 << 20)); broken()"
    ),
    "fills shared memory": (
        "for n in range(9): open(f'/dev/shm/{TOKEN}{n}', 'wb').write(bytes(1 << 20)); broken()"
    ),
    "reads a device": "open('/dev/vda', 'rb').read(1); broken()",
    "makes a device": "os.mknod('disk', 0o60666, os.makedev(8, 0)); open('disk', 'rb'); broken()",
    "asks the kernel for settings": "os.open('/proc/sys/vm/swappiness', os.O_WRONLY); broken()",
    "reads another's environment": "print(open(f'/proc/{PID}/environ').read()); broken()",
    "reads another's command line": "print(open(f'/proc/{PID}/cmdline').read()); broken()",
    "reads its worker's environment": "print(open(f'/proc/{WORKER}/environ').read()); broken()",
    "connects by TCP": (
        "s = socket.create_connection(('127.0.0.1', int(PORT)), 1); s.send(b'out'); broken()"
    ),
    "listens by TCP": "socket.create_server(('127.0.0.1', 0)); broken()",
    "sends by UDP": (
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.sendto(b'out', ('127.0.0.1', int(PORT))); broken()"
    ),
    "connects to an abstract socket": (
        "s = socket.socket(socket.AF_UNIX); s.connect(chr(0) + ABSTRACT); broken()"
    ),
    "connects to a socket's path": (
        "s = socket.socket(socket.AF_UNIX); s.connect(OUT + '/socket'); broken()"
    ),
    "leaves System V memory": "call(min(LIBC.shmget(0x5ec2e7, 4096, 0o1666), 0)); broken()",
    "kills its worker": "os.kill(WORKER, signal.SIGKILL); broken()",
    "stops its worker": "os.kill(WORKER, signal.SIGSTOP); broken()",
    "kills a process outside": "os.kill(int(PID), 0); broken()",
    "traces its worker": "call(LIBC.ptrace(16, WORKER, 0, 0)); broken()",
    "writes its worker's memory": "open(f'/proc/{WORKER}/mem', 'r+b'); broken()",
    "answers in its worker's place": (
        "for n in range(20):\n"
        "    try: f = open(f'/proc/{WORKER}/fd/{n}', 'w')\n"
        "    except OSError: continue\n"
        "    f.write('{\"steps\": [{\"code\": 0}]}' + chr(10)); f.flush(); broken()"
    ),
    "lifts its own limits": (
        "resource.setrlimit(resource.RLIMIT_CPU, (90, 90))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)); broken()"
    ),
    "makes a namespace": "call(LIBC.unshare(0x10000000)); broken()",
    "mounts": "call(LIBC.mount(b'/', b'.', None, 4096, None)); broken()",
    "runs what it wrote": (
        "open('own', 'w').write('#!/bin/sh' + chr(10)); os.chmod('own', 0o755)\n"
        "subprocess.run(['./own'], check=True); broken()"
    ),
    "replaces its folder by a link": (
        "here = os.getcwd(); os.rename(here, here + 'x'); os.symlink(OUT, here); broken()"
    ),
    "links the kept file": "os.symlink(OUT + '/secret.txt', 'kept'); os._exit(0)",
    "links the kept file hard": "os.link(OUT + '/secret.txt', 'kept'); broken()",
    "links to itself": "os.symlink('kept', 'kept'); os._exit(0)",
    "leaves a folder for the kept file": "os.mkdir('kept'); os._exit(0)",
    "leaves a pipe for the kept file": "os.mkfifo('kept'); broken()",
    "keeps another's file by a folder that is a link": "os.symlink(OUT, 'sub'); os._exit(0)",
    "leaves a daemon": (
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.5); open('late', 'w'); time.sleep(60)\n"
        "    os._exit(0)"
    ),
    "leaves two hundred daemons": (
        "for n in range(200):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid(); time.sleep(60); os._exit(0)"
    ),
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "ignores signals": (
        "for n in range(1, 65):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True: pass"
    ),
    "floods both outputs": (
        "while True: os.write(1, b'x' * 4096); os.write(2, b'y' * 4096)"
    ),
    "writes many files": (
        "while True:\n"
        "    open(f'f{time.monotonic_ns()}', 'w').write('x')"
    ),
    "writes many large files": (
        "n = 0\n"
        "while True:\n"
        "    n += 1; open(f'f{n}', 'wb').write(bytes((1 << 20) - 1))"
    ),
    "digs deep": (
        "for n in range(3000): os.mkdir('d' * 100); os.chdir('d' * 100)"
    ),
    "closes a folder": "os.makedirs('a/b'); os.mkdir('a/c', 0); os.chmod('a', 0)",
}  # fmt: skip
ANYTHING_OF_THE_USER = {
    "reads a file outside", "lists a folder outside", "learns that a file outside exists",
    "reads the job of another sandbox", "writes a file outside", "changes a file outside",
    "empties a file outside", "deletes a file outside", "renames a file into the job",
    "changes a mode outside", "writes through a link", "writes beside its folder", "fills /tmp",
    "fills shared memory", "reads another's command line", "connects by TCP", "listens by TCP",
    "sends by UDP", "connects to an abstract socket", "connects to a socket's path",
    "leaves System V memory", "kills its worker", "stops its worker", "kills a process outside",
    "makes a namespace", "runs what it wrote", "replaces its folder by a link",
    "links the kept file hard", "leaves a pipe for the kept file",
    "reads another's environment", "asks the kernel for settings",
}  # fmt: skip
# Which of them succeed depends on the user, the kernel's settings and where files lie.
DEPENDS = {
    "makes a namespace", "leaves a pipe for the kept file", "stops its worker",
    "reads another's environment", "asks the kernel for settings", "changes a mode outside",
    "renames a file into the job", "links the kept file hard", "fills shared memory",
}  # fmt: skip
LIMITED = {
    "stops itself", "ignores signals", "floods both outputs", "writes many files",
    "writes many large files", "digs deep", "stops its worker",
}  # fmt: skip
BEFORE_LINUX_6_12 = {"kills its worker", "stops its worker", "kills a process outside"}
HOLES = {
    "bubblewrap": set[str](),
    "rlimits": {"learns that a file outside exists"},
    "unaided": ANYTHING_OF_THE_USER,
}
KEPT = ("kept", "sub/secret.txt")


@dataclass
class Fence:
    """A sandbox, the name of its fence, what lies outside, and what an empty job takes."""

    name: str
    box: Sandbox
    outside: Outside
    neighbour: Sandbox
    slack_s: float

    def attack(self, script: str, *, keep: tuple[str, ...] = KEPT):
        program = (
            sys.executable, "-I", "-S", "-c", PRELUDE + script, str(self.outside.folder),
            self.outside.token, str(self.outside.port), self.outside.abstract,
            str(self.neighbour._root / "job" / "secret"), str(self.outside.pid),
        )  # fmt: skip
        return self.box.run(Job({"own.txt": "own"}, (Step(program, limits=LIMITS),), keep))


@pytest.fixture(
    scope="module",
    params=[pytest.param("bubblewrap", marks=needs_bubblewrap), "rlimits", "unaided"],
)
def fence(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fence]:
    name: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        if name == "unaided":
            take_away_help(patch, tmp_path_factory.mktemp("stub"))
            patch.setattr(box, "GRACE_S", 1.0)
        mode = "bubblewrap" if name == "bubblewrap" else "rlimits"
        one, other = Sandbox(mode), Sandbox("rlimits")
        (other._root / "job").mkdir()
        with Outside(tmp_path_factory.mktemp("outside")) as outside:
            (other._root / "job" / "secret").write_text(outside.secret.read_text())
            if "landlock" not in one.fences and name == "rlimits":
                pytest.skip("this kernel has no Landlock: it is the unaided fence")
            started = time.monotonic()
            one.run(Job({}, (Step(("true",)),)))
            yield Fence(name, one, outside, other, time.monotonic() - started)
            one.close()
            other.close()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_nothing(fence: Fence, name: str) -> None:
    allowed = name in HOLES[fence.name]
    if "signals" not in fence.box.fences:
        allowed |= name in BEFORE_LINUX_6_12
    if fence.name == "unaided" and name in LIMITED:
        pytest.skip("the limits are those of the other modes")
    started = time.monotonic()
    result = fence.attack(ATTACKS[name])
    elapsed = time.monotonic() - started
    changed = fence.outside.changes()
    fence.outside.mend()
    step = result.last
    if not allowed:
        assert "BROKEN" not in step.stdout
        assert not tells(step.stdout, step.stderr, *result.files.values())
        assert step.wall_s < LIMITS.wall_s + 1 + 2 * fence.slack_s
        assert elapsed < LIMITS.wall_s + 2 + 5 * fence.slack_s
        assert changed == []
        assert step.stopped != "lost"
        assert result.files == {}
    assert len(step.stdout) <= LIMITS.output_kb << 10
    assert _left(fence) == []


def test_the_holes_are_real(fence: Fence) -> None:
    """What is said not to be kept out is not: the table would be too long otherwise."""
    for name in sorted(HOLES[fence.name] - DEPENDS):
        found = fence.attack(ATTACKS[name]).last
        fence.outside.mend()
        assert "BROKEN" in found.stdout or found.stopped == "lost", f"{name}: {found.stderr}"


def test_a_step_cannot_touch_what_the_next_one_finds(fence: Fence) -> None:
    script = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(0.2); open('image', 'w').write('forged')\n    os._exit(0)"
    )
    steps = (
        Step((sys.executable, "-I", "-S", "-c", script), limits=LIMITS),
        Step(("sh", "-c", "sleep 0.5; cat image"), limits=LIMITS),
    )
    assert fence.box.run(Job({"image": "true"}, steps)).last.stdout == "true"


def test_the_page_on_the_sandbox_lists_the_holes() -> None:
    page = Path(__file__).parents[3] / "docs" / "design" / "sandbox.md"
    text = " ".join(page.read_text().split())
    assert [name for names in HOLES.values() for name in names if name not in text] == []


@pytest.mark.parametrize("machine", sorted(confine.MACHINES))
def test_the_filter_is_a_program_of_whole_instructions(machine: str) -> None:
    code = confine._program(*confine.MACHINES[machine])
    assert len(code) % 8 == 0
    assert 100 < len(code) // 8 < 4096


def test_folders_outside_are_only_those_of_programs() -> None:
    home = Path.home()
    assert str(home) not in box._installation(home)
    assert all(Path(p).parent != home.parent for p in box._installation(home / ".local"))
    assert box._installation(Path("/opt/suite")) == ["/opt/suite"]


def _left(fence: Fence) -> list[str]:
    """Return the processes and files that the attack has left."""
    worker = fence.box._worker
    family = psutil.Process(worker.pid).children(recursive=True) if worker else []
    # bubblewrap itself is two processes around the worker.
    running = [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    most = 2 if fence.name == "bubblewrap" else 0
    names = [str(p) for p in running] if len(running) > most else []
    return names + [str(path) for path in fence.box._root.iterdir()]
