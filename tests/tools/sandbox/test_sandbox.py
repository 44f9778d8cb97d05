"""Programs run in a private folder under limits, whichever fence there is."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from terragate.tests.support.eda import needs_bubblewrap
from terragate.tools.errors import ToolUnavailable, UsageError
from terragate.tools.sandbox import Job, Limits, Mode, Sandbox, SandboxPool, Step

FENCES = [
    pytest.param("bubblewrap", marks=needs_bubblewrap),
    "rlimits",
]
QUICK = Limits(cpu_s=1, wall_s=2, memory_mb=256, file_mb=1, output_kb=64)


@pytest.fixture(scope="module", params=FENCES)
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    mode: Mode = request.param
    sandbox = Sandbox(mode)
    yield sandbox
    sandbox.close()


def shell(script: str, limits: Limits = QUICK, **env: str) -> Step:
    return Step(("sh", "-c", script), limits=limits, env=env)


def test_steps_share_a_folder_and_bring_files_back(box: Sandbox) -> None:
    job = Job(
        {"in/a.txt": "one\n"},
        (shell("cat in/a.txt > b.txt; echo two"), shell("cat b.txt >&2; exit 3")),
        keep=("b.txt", "missing.txt"),
    )
    result = box.run(job)
    assert [step.code for step in result.steps] == [0, 3]
    assert (result.steps[0].stdout, result.last.stderr) == ("two\n", "one\n")
    assert dict(result.files) == {"b.txt": b"one\n"}
    assert result.mode == box.mode


def test_a_failed_step_ends_the_job_unless_told_to_go_on(box: Sandbox) -> None:
    steps = (shell("exit 1"), shell("echo after"))
    assert len(box.run(Job({}, steps)).steps) == 1
    assert box.run(Job({}, steps, go_on=True)).last.stdout == "after\n"


def test_nothing_of_one_job_is_left_for_the_next(box: Sandbox) -> None:
    box.run(Job({}, (shell("echo secret > left.txt; echo secret > /tmp/left.txt; true"),)))
    found = box.run(Job({}, (shell("ls; cat left.txt ../*/left.txt"),)))
    assert "secret" not in found.last.stdout


@pytest.mark.parametrize(
    ("script", "stopped"),
    [
        ("while :; do :; done", "cpu"),
        ("sleep 30", "wall"),
        ("yes 0123456789012345678901234567890123456789", "output"),
    ],
)
def test_a_step_is_stopped_at_its_ceiling(box: Sandbox, script: str, stopped: str) -> None:
    # On a busy machine a second of CPU may take long to come by.
    limits = QUICK if stopped == "wall" else replace(QUICK, wall_s=20)
    started = time.monotonic()
    step = box.run(Job({}, (shell(script, limits),))).last
    assert time.monotonic() - started < limits.wall_s + 1
    assert step.stopped == stopped
    assert step.crashed
    assert not step.ok


def test_memory_and_files_have_a_ceiling(box: Sandbox) -> None:
    program = (sys.executable, "-I", "-S", "-c", "bytearray(10**9)")
    greedy = box.run(Job({}, (Step(program, limits=QUICK),))).last
    assert not greedy.ok
    assert "MemoryError" in greedy.stderr
    big = box.run(Job({}, (shell("head -c 5000000 /dev/zero > big"),), keep=("big",)))
    assert not big.last.ok
    assert len(big.files.get("big", b"")) <= QUICK.file_mb << 20


def test_what_a_job_leaves_running_is_killed(box: Sandbox) -> None:
    script = "sleep 600 >/dev/null 2>&1 & echo $!"
    started = time.monotonic()
    box.run(Job({}, (shell(script),)))
    left = box.run(Job({}, (shell("ps ax 2>/dev/null | grep '[s]leep 600' || true"),))).last
    assert time.monotonic() - started < 10
    assert "sleep 600" not in left.stdout


def test_an_absent_program_is_a_failed_step(box: Sandbox) -> None:
    step = box.run(Job({}, (Step(("/usr/bin/no-such-program",), limits=QUICK),))).last
    assert step.code == 127
    assert "cannot start" in step.stderr


def test_links_that_a_job_leaves_are_not_followed(box: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    script = f"ln -s {secret} out.txt; ln -s {tmp_path} sub; mkfifo pipe.txt"
    result = box.run(Job({}, (shell(script),), keep=("out.txt", "sub/secret.txt", "pipe.txt")))
    assert dict(result.files) == {}


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../b", "-o", "a/-o", "a b", "", "a/./b", "x" * 300]
)
def test_names_that_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="plain relative path"):
        Job({name: ""}, ())


def test_the_worker_is_started_again_after_it_was_lost(box: Sandbox) -> None:
    box.run(Job({}, (shell("true"),)))
    worker = box._worker
    assert worker is not None
    killer = threading.Timer(0.3, worker.kill)
    killer.start()
    lost = box.run(Job({}, (shell("sleep 5"),)))
    killer.join()
    assert lost.last.stopped == "lost"
    assert box.run(Job({}, (shell("echo back"),))).last.stdout == "back\n"


def test_environment_and_input_are_empty(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAGATE_API_KEY", "secret")
    step = box.run(Job({}, (shell("env; cat; echo end", WANTED="yes"),))).last
    assert "secret" not in step.stdout
    assert "WANTED=yes" in step.stdout
    assert step.stdout.endswith("end\n")


@needs_bubblewrap
def test_bubblewrap_hides_files_processes_and_network(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    sandbox = Sandbox("bubblewrap")
    script = (
        f"cat {secret} /etc/passwd /etc/hostname; ls {os.environ['HOME']}; "
        f"echo owned > {tmp_path}/owned; ls /proc | grep -c '^[0-9]'; ls /sys/class/net"
    )
    try:
        step = sandbox.run(Job({}, (shell(script),))).last
    finally:
        sandbox.close()
    assert "secret" not in step.stdout
    assert "root:" not in step.stdout
    assert not (tmp_path / "owned").exists()
    processes = [int(word) for word in step.stdout.split() if word.isdigit()]
    assert processes
    assert max(processes) < 10


def test_a_pool_serves_threads_and_never_mixes_their_jobs() -> None:
    found: dict[int, str] = {}
    with SandboxPool(2, "rlimits") as pool:

        def work(number: int) -> None:
            step = pool.run(Job({"n": str(number)}, (shell("sleep 0.05; cat n"),))).last
            found[number] = step.stdout

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: str(number) for number in range(8)}


def test_a_service_is_loaded_once_and_called_in_a_limited_fork(tmp_path: Path) -> None:
    service = tmp_path / "service.py"
    service.write_text(
        "import os\nloaded = os.getpid()\n"
        "def call(argument):\n    print(argument, os.getppid() == loaded, open('a').read())\n"
        "    if argument == 'bad': raise ValueError('no')\n"
    )
    sandbox = Sandbox("rlimits", service=service)
    try:
        result = sandbox.run(Job({"a": "text"}, (Step(call="one"), Step(call="bad"))))
        assert result.steps[0].stdout == "one True text\n"
        assert result.last.code == 125
        assert "ValueError: no" in result.last.stderr
    finally:
        sandbox.close()


def test_a_service_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    service = tmp_path / "service.py"
    service.write_text("import no_such_module\n")
    sandbox = Sandbox("rlimits", service=service)
    try:
        with pytest.raises(ToolUnavailable, match="no_such_module"):
            sandbox.run(Job({}, (Step(call="x"),)))
    finally:
        sandbox.close()


def test_a_worker_outlives_the_thread_that_asked_for_it() -> None:
    sandbox = Sandbox()
    found: list[str] = []
    job = Job({}, (shell("echo here"),))
    try:
        for _ in range(2):
            thread = threading.Thread(target=lambda: found.append(sandbox.run(job).last.stdout))
            thread.start()
            thread.join()
            time.sleep(0.2)
    finally:
        sandbox.close()
    assert found == ["here\n", "here\n"]
