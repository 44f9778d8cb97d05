"""How a model is served on a CPU, a GPU or several: vLLM's arguments and the memory they take.

The GPU profiles have not been run by the authors of this project: their arguments are checked
against vLLM's own parser, their estimates are arithmetic.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal

from ...agents.profiles import WHOLE_PROMPTS, Profile
from ...agents.protocol import Rendering
from ...tools.errors import InfrastructureError, UsageError
from ...tools.records import Frozen
from ..models.catalogue import Entry, catalogue
from ..models.shape import Checkpoint, Scheme, read_checkpoint
from .hardware import Machine

Serving = Literal["cpu", "cuda", "cuda-w4a16", "multi-gpu"]
SERVINGS: tuple[Serving, ...] = ("cpu", "cuda", "cuda-w4a16", "multi-gpu")

_GIB = 1024**3
_UTILIZATION = 0.9
_CPU_CONTEXT, _GPU_CONTEXT = 8192, 32768
_SEQUENCES = {"cpu": 16, "gpu": 64}
# RAM: interpreters, torch and vLLM in three processes (measured with nano: 2.2 GB). GPU: context,
# graphs and activations, not measured here.
_RAM_OVERHEAD, _GPU_OVERHEAD = int(2.5 * _GIB), 2 * _GIB
# The cache holds one full-length sequence, or many short ones; it is dealt out in whole blocks, so
# exactly one sequence would be too little.
_LEAST_TOKENS, _SPARE_TOKENS = 8192, 256


class Target(Frozen):
    """The model to serve: where its weights are or will be, and what is known of them."""

    name: str
    model: str
    folder: Path
    checkpoint: Checkpoint
    rendering: Rendering = "chat"
    tool_call_parser: str | None = None
    present: bool = True
    mend: str = ""


class Wish(Frozen):
    """What the caller chose; None means the profile's default."""

    serving: Serving = "cpu"
    tensor_parallel: int | None = None
    data_parallel: int | None = None
    max_model_len: int | None = None


class Estimate(Frozen):
    """Bytes that one device must have: weights, cache of a full-length sequence, and the rest."""

    device: Literal["RAM", "GPU"]
    devices: int
    scheme: Scheme
    max_model_len: int
    weights: int
    cache: int
    overhead: int

    @property
    def total(self) -> int:
        """Return the bytes of one device in all."""
        return self.weights + self.cache + self.overhead


class Plan(Frozen):
    """A profile that `ensure_server` can start, and what it will take."""

    profile: Profile
    target: Target
    estimate: Estimate


def find_target(model: str, serving: Serving, models: Path) -> Target:
    """Return the model of a catalogue name or a folder; `models` is where fetched ones lie."""
    for entry in catalogue():
        if entry.name == model:
            return _listed(entry, serving, models)
    folder = Path(model)
    if not folder.is_dir():
        known = ", ".join(entry.name for entry in catalogue())
        raise UsageError(f"no model {model!r}: give a folder with a checkpoint, or one of {known}")
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("._-")[:40]
    return Target(
        name=name or "model",
        model=name or "model",
        folder=folder.resolve(),
        checkpoint=read_checkpoint(folder),
    )


def make_plan(target: Target, wish: Wish, machine: Machine) -> Plan:
    """Return vLLM's arguments and the estimate for a model; UsageError if they contradict."""
    point = target.checkpoint
    if wish.serving == "cuda-w4a16" and point.scheme != "w4a16":
        raise UsageError(
            f"{str(target.folder)!r} is a {point.scheme} checkpoint: quantise it with 'terragate "
            "models quantize SRC --scheme w4a16 --out DIR', or use --serving cuda"
        )
    tensor, data = _parallel(target, wish, machine)
    on_cpu = wish.serving == "cpu"
    length = _length(wish, point, _CPU_CONTEXT if on_cpu else _GPU_CONTEXT)
    cache = point.shape.cache_bytes(max(length, _LEAST_TOKENS) + _SPARE_TOKENS)
    estimate = Estimate(
        device="RAM" if on_cpu else "GPU",
        devices=tensor * data,
        scheme=point.scheme,
        max_model_len=length,
        weights=math.ceil(point.shape.weight_bytes(point.scheme) / tensor),
        cache=math.ceil(cache / min(tensor, point.shape.kv_heads)),
        overhead=_RAM_OVERHEAD if on_cpu else _GPU_OVERHEAD,
    )
    common = ("--load-format", "safetensors", "--max-model-len", str(length))
    parallel = ("--tensor-parallel-size", str(tensor), "--data-parallel-size", str(data))
    arguments = (
        *common,
        "--enable-prefix-caching",
        *_tools(target),
        *(_cpu(estimate) if on_cpu else _gpu()),
        *(parallel if wish.serving == "multi-gpu" else ()),
    )
    profile = Profile(
        name=f"{target.name}-{wish.serving}",
        about=f"{target.name} as --serving {wish.serving} serves it",
        model=target.model,
        rendering=target.rendering,
        weights=target.folder,
        server_arguments=arguments,
    )
    return Plan(profile=profile, target=target, estimate=estimate)


