"""One onnxruntime session on the CPU, with bounded threads and bounded time."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .manifest import InputNeeds, Manifest
from .model_check import bad_model, checked_model, missing_extra

MAX_THREADS: Final = 4
BATCH_SECONDS: Final = 60.0
_SILENT: Final = 4
_FLOATS: Final = {"tensor(float)": np.float32, "tensor(float16)": np.float16}

Tensor = NDArray[Any]
Chips = NDArray[np.float32]


class ModelInput(NamedTuple):
    """The one input of a model; `batch` is how many chips it takes at once."""

    name: str
    dtype: type[np.floating]
    batch: int
    fixed: bool


class ModelSession:
    """A checked model, ready to run on chips of (batch, band, row, column)."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        path = folder / manifest.model
        data = checked_model(path, manifest.sha256)
        self.path = path
        self._needs = manifest.input
        self._session = _open(path, data)
        self._input = _only_input(path, self._session, manifest.input)
        self.outputs = tuple(str(one.name) for one in self._session.get_outputs())

    @property
    def batch(self) -> int:
        """Return how many chips `run` takes at most."""
        return self._input.batch

    def part(self, tensor: Tensor, rank: int, place: int) -> Tensor:
        """Return one chip's part of an output, which has `rank` axes for a single chip.

        A model that takes one chip at a time may leave the batch axis out.
        """
        if tensor.ndim == rank and self.batch == 1:
            return tensor
        if tensor.ndim != rank + 1 or len(tensor) <= place:
            raise bad_model(
                self.path, f"gives an output of shape {tensor.shape!r}, not {rank} axes a chip"
            )
        return tensor[place]

    def run(self, chips: Chips, names: tuple[str, ...], seconds: float = BATCH_SECONDS) -> Any:
        """Return the named outputs for up to `batch` chips, as a list of arrays."""
        given = chips.astype(self._input.dtype, copy=False)
        if self._needs.layout == "CHW":
            given = given[0]
        elif self._input.fixed and len(given) < self._input.batch:
            spare = np.zeros((self._input.batch - len(given), *given.shape[1:]), given.dtype)
            given = np.concatenate([given, spare])
        with _deadline(seconds) as options, _told(self.path):
            found: list[Any] = self._session.run(list(names), {self._input.name: given}, options)
        if any(not isinstance(one, np.ndarray) for one in found):
            raise bad_model(self.path, "gives something other than tensors")
        return found


def _open(path: Path, data: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_extra("onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(MAX_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # A thread that spins while it waits would take the cores from everything else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with _told(path):
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@contextmanager
def _told(path: Path) -> Generator[None, None, None]:
    """Turn what onnxruntime raises into the error of a model that cannot be used."""
    import onnxruntime.capi.onnxruntime_pybind11_state as state

    known = (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
        ValueError,
        MemoryError,
    )
    try:
        yield
    except known as error:
        if "terminate flag" in str(error):
            raise bad_model(path, "takes too long on one batch of chips") from error
        raise bad_model(path, f"does not run ({type(error).__name__})") from error


@contextmanager
def _deadline(seconds: float) -> Generator[Any, None, None]:
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _SILENT
    timer = threading.Timer(seconds, lambda: setattr(options, "terminate", True))
    timer.daemon = True
    timer.start()
    try:
        yield options
    finally:
        timer.cancel()


def _only_input(path: Path, session: Any, needs: InputNeeds) -> ModelInput:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise bad_model(path, f"has {len(inputs)} inputs, not one")
    shape, kind = inputs[0].shape, inputs[0].type
    if kind not in _FLOATS:
        raise bad_model(path, f"wants {kind!r}, not {sorted(_FLOATS)}")
    wanted = [len(needs.bands), needs.chip, needs.chip]
    if needs.layout == "NCHW":
        wanted = [None, *wanted]
    if len(shape) != len(wanted) or not all(map(_fits, shape, wanted)):
        raise bad_model(path, f"has an input of shape {shape!r}, and the manifest says {wanted!r}")
    if needs.layout == "CHW":
        return ModelInput(str(inputs[0].name), _FLOATS[kind], 1, fixed=True)
    fixed = isinstance(shape[0], int) and shape[0] > 0
    if fixed and shape[0] > needs.batch:
        raise bad_model(path, f"takes {shape[0]} chips at once, and the manifest {needs.batch}")
    batch = int(shape[0]) if fixed else needs.batch
    return ModelInput(str(inputs[0].name), _FLOATS[kind], batch, fixed)


def _fits(has: Any, wanted: int | None) -> bool:
    return wanted is None or not isinstance(has, int) or has in (wanted, -1)
