import contextlib
import json
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.deploy.models.quantize.checkpoint import check_scheme, read_checkpoint
from terragate.tests.support.quantizing import tiny_folder
from terragate.tools.errors import UsageError


def config_with(folder, **fields):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_what_a_folder_holds(tmp_path):
    folder = tiny_folder(tmp_path / "m")
    found = read_checkpoint(folder)
    assert found.architecture == "LlamaForCausalLM"
    # The norm has one dimension, and the embedding is no matrix of a layer.
    assert found.matrices == {"model.layers.0.mlp.up_proj.weight": (64, 64)}
    assert found.parameters == 64 * 64 + 64 + 10 * 64
    assert found.positions == 128
    summed = subprocess.run(
        ["sha256sum", folder / "model.safetensors"], check=True, capture_output=True, text=True
    ).stdout.split()[0]
    assert found.digests()["model.safetensors"] == summed


def test_groups_that_do_not_divide(tmp_path):
    # 704 is the width of the shipped model's middle layers.
    nano = read_checkpoint(tiny_folder(tmp_path / "nano", inputs=704))
    with pytest.raises(UsageError, match=r"128 does not divide the 704 inputs .*--group 64"):
        check_scheme(nano, "w4a16", 128)
    check_scheme(nano, "w4a16", 64)
    check_scheme(nano, "w8a8", 128)
    odd = read_checkpoint(tiny_folder(tmp_path / "odd", inputs=72))
    with pytest.raises(UsageError, match=r"72 inputs .*--scheme w8a8, which has no groups"):
        check_scheme(odd, "w4a16", 64)
    with pytest.raises(UsageError, match="group 96 is none of 32, 64, 128, 256"):
        check_scheme(odd, "w4a16", 96)


def test_outputs_that_no_kernel_takes(tmp_path):
    odd = read_checkpoint(tiny_folder(tmp_path / "odd", outputs=72))
    with pytest.raises(UsageError, match="72 outputs, no multiple of 32"):
        check_scheme(odd, "w4a16", 32)


def test_what_transformers_cannot_read_back(tmp_path):
    folder = tiny_folder(tmp_path / "m", architectures=["Mamba2ForCausalLM"])
    check_scheme(read_checkpoint(folder), "w8a8", 64)
    with pytest.raises(UsageError, match="4-bit Mamba2 cannot be read back .*--scheme w8a8"):
        check_scheme(read_checkpoint(folder), "w4a16", 64)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"architectures": ["BertModel"]}, "architecture 'BertModel'"),
        ({"architectures": []}, "architecture"),
        ({"architectures": None}, "architecture None"),
        ({"architectures": [["x"]]}, "architecture"),
        ({"auto_map": {"AutoModel": "evil.Model"}}, "code of its own"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised already"),
    ],
)
def test_configurations_that_are_refused(tmp_path, fields, words):
    folder = tiny_folder(tmp_path / "m")
    config_with(folder, **fields)
    with pytest.raises(UsageError, match=words):
        read_checkpoint(folder)


def test_a_tokenizer_with_code_is_refused(tmp_path):
    folder = tiny_folder(tmp_path / "m")
    (folder / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": "evil.T"}}')
    with pytest.raises(UsageError, match="code of its own"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("config.json", r"no 'config\.json'"),
        ("model.safetensors", "no 'model.safetensors'"),
        ("tokenizer.json", "no tokenizer"),
    ],
)
def test_files_that_are_missing(tmp_path, name, words):
    folder = tiny_folder(tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(UsageError, match=words):
        read_checkpoint(folder)


def test_no_folder(tmp_path):
    with pytest.raises(UsageError, match="no checkpoint folder"):
        read_checkpoint(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="no checkpoint folder"):
        read_checkpoint(tmp_path / "file")


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff", "[" * 100_000])
def test_a_configuration_that_is_no_object(tmp_path, text):
    folder = tiny_folder(tmp_path / "m")
    (folder / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match="no JSON"):
        read_checkpoint(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth"])
def test_pickles_are_refused_and_never_read(tmp_path, name):
    folder = tiny_folder(tmp_path / "m")
    # Where safetensors are there too, the pickle is left alone: it would not even unpickle.
    (folder / name).write_bytes(b"not a pickle")
    assert [path.name for path in read_checkpoint(folder).files] == ["model.safetensors"]
    (folder / "model.safetensors").unlink()
    with pytest.raises(UsageError, match="pickled weights"):
        read_checkpoint(folder)


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 4000])
def test_a_download_that_broke_off(tmp_path, kept):
    path = tiny_folder(tmp_path / "m") / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UsageError, match="no whole safetensors file"):
        read_checkpoint(path.parent)


def test_a_header_that_claims_too_much(tmp_path):
    path = tiny_folder(tmp_path / "m") / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + path.read_bytes()[8:])
    with pytest.raises(UsageError, match="no whole safetensors file"):
        read_checkpoint(path.parent)


@settings(max_examples=50)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_damage_is_an_error_of_ours_or_harmless(noise, at):
    with tempfile.TemporaryDirectory() as root:
        path = tiny_folder(Path(root) / "m") / "model.safetensors"
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        # Noise may leave a sound file; anything else than our own error is a failure here.
        with contextlib.suppress(UsageError):
            assert read_checkpoint(path.parent).files == (path,)


def index(folder, **named):
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    text = json.dumps({"weight_map": named})
    (folder / "model.safetensors.index.json").write_text(text)
    return folder


def test_shards(tmp_path):
    folder = index(tiny_folder(tmp_path / "m"), a="model-1.safetensors")
    assert [path.name for path in read_checkpoint(folder).files] == ["model-1.safetensors"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model-2.safetensors", "lacks 'model-2.safetensors'"),
        ("../model.safetensors", "no safetensors file of this folder"),
        ("/etc/passwd", "no safetensors file of this folder"),
        ("model-1.bin", "no safetensors file of this folder"),
    ],
)
def test_an_index_that_points_elsewhere(tmp_path, name, words):
    folder = index(tiny_folder(tmp_path / "m"), a="model-1.safetensors", b=name)
    with pytest.raises(UsageError, match=words):
        read_checkpoint(folder)


def test_an_index_of_nothing(tmp_path):
    with pytest.raises(UsageError, match="lists no weights"):
        read_checkpoint(index(tiny_folder(tmp_path / "m")))