def misfit(plan: Plan, machine: Machine) -> str | None:
    """Return why the plan cannot run on a machine, or None if it fits."""
    estimate = plan.estimate
    parts = (
        f"{plan.target.name!r} needs {_gb(estimate.total)} GB of {estimate.device} (weights "
        f"{_gb(estimate.weights)}, cache of one sequence of {estimate.max_model_len} tokens "
        f"{_gb(estimate.cache)}, the rest {_gb(estimate.overhead)})"
    )
    advice = "choose a smaller or a quantised model, a shorter --max-model-len, or free some memory"
    if estimate.device == "RAM":
        if machine.gpus:
            return "vLLM is installed for the GPUs of this machine: use --serving cuda"
        fits = estimate.total <= machine.ram_free
        return None if fits else f"{parts}, but {_gb(machine.ram_free)} GB are free: {advice}"
    if len(machine.gpus) < estimate.devices:
        return (
            f"{plan.profile.name!r} needs {estimate.devices} NVIDIA GPUs, but nvidia-smi lists "
            f"{len(machine.gpus)}: use another --serving"
        )
    for gpu in machine.gpus[: estimate.devices]:
        budget = int(gpu.total * _UTILIZATION)
        if estimate.total > budget:
            return f"{parts}, but GPU {gpu.number} may use {_gb(budget)} GB: {advice}"
        if gpu.free < budget:
            return (
                f"GPU {gpu.number} has {_gb(gpu.free)} GB free of the {_gb(budget)} GB that vLLM "
                "takes at once: end what else runs there"
            )
    return None


def require(plan: Plan, machine: Machine) -> None:
    """Raise InfrastructureError if the plan cannot be started on this machine."""
    if not plan.target.present:
        raise InfrastructureError(
            f"no checkpoint in {str(plan.target.folder)!r}: {plan.target.mend}"
        )
    why = misfit(plan, machine)
    if why is not None:
        raise InfrastructureError(why)


def _listed(entry: Entry, serving: Serving, models: Path) -> Target:
    folder, checkpoint = entry.place(models), entry.checkpoint()
    mend = f"fetch it with 'terragate models fetch {entry.name}'"
    if serving == "cuda-w4a16":
        mend = (
            f"write it with 'terragate models quantize {folder} --scheme w4a16 --out "
            f"{folder}-w4a16'"
        )
        folder = folder.with_name(f"{folder.name}-w4a16")
        checkpoint = checkpoint.model_copy(update={"scheme": "w4a16"})
    present = (folder / "config.json").is_file()
    return Target(
        name=entry.name,
        model=entry.repository or entry.name,
        folder=folder,
        checkpoint=read_checkpoint(folder) if present else checkpoint,
        rendering="chat" if entry.repository else "compact",
        tool_call_parser=entry.tool_call_parser,
        present=present,
        mend=mend,
    )


def _parallel(target: Target, wish: Wish, machine: Machine) -> tuple[int, int]:
    if wish.serving != "multi-gpu":
        if wish.tensor_parallel or wish.data_parallel:
            raise UsageError(
                "--tensor-parallel and --data-parallel are for --serving multi-gpu, not for "
                f"{wish.serving!r}"
            )
        return 1, 1
    data = wish.data_parallel or 1
    tensor = wish.tensor_parallel or len(machine.gpus) // data
    if tensor < 1:
        raise UsageError(
            "no GPUs are found here that the model could be split over: give --tensor-parallel N"
        )
    shape = target.checkpoint.shape
    shared = shape.kv_heads % tensor == 0 or tensor % shape.kv_heads == 0
    if shape.heads % tensor or not shared:
        raise UsageError(
            f"{target.name!r} has {shape.heads} attention heads and {shape.kv_heads} key-value "
            f"heads, which {tensor} GPUs cannot share equally: give another --tensor-parallel"
        )
    return tensor, data


def _length(wish: Wish, point: Checkpoint, default: int) -> int:
    length = wish.max_model_len or min(point.context, default)
    if length > point.context:
        raise UsageError(
            f"--max-model-len {length} is over the model's context of {point.context} tokens: "
            "give less"
        )
    return length


def _tools(target: Target) -> tuple[str, ...]:
    if target.tool_call_parser is None:
        return ()
    return ("--enable-auto-tool-choice", "--tool-call-parser", target.tool_call_parser)


def _cpu(estimate: Estimate) -> tuple[str, ...]:
    # Only whole blocks are found again by the prefix cache: vLLM's 128 tokens are longer than many
    # a prompt's common beginning here.
    blocks = ("--max-num-seqs", str(_SEQUENCES["cpu"]), "--block-size", "32", *WHOLE_PROMPTS)
    return (*blocks, "--kv-cache-memory-bytes", str(estimate.cache))


def _gpu() -> tuple[str, ...]:
    sequences = ("--max-num-seqs", str(_SEQUENCES["gpu"]))
    return ("--no-enforce-eager", *sequences, "--gpu-memory-utilization", str(_UTILIZATION))


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f}"
