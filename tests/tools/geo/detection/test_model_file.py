import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from terragate.tests.tools.geo.detection.tiny_models import (
    BOXES,
    SIDE,
    extent_model,
    install,
    logits_model,
    model_bytes,
    planted,
    prepared,
    tensor,
    yolo_model,
)
from terragate.tools.errors import ToolError
from terragate.tools.geo.detection.detect import DETECT_OBJECTS
from terragate.tools.geo.detection.manifest import read_manifest
from terragate.tools.geo.detection.model_check import checked_model, inspect_model
from terragate.tools.geo.detection.session import ModelSession

PATH = Path("model.onnx")
Change = Callable[[onnx.ModelProto], None]


def changed(change: Change) -> bytes:
    model = onnx.load_model_from_string(yolo_model())
    change(model)
    return model.SerializeToString()


def external(model: onnx.ModelProto) -> None:
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../secret.bin")


def in_memory(model: onnx.ModelProto) -> None:
    external(model)
    model.graph.initializer[0].external_data[0].value = "*/_ORT_MEM_ADDR_/*"


def external_without_saying_so(model: onnx.ModelProto) -> None:
    external(model)
    model.graph.initializer[0].data_location = TensorProto.DEFAULT


def external_constant(model: onnx.ModelProto) -> None:
    node = model.graph.node.add(op_type="Constant", output=["k"])
    attribute = node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR)
    attribute.t.data_type = TensorProto.FLOAT
    attribute.t.data_location = TensorProto.EXTERNAL


def external_in_a_branch(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "inner", [], [])
    inner.initializer.add(name="w", data_location=TensorProto.EXTERNAL)
    model.graph.node.append(
        helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    )


def external_sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add().values.data_location = TensorProto.EXTERNAL


def custom_operator(model: onnx.ModelProto) -> None:
    model.graph.node.add(op_type="Open", domain="my.library", output=["y"])
    model.opset_import.add(domain="my.library", version=1)


def custom_in_a_function(model: onnx.ModelProto) -> None:
    function = model.functions.add(name="F", domain="local")
    function.node.add(op_type="Call", domain="ai.onnx.contrib", output=["y"])


def network_operator(model: onnx.ModelProto) -> None:
    model.graph.node.add(op_type="OpenAIAudioToText", domain="com.microsoft.extensions")


def compiled_context(model: onnx.ModelProto) -> None:
    model.graph.node.add(op_type="EPContext", domain="com.microsoft", output=["y"])


def runtime_configuration(model: onnx.ModelProto) -> None:
    model.metadata_props.add(key="ort_config", value="{}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (external, "outside the file"),
        (in_memory, "outside the file"),
        (external_without_saying_so, "outside the file"),
        (external_constant, "outside the file"),
        (external_in_a_branch, "outside the file"),
        (external_sparse, "outside the file"),
        (custom_operator, "'my.library.Open', which is not built in"),
        (custom_in_a_function, "'ai.onnx.contrib.Call'"),
        (network_operator, "com.microsoft.extensions"),
        (compiled_context, "EPContext"),
        (runtime_configuration, "metadata"),
    ],
)
def test_a_model_that_reaches_beyond_itself_is_refused(change: Change, said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        inspect_model(PATH, changed(change))
    assert caught.value.kind == "bad_data"


def test_local_functions_and_built_in_operators_are_let_through() -> None:
    def add(model: onnx.ModelProto) -> None:
        function = model.functions.add(name="F", domain="local")
        function.node.add(op_type="Relu", input=["x"], output=["y"])
        model.graph.node.add(op_type="F", domain="local", output=["z"])
        model.graph.node.add(op_type="FusedConv", domain="com.microsoft", output=["q"])

    inspect_model(PATH, changed(add))


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(ToolError, match="model.onnx"):
        inspect_model(PATH, data)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(yolo_model()) - 1), st.integers(0, 255))
def test_a_damaged_model_never_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    data = bytearray(yolo_model())
    data[place] = value
    folder = tmp_path_factory.mktemp("m")
    run = prepared(folder, planted(40, 40, []), install(folder / "op", "broken", bytes(data)))
    # Many changes do no harm; whatever does may only be an error of this type.
    with suppress(ToolError):
        detect(run, "broken")


def test_other_bytes_than_stated_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(yolo_model())
    digest = hashlib.sha256(yolo_model()).hexdigest()
    assert checked_model(path, digest) == yolo_model()
    with pytest.raises(ToolError, match=f"has SHA-256 {digest[:12]}…, not 000000000000…"):
        checked_model(path, "0" * 64)
    with pytest.raises(ToolError, match="does not exist"):
        checked_model(tmp_path / "none.onnx", digest)


