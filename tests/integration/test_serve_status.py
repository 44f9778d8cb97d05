"""A real vLLM, started by the plan for a CPU, says how many tokens its clients were told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import psutil
import pytest
from terragate.agents.profiles import open_model
from terragate.agents.protocol import Message, ModelAnswer, ModelRequest
from terragate.deploy.cli.locations import serving_venv
from terragate.deploy.serving import metrics
from terragate.deploy.serving.hardware import Machine, free_ram
from terragate.deploy.serving.install import is_installed, serving_python
from terragate.deploy.serving.plan import Plan, Wish, find_target, make_plan, require
from terragate.deploy.serving.server import Launcher, ServerHandle, ensure_server, stop_server
from terragate.tests.support.command_line import command
from terragate.workflows.settings import Settings

pytestmark = pytest.mark.llm
SCHEMA = {
    "type": "object",
    "properties": {"tool": {"enum": ["find_place", "done"]}},
    "required": ["tool"],
    "additionalProperties": False,
}
ROLE = "You choose one tool. " * 20


@pytest.fixture(scope="module")
def plan() -> Plan:
    machine = Machine(free_ram(), ())
    plan = make_plan(find_target("nano", "cpu", Path()), Wish(), machine)
    require(plan, machine)
    return plan


@pytest.fixture(scope="module")
def server(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    venv = serving_venv(Settings())
    if not is_installed(venv):
        pytest.skip("vLLM is not installed: run `make serve-install`")
    launcher = Launcher(serving_python(venv), tmp_path_factory.mktemp("serve"))
    yield anyio.run(ensure_server, plan.profile, launcher)
    stop_server(plan.profile.name, launcher.state_dir)


def test_the_counts_are_those_that_clients_were_told(plan: Plan, server: ServerHandle) -> None:
    async def work() -> tuple[metrics.Sample, list[ModelAnswer], metrics.Sample]:
        model = open_model(plan.profile, base_url=server.url)
        before = await metrics.read(server.url)
        answers: list[ModelAnswer] = []
        for number in range(3):
            messages = (
                Message(role="system", content=ROLE),
                Message(role="user", content=f"question {number}"),
            )
            asked = ModelRequest(
                stage="place", messages=messages, answer_schema=SCHEMA, max_tokens=32
            )
            answers.append(await model.complete(asked))
        await model.aclose()
        return before, answers, await metrics.read(server.url)

    before, answers, after = anyio.run(work)
    usages = [answer.usage for answer in answers]
    assert after.models == (plan.profile.model,)
    assert after.prompt_tokens - before.prompt_tokens == sum(u.prompt for u in usages)
    assert after.generation_tokens - before.generation_tokens == sum(u.completion for u in usages)
    # The role is longer than a block of 32 tokens, so the second question finds it again.
    assert usages[1].cached >= 32
    assert after.prefix_hits - before.prefix_hits == sum(u.cached for u in usages)
    assert after.started == pytest.approx(server.started_at, abs=60)


def test_status_as_a_command(plan: Plan, server: ServerHandle) -> None:
    outcome = command("serve", "status", server.url, "--interval", "0.2")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("nano: 0 running, 0 waiting, cache ")


def test_the_estimate_covers_what_the_server_takes(plan: Plan, server: ServerHandle) -> None:
    leader = psutil.Process(server.pid)
    family = (leader, *leader.children(recursive=True))
    # Pages that the processes share are counted once.
    taken = sum(process.memory_full_info().pss for process in family)
    assert taken < plan.estimate.total
