"""The catalogue's facts, the memory formulas, and what makes a model folder unfit to load."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.agents.profiles import NANO
from terragate.deploy.models.catalogue import catalogue, find_entry, load_catalogue
from terragate.deploy.models.shape import SCHEMES, Shape, read_checkpoint
from terragate.deploy.models.verify import problems
from terragate.tests.support.command_line import command
from terragate.tests.support.hub_server import CONFIG, folder_of, tiny_files, weights
from terragate.tools.errors import InfrastructureError, UsageError

SMALL = Shape(
    architecture="Qwen3ForCausalLM",
    layers=8,
    hidden=512,
    intermediate=1536,
    heads=8,
    kv_heads=4,
    head_dim=64,
    vocabulary=4096,
    tied=True,
)
ENTRY = """
[models.one]
about = "a"
source = "b"
domain = "rtl"
{more}
"""


# Files that llm-compressor 0.14 wrote for this very shape; their headers are a few kB.
@pytest.mark.parametrize(
    ("scheme", "size"), [("bf16", 54_555_224), ("w8a8", 29_477_392), ("w4a16", 17_212_688)]
)
def test_weights_take_what_real_files_take(scheme, size):
    assert 0 < size - SMALL.weight_bytes(scheme) < 25_000


# Counts and file sizes that others published.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("qwen2.5-coder-7b", 7_615_616_512), ("qwen3-8b", 8_190_735_360)],
)
def test_parameters_are_those_published(name, parameters):
    assert find_entry(name).checkpoint().shape.parameters == parameters


def test_mistral_small_takes_what_its_shards_take():
    assert find_entry("mistral-small").checkpoint().shape.weight_bytes("bf16") == 47_144_806_400


def test_nano_is_counted_as_its_manifest_says():
    entry = find_entry("nano")
    manifest = json.loads((entry.place(Path()) / "manifest.json").read_text())
    assert entry.place(Path()) == NANO.weights
    assert entry.checkpoint().shape.parameters == manifest["parameters"]


def test_the_cache_of_a_token():
    # Keys and values, 36 layers, 8 heads of 128, two bytes each.
    assert find_entry("qwen3-8b").checkpoint().shape.cache_bytes(1) == 2 * 36 * 8 * 128 * 2


@given(st.sampled_from([e.name for e in catalogue()]))
def test_fewer_bits_take_less(name):
    shape = find_entry(name).checkpoint().shape
    full, eight, four = (shape.weight_bytes(scheme) for scheme in SCHEMES)
    assert full > eight > four > full // 5


def test_what_is_not_known_is_left_out():
    entries = catalogue()
    assert len({entry.name for entry in entries}) == len(entries) > 10
    assert all(entry.pinned or entry.revision == "main" for entry in entries)
    assert find_entry("verithoughts-7b").licence == ""
    assert not find_entry("verithoughts-7b").pinned
    assert find_entry("qwen2.5-coder-7b").tool_call_parser is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models = 3", "is no table"),
        ("[models]\none = 3", "write \\[models.one\\]"),
        ("[models", "cannot read the catalogue"),
        (ENTRY.format(more=""), "either 'folder' or 'repository'"),
        (ENTRY.format(more='folder = "a"\nrepository = "b/c"'), "either 'folder' or"),
        (ENTRY.format(more='repository = "b/c"'), "needs 'context' and a 'shape'"),
        (ENTRY.format(more='repository = "../../etc"'), "repository: .*found '../../etc'"),
        (ENTRY.format(more='folder = "a"\nsha256 = {x = "12"}'), "hexadecimal digests"),
        (ENTRY.format(more='folder = "a"\nspeed = 3'), "speed: Extra inputs"),
    ],
)
def test_a_wrong_catalogue_says_what_is_wrong(tmp_path, text, says):
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        load_catalogue(path)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, UsageError, "unknown architecture"),
        ({"architectures": []}, UsageError, "unknown architecture.*found ''"),
        ({"architectures": 3}, UsageError, "missing or wrong"),
        ({"hidden_size": "many"}, UsageError, "served here"),
        ({"vocab_size": 0}, UsageError, "greater than or equal to 1"),
        ({"num_attention_heads": 0, "head_dim": None}, UsageError, "served here"),
        ({"quantization_config": {"quant_method": "gptq"}}, UsageError, "'gptq'"),
        ({"quantization_config": "yes"}, UsageError, "'yes'"),
    ],
)
def test_a_config_that_cannot_be_served(tmp_path, change, kind, says):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **change}))
    with pytest.raises(kind, match=says):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["[1]", "{", b"\xff\xfe"])
def test_a_damaged_config(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InfrastructureError, match="fetch the model again"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("bits", "activations", "scheme"), [(8, {"num_bits": 8}, "w8a8"), (4, None, "w4a16")]
)
def test_the_scheme_is_read_from_the_config(tmp_path, bits, activations, scheme):
    group = {"weights": {"num_bits": bits}, "input_activations": activations}
    quantized = {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}}
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "quantization_config": quantized}))
    assert read_checkpoint(tmp_path).scheme == scheme


@pytest.fixture
def nano(tmp_path):
    return shutil.copytree(NANO.weights, tmp_path / "nano")


def test_our_own_weights_are_whole(nano):
    assert problems(nano) == ()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("pytorch_model.bin", b"x", "is a pickle"),
        ("original/consolidated.00.pth", b"x", "is a pickle"),
        ("modeling_nano.py", b"x", "is code"),
        ("other.safetensors", b"x", "no whole safetensors"),
        ("other.safetensors", weights(), "not in manifest.json"),
        ("tokenizer_config.json", b'{"auto_map": {}}', "code of its own"),
        ("config.json", b'{"architectures": ["Evil"]}', "is missing"),
        ("config.json", b"{", "cannot be read"),
        ("manifest.json", b"{}", "damaged"),
        ("manifest.json", b'{"name": "n", "sha256": {"../../etc/passwd": "a"}}', "no file name"),
        ("manifest.json", b'{"sha256": {"gone.safetensors": "a"}}', "is missing"),
        ("a.safetensors.index.json", b'{"weight_map": {"no.such": "f"}}', "names 1 tensors"),
        ("a.safetensors.index.json", b"[]", "cannot be read"),
    ],
)
def test_a_folder_that_may_not_be_loaded(nano, name, data, says):
    path = nano / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    assert any(says in problem for problem in problems(nano)), problems(nano)


@given(st.data())
def test_one_changed_byte_is_found(tmp_path_factory, data):
    folder = folder_of(tmp_path_factory.mktemp("m") / "m", tiny_files())
    whole = (folder / "model.safetensors").read_bytes()
    digest = {"model.safetensors": hashlib.sha256(whole).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"name": "m", "sha256": digest}))
    assert problems(folder) == ()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    (folder / "model.safetensors").write_bytes(changed)
    assert any("sha256" in problem for problem in problems(folder))


def test_weights_cut_short(nano):
    path = nano / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert len(problems(nano)) == 2


def test_no_weights_and_no_folder(nano):
    (nano / "model.safetensors").unlink()
    assert "it holds no *.safetensors" in problems(nano)
    with pytest.raises(InfrastructureError, match="no model folder"):
        problems(nano / "gone")


def test_show_and_list_and_verify_as_commands(nano):
    shown = json.loads(command("models", "show", "qwen3-8b", "--json").out)
    assert shown["weights_gb"] == {"bf16": 16.381, "w8a8": 9.439, "w4a16": 6.071}
    assert "8190735360" in command("models", "show", "qwen3-8b").out
    listed = json.loads(command("models", "list", "--json").out)
    assert [p["name"] for p in listed["profiles"]][:1] == ["nano"]
    assert {e["name"] for e in listed["catalogue"]} == {e.name for e in catalogue()}
    assert "mistral-small" in command("models", "list").out
    assert command("models", "verify", "nano").code == 0
    (nano / "evil.pkl").write_bytes(b"")
    bad = command("models", "verify", nano, "--json")
    assert bad.code == 1
    assert "evil.pkl" in json.loads(bad.out)["problems"][0]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "gpt-9"), 2, "no model 'gpt-9'"),
        (("fetch", "nano"), 2, "nothing to fetch"),
        (("fetch", "rtlcoder-mistral"), 2, "pickles only"),
        (("verify", "no-such-folder"), 3, "no model folder"),
    ],
)
def test_commands_given_wrong_things(arguments, code, says):
    outcome = command("models", *arguments)
    assert outcome.code == code
    assert says in outcome.err
