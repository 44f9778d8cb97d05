import asyncio
from pathlib import Path

import pytest
from terragate.agents import profiles
from terragate.agents.probe import fitted, probe
from terragate.agents.profiles import PROFILES, Price, find_profile, load_profiles, open_model
from terragate.agents.protocol import TokenUsage
from terragate.agents.transport import Limits
from terragate.tests.support import openai_server as remote
from terragate.tests.support.openai_server import serving
from terragate.tools.errors import InfrastructureError, ModelError, UsageError

QUICK = Limits(timeout_s=5.0, first_pause_s=0.0)


def probed(behaviour, *, wanted=None, **options):
    with serving(behaviour, **options) as served:
        return asyncio.run(probe(served.url, model=wanted, limits=QUICK))


def test_a_server_that_honours_schemas():
    found = probed(remote.honours_schema, model="terragate-nano")
    assert (found.schema_support, found.rendering) == ("honoured", "compact")
    assert (found.version, found.max_model_len, found.healthy) == ("9.9", 512, True)
    assert found.cached_tokens
    assert found.notes == ()


def test_a_server_that_ignores_schemas_and_thinks():
    found = probed(remote.says('{"word": "hello"}', reasoning="hm"), is_vllm=False)
    assert (found.schema_support, found.rendering) == ("ignored", "chat")
    assert found.reasoning_field == "reasoning"
    assert (found.version, found.healthy) == (None, None)
    assert len(found.notes) == 2


def test_a_server_that_refuses_schemas():
    assert probed(remote.refuses_schema).schema_support == "refused"


def test_a_server_that_answers_nonsense():
    with pytest.raises(ModelError) as caught:
        probed(remote.replies(b"<html>"))
    assert caught.value.kind == "invalid"


def test_a_model_that_is_not_served():
    with pytest.raises(ModelError, match="it has: test-model"):
        probed(remote.honours_schema, wanted="other")


def test_a_url_becomes_a_profile_that_the_probe_completes():
    with serving(remote.honours_schema) as served:
        profile = find_profile(served.url, PROFILES)
        assert profile.model == ""
        fit = fitted(profile, asyncio.run(probe(served.url, limits=QUICK)))
    assert (fit.model, fit.rendering, fit.base_url) == ("test-model", "chat", served.url[:-3])
    assert open_model(fit).name == "test-model"


def test_unknown_profile_names_the_known_ones():
    with pytest.raises(UsageError, match="nano, nano-bf16, qwen3-8b"):
        find_profile("nanno", PROFILES)


def test_nano_needs_a_started_server():
    with pytest.raises(InfrastructureError, match="terragate serve model --profile nano"):
        open_model(profiles.NANO)


def test_profiles_of_a_file_come_beside_the_built_in_ones(tmp_path):
    path = tmp_path / "terragate.toml"
    path.write_text(
        '[profiles.mine]\nmodel = "m"\nrendering = "chat"\nweights = "w"\n'
        'price = {prompt = 2.0, cached = 1.0, completion = 4.0}\n[profiles.nano]\nmodel = "n"\n'
        'rendering = "compact"\nbase_url = "http://127.0.0.1:9"\n'
    )
    found = load_profiles(path)
    assert [p.name for p in found] == ["nano-bf16", "qwen3-8b", "mine", "nano"]
    assert find_profile("mine", found).weights == tmp_path / "w"
    assert find_profile("nano", found).model == "n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles", "cannot read"),
        ("profiles = 3", "is no table"),
        ("[profiles]\nx = 3", "is no table"),
        ('[profiles.x]\nmodel = "m"', "rendering"),
        ('[profiles.x]\nmodel = "m"\nrendering = "loud"', "loud"),
        ('[profiles.x]\nmodel = "m"\nrendering = "chat"\nkey = "s"', "key"),
    ],
)
def test_bad_profile_files(tmp_path, text, said):
    path = tmp_path / "terragate.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        load_profiles(path)


def test_missing_profile_file():
    with pytest.raises(UsageError, match="cannot read"):
        load_profiles(Path("absent.toml"))


def test_cost_counts_cached_tokens_apart():
    price = Price(prompt=2.0, cached=1.0, completion=4.0)
    usage = TokenUsage(prompt=1_000_000, cached=500_000, completion=250_000)
    assert price.cost(usage) == pytest.approx(1.0 + 0.5 + 1.0)