def test_a_large_file_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x" * 1001)
    monkeypatch.setattr("terragate.tools.geo.detection.model_check.MAX_MODEL_BYTES", 1000)
    with pytest.raises(ToolError, match="larger than 1000 bytes") as caught:
        checked_model(path, "0" * 64)
    assert caught.value.kind == "too_large"


def endless_model() -> bytes:
    """Return a model that hands its image round a loop for ever."""
    keep = helper.make_node("Identity", ["go"], ["go_on"])
    carry = helper.make_node("Identity", ["x"], ["x_out"])
    inputs = [
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
    ]
    outputs = [
        helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("x_out", TensorProto.FLOAT, None),
    ]
    body = helper.make_graph([keep, carry], "body", inputs, outputs)
    loop = helper.make_node("Loop", ["", "yes", "image"], ["out"], body=body)
    yes = tensor("yes", True, np.bool_)
    return model_bytes([loop], {"image": ["n", 1, SIDE, SIDE]}, {"out": TensorProto.FLOAT}, [yes])


def session(folder: Path, model: bytes, **changes: Any) -> ModelSession:
    home = install(folder / "op", "one", model, **changes) / "one"
    return ModelSession(home, read_manifest(home / "terragate-detector.toml"))


def test_a_model_that_never_ends_is_stopped(tmp_path: Path) -> None:
    opened = session(tmp_path, endless_model())
    chips = np.zeros((1, 1, SIDE, SIDE), dtype=np.float32)
    started = time.monotonic()
    with pytest.raises(ToolError, match="takes too long"):
        opened.run(chips, opened.outputs, seconds=0.3)
    assert time.monotonic() - started < 30


def relu(shape: list[Any], kind: int = TensorProto.FLOAT) -> bytes:
    data = model_bytes(
        [helper.make_node("Relu", ["image"], ["out"])], {"image": shape}, {"out": kind}
    )
    model = onnx.load_model_from_string(data)
    model.graph.input[0].type.tensor_type.elem_type = kind
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (relu(["n", 3, SIDE, SIDE]), "shape \\['n', 3, 32, 32\\]"),
        (relu(["n", 1, 64, 64]), "the manifest says \\[None, 1, 32, 32\\]"),
        (relu([1, SIDE, SIDE]), "input of shape"),
        (relu([9, 1, SIDE, SIDE]), "takes 9 chips at once, and the manifest 3"),
        (relu(["n", 1, SIDE, SIDE], TensorProto.DOUBLE), "wants 'tensor\\(double\\)'"),
        (
            model_bytes(
                [helper.make_node("Add", ["a", "b"], ["out"])],
                {"a": ["n", 1, SIDE, SIDE], "b": ["n", 1, SIDE, SIDE]},
                {"out": TensorProto.FLOAT},
            ),
            "has 2 inputs",
        ),
    ],
)
def test_a_model_that_is_not_as_its_manifest_says_is_refused(
    tmp_path: Path, model: bytes, said: str
) -> None:
    with pytest.raises(ToolError, match=said):
        session(tmp_path, model)


def test_half_precision_models_run(tmp_path: Path) -> None:
    opened = session(tmp_path, relu(["n", 1, SIDE, SIDE], TensorProto.FLOAT16))
    chips = np.full((2, 1, SIDE, SIDE), 0.5, dtype=np.float32)
    (out,) = opened.run(chips, opened.outputs)
    assert (out.dtype, out.shape) == (np.float16, (2, 1, SIDE, SIDE))


def detect(run: Any, name: str) -> Any:
    args = {"detector": name, "category": "all", "scenes": "s", "aoi": "a", "interval": "i"}
    return DETECT_OBJECTS(run, args)


@pytest.mark.parametrize(
    ("model", "output", "said"),
    [
        (extent_model(), {**BOXES, "scores": "confidence"}, "no output 'confidence'"),
        (logits_model([0, 1]), None, "not 2 axes a chip"),
        (relu(["n", 1, SIDE, SIDE]), {**BOXES, "boxes": "out"}, "no output 'labels'"),
    ],
)
def test_outputs_that_are_not_as_stated_are_typed_errors(
    tmp_path: Path, model: bytes, output: Any, said: str
) -> None:
    layout = "CHW" if model == extent_model() else "NCHW"
    changes = {"input": {"layout": layout}} | ({"output": output} if output else {})
    run = prepared(tmp_path, planted(40, 40, []), install(tmp_path / "op", "odd", model, **changes))
    with pytest.raises(ToolError, match=said) as caught:
        detect(run, "odd")
    assert caught.value.kind == "bad_data"
