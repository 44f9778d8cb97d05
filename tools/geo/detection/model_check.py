"""An ONNX file is untrusted: what it must be before onnxruntime sees it.

Its bytes are read once, hashed, inspected and handed on, so that what was checked is what runs.
Refused: other bytes than the manifest's hash says, weights in other files (or at an address in
memory), operators that come from a library of their own, and metadata that configures the runtime.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import ToolError, ToolUnavailable

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

EXTRA: Final = "detect"
MAX_MODEL_BYTES: Final = 512 * 1024 * 1024
DOMAINS: Final = frozenset(("", "ai.onnx", "ai.onnx.ml", "com.microsoft"))
"""Operator sets that onnxruntime itself brings."""
_REACHES_OUT: Final = frozenset(("EPContext", "PythonOp"))


def missing_extra(package: str) -> ToolUnavailable:
    """Return the error for an optional dependency that is not installed."""
    return ToolUnavailable(
        f"detectors need {package!r}, which is not installed: pip install 'terragate[{EXTRA}]'"
    )


def checked_model(path: Path, sha256: str) -> bytes:
    """Return the bytes of a model file that is what its manifest says and stands alone."""
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise bad_model(path, f"has SHA-256 {digest[:12]}…, not {sha256[:12]}… as stated")
    inspect_model(path, data)
    return data


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise bad_model(path, "does not exist")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        raise bad_model(path, f"cannot be read ({error.strerror})") from error
    if len(data) > MAX_MODEL_BYTES:
        raise ToolError(
            f"model {said_path(path)} is larger than {MAX_MODEL_BYTES} bytes; export a smaller one",
            kind="too_large",
        )
    return data


def inspect_model(path: Path, data: bytes) -> None:
    """Refuse a model that is no ONNX, or that reaches for anything beside itself."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise missing_extra("onnx") from error
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RecursionError) as error:
        raise bad_model(path, "is no ONNX model") from error
    if not model.graph.node:
        raise bad_model(path, "is no ONNX model")
    external = onnx.TensorProto.EXTERNAL
    for tensor in _tensors(model):
        if tensor.data_location == external or tensor.external_data:
            raise bad_model(path, "keeps weights outside the file")
    own = {function.domain for function in model.functions}
    for node in _nodes(model):
        if node.domain not in DOMAINS | own or node.op_type in _REACHES_OUT:
            raise bad_model(path, f"uses the operator {_said(node)}, which is not built in")
    if any(entry.key == "ort_config" for entry in model.metadata_props):
        raise bad_model(path, "configures the runtime in its metadata")


def _said(node: NodeProto) -> str:
    return repr(f"{node.domain}.{node.op_type}"[:80])


def _graphs(nodes: Iterable[NodeProto]) -> Iterator[GraphProto]:
    for node in nodes:
        for attribute in node.attribute:
            inner = (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ()))
            for graph in inner:
                yield graph
                yield from _graphs(graph.node)


def _all_graphs(model: ModelProto) -> Iterator[GraphProto]:
    yield model.graph
    functions = chain.from_iterable(function.node for function in model.functions)
    yield from _graphs(chain(model.graph.node, functions))
    for training in model.training_info:
        for graph in (training.initialization, training.algorithm):
            yield graph
            yield from _graphs(graph.node)


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    yield from chain.from_iterable(function.node for function in model.functions)
    yield from chain.from_iterable(graph.node for graph in _all_graphs(model))


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    for graph in _all_graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from _attribute_tensors(attribute)


def _attribute_tensors(attribute: Any) -> Iterator[TensorProto]:
    yield from (attribute.t, *attribute.tensors)
    for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
        yield from (sparse.values, sparse.indices)


def said_path(path: Path) -> str:
    """Return a model file as an operator knows it: its folder and its name."""
    return repr("/".join(path.parts[-2:]))


def bad_model(path: Path, reason: str) -> ToolError:
    """Return the error for a model file that cannot be used."""
    return ToolError(
        f"model {said_path(path)} {reason}; replace the file or its manifest", kind="bad_data"
    )
