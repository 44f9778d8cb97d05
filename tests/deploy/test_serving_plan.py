"""How models are served: vLLM's arguments, memory estimates, refusals, and what status shows."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.agents.profiles import NANO
from terragate.deploy.cli.locations import serving_venv
from terragate.deploy.models.catalogue import catalogue
from terragate.deploy.models.shape import ARCHITECTURES
from terragate.deploy.serving import hardware
from terragate.deploy.serving.hardware import Gpu, Machine
from terragate.deploy.serving.install import is_installed, serving_python
from terragate.deploy.serving.plan import (
    SERVINGS,
    Wish,
    find_target,
    make_plan,
    misfit,
    require,
)
from terragate.deploy.serving.server import Launcher, server_argv
from terragate.tests.support.command_line import command
from terragate.tests.support.hub_server import folder_of, tiny_files
from terragate.tools.errors import InfrastructureError, UsageError
from terragate.workflows.settings import Settings

GB = 10**9
LAUNCHER = Launcher(Path("python"), Path("state"))
NOTHING = Machine(10**15, ())
# What the shipped profile has been started with since it was accepted.
NANO_ARGUMENTS = [
    *("python", "-P", "-m", "vllm.entrypoints.openai.api_server"),
    *("--host", "127.0.0.1", "--port", "4711", "--model", str(NANO.weights)),
    *("--served-model-name", "terragate-nano", "--enforce-eager", "--enable-prompt-tokens-details"),
    "--disable-uvicorn-access-log",
    *("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}'),
    *("--distributed-executor-backend", "uni", "--max-num-seqs", "32", "--block-size", "32"),
    *("--kv-cache-memory-bytes", "268435456", "--no-enable-chunked-prefill"),
]


def planned(model="qwen3-8b", machine=NOTHING, folder=Path("models"), **wish):
    wished = Wish(**wish)
    return make_plan(find_target(model, wished.serving, folder), wished, machine)


def argv(plan):
    return server_argv(plan.profile, LAUNCHER, 4711)


def value(arguments, flag):
    return arguments[arguments.index(flag) + 1]


def gpus(count, total=80, free=None):
    size = total * GB
    return tuple(Gpu(i, "H", size, size if free is None else free * GB) for i in range(count))


def every_plan():
    wishes = [
        Wish(serving=serving, tensor_parallel=2 if serving == "multi-gpu" else None)
        for serving in SERVINGS
    ]
    listed = [entry.name for entry in catalogue() if entry.repository]
    return [
        make_plan(find_target(name, wish.serving, Path("models")), wish, NOTHING)
        for name in listed
        for wish in wishes
    ]


def test_nano_is_started_as_ever():
    assert server_argv(NANO, LAUNCHER, 4711) == NANO_ARGUMENTS


def test_every_plan_is_local_cached_constrained_and_loads_data_only():
    for plan in every_plan():
        arguments = argv(plan)
        assert value(arguments, "--host") == "127.0.0.1"
        assert value(arguments, "--load-format") == "safetensors"
        assert "--enable-prefix-caching" in arguments
        assert json.loads(value(arguments, "--structured-outputs-config")) == {
            "backend": "xgrammar",
            "disable_any_whitespace": True,
        }
        assert "--trust-remote-code" not in arguments
        assert ("--enforce-eager" in arguments) == plan.profile.name.endswith("-cpu")
        flags = [argument for argument in arguments[4:] if argument.startswith("--")]
        assert len(flags) == len(set(flags))


def test_the_parser_is_the_catalogues_or_none():
    assert value(argv(planned("llama-3.1-8b")), "--tool-call-parser") == "llama3_json"
    coder = argv(planned("qwen2.5-coder-7b"))
    assert "--tool-call-parser" not in coder
    assert "--enable-auto-tool-choice" not in coder


def test_the_estimate_is_arithmetic():
    found = planned(max_model_len=16384).estimate
    # 8,190,735,360 parameters of two bytes; 144 KiB for each token of the cache and 256 to spare.
    assert found.weights == 16_381_470_720
    assert found.cache == 147_456 * (16384 + 256)
    assert found.total == found.weights + found.cache + found.overhead
    half = planned(serving="multi-gpu", tensor_parallel=2, max_model_len=16384).estimate
    assert (half.weights, half.cache) == (found.weights // 2, found.cache // 2)
    assert planned(serving="multi-gpu", tensor_parallel=2, data_parallel=3).estimate.devices == 6


@given(st.integers(1, 40960), st.integers(1, 40960))
def test_a_longer_context_never_takes_less(one, other):
    short, long = (planned(max_model_len=n).estimate.total for n in sorted((one, other)))
    assert short <= long


def test_several_gpus_default_to_all_there_are():
    arguments = argv(planned(serving="multi-gpu", machine=Machine(0, gpus(4)), data_parallel=2))
    assert value(arguments, "--tensor-parallel-size") == "2"
    assert value(arguments, "--data-parallel-size") == "2"


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"serving": "multi-gpu"}, "give --tensor-parallel N"),
        ({"serving": "multi-gpu", "tensor_parallel": 3}, "3 GPUs cannot share equally"),
        ({"serving": "cuda", "tensor_parallel": 2}, "are for --serving multi-gpu"),
        ({"data_parallel": 2}, "are for --serving multi-gpu"),
        ({"max_model_len": 40961}, "over the model's context of 40960"),
        ({"model": "gpt-9"}, "no model 'gpt-9'"),
    ],
)
def test_contradictions(wish, says):
    with pytest.raises(UsageError, match=says):
        planned(**wish)


@pytest.mark.parametrize(
    ("wish", "machine", "says"),
    [
        ({}, Machine(30 * GB, ()), None),
        ({}, Machine(15 * GB, ()), "needs 20.3 GB of RAM .* 15.0 GB are free"),
        ({}, Machine(30 * GB, gpus(1)), "use --serving cuda"),
        ({"serving": "cuda"}, Machine(0, ()), "needs 1 NVIDIA GPUs, but nvidia-smi lists 0"),
        ({"serving": "cuda"}, Machine(0, gpus(1)), None),
        ({"serving": "cuda"}, Machine(0, gpus(1, 24)), "GPU 0 may use 21.6 GB"),
        ({"serving": "cuda-w4a16"}, Machine(0, gpus(1, 24)), None),
        ({"serving": "cuda"}, Machine(0, gpus(1, 80, 40)), "end what else runs there"),
        (
            {"serving": "multi-gpu", "tensor_parallel": 2},
            Machine(0, gpus(1)),
            "needs 2 NVIDIA GPUs",
        ),
        ({"serving": "multi-gpu", "tensor_parallel": 2}, Machine(0, gpus(2, 24)), None),
    ],
)
def test_what_fits(wish, machine, says):
    why = misfit(planned(machine=machine, **wish), machine)
    assert (why is None) if says is None else re.search(says, why)


def test_a_model_that_was_not_fetched_is_not_started():
    with pytest.raises(InfrastructureError, match="models fetch qwen3-8b"):
        require(planned(), NOTHING)
    with pytest.raises(InfrastructureError, match="models quantize .*w4a16"):
        require(planned(serving="cuda-w4a16"), NOTHING)


def test_a_folder_is_served_by_what_its_config_says(tmp_path):
    folder = folder_of(tmp_path / "My Model!", tiny_files())
    plan = planned(str(folder))
    assert plan.profile.name == "my-model-cpu"
    assert value(argv(plan), "--max-model-len") == "1024"
    require(plan, NOTHING)
    with pytest.raises(InfrastructureError, match="0.0 GB are free"):
        require(plan, Machine(1000, ()))
    with pytest.raises(UsageError, match="is a bf16 checkpoint: quantise it"):
        planned(str(folder), serving="cuda-w4a16")


def test_a_fetched_model_counts_as_it_lies_there(tmp_path):
    folder_of(tmp_path / "qwen3-8b", tiny_files())
    target = find_target("qwen3-8b", "cpu", tmp_path)
    assert target.present
    assert target.checkpoint.context == 1024


def test_the_gpus_are_those_that_nvidia_smi_lists(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho '0, NVIDIA H200, 143771, 143000'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = Gpu(0, "NVIDIA H200", 143771 * 1024**2, 143000 * 1024**2)
    assert hardware.gpus() == (found,)
    for text in ("echo '[N/A], x'", "exit 9", "echo 'a, b, c, d'"):
        program.write_text(f"#!/bin/sh\n{text}\n")
        assert hardware.gpus() == ()


def test_a_containers_limit_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "CGROUP", tmp_path)
    free = hardware.free_ram()
    (tmp_path / "memory.current").write_text("3000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.free_ram() > free // 2
    (tmp_path / "memory.max").write_text("10000\n")
    assert hardware.free_ram() == 7000
    (tmp_path / "memory.max").write_text("2000\n")
    assert hardware.free_ram() == 0


def test_dry_runs_as_commands(monkeypatch, tmp_path):
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path))
    nano = json.loads(command("serve", "model", "--dry-run", "--json").out)
    assert nano["argv"][1:5] == NANO_ARGUMENTS[1:5]
    assert nano["environment"]["OMP_NUM_THREADS"] == "1"
    wish = ("--model", "mistral-small", "--serving", "multi-gpu", "--tensor-parallel", "4")
    found = json.loads(command("serve", "model", *wish, "--dry-run", "--json").out)
    assert found["estimate_bytes_per_device"]["weights"] == 47_144_806_400 // 4
    assert found["here"] is False
    told = command("serve", "model", "--model", "nano", "--dry-run").out
    assert "HF_HUB_OFFLINE=1" in told
    assert "w8a8, 2048 tokens" in told


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--model", "gpt-9"), 2, "no model 'gpt-9'"),
        (("--model", "qwen3-8b"), 3, "models fetch qwen3-8b"),
        (("--serving", "cuda"), 2, "says itself how it is served"),
        (("--profile", "qwen3-8b", "--dry-run"), 2, "nothing to start"),
        (("--model", "qwen3-8b", "--max-model-len", "99999"), 2, "over the model's context"),
    ],
)
def test_starts_that_are_refused(monkeypatch, tmp_path, arguments, code, says):
    monkeypatch.setenv("TERRAGATE_HOME", str(tmp_path))
    outcome = command("serve", "model", *arguments)
    assert outcome.code == code
    assert says in outcome.err


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("pytorch_model.bin", b"x", "is a pickle"),
        ("model.safetensors", b"x", "no whole safetensors"),
        ("tokenizer_config.json", b'{"auto_map": {}}', "code of its own"),
    ],
)
def test_a_folder_with_something_wrong_is_not_served(tmp_path, name, data, says):
    folder = folder_of(tmp_path / "m", tiny_files(**{name: data}))
    outcome = command("serve", "model", "--model", folder)
    assert outcome.code == 3
    assert says in outcome.err


@pytest.mark.llm
def test_vllm_knows_every_flag_and_every_architecture():
    venv = serving_venv(Settings())
    if not is_installed(venv):
        pytest.skip("vLLM is not installed: run `make serve-install`")
    lists = [argv(plan)[4:] for plan in every_plan()] + [NANO_ARGUMENTS[4:]]
    program = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.model_executor.models.registry import ModelRegistry
parser = make_arg_parser(FlexibleArgumentParser())
parsed = [parser.parse_args(one) for one in json.load(sys.stdin)]
eager = sorted({one.enforce_eager for one in parsed})
print(json.dumps([len(parsed), eager, sorted(ModelRegistry.get_supported_archs())]))
"""
    done = subprocess.run(
        [str(serving_python(venv)), "-P", "-c", program],
        input=json.dumps(lists),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    count, eager, known = json.loads(done.stdout.splitlines()[-1])
    assert count == len(lists) > 40
    assert eager == [False, True]
    assert set(ARCHITECTURES) <= set(known)
