import asyncio
import json
import socket

import pytest
from pydantic import SecretStr
from terragate.agents.model import HttpModel
from terragate.agents.protocol import Message, ModelAnswer, ModelRequest
from terragate.agents.transport import Limits
from terragate.tests.support import openai_server as remote
from terragate.tests.support.openai_server import Served, serving
from terragate.tools.errors import ModelError, UsageError

SCHEMA = {
    "type": "object",
    "properties": {"tool": {"enum": ["find_place", "done"]}},
    "required": ["tool"],
    "additionalProperties": False,
}
QUICK = Limits(timeout_s=5.0, first_pause_s=0.0)
GOOD = '{"tool": "done"}'


def request(schema=None, **changes):
    messages = (Message(role="system", content="role"), Message(role="user", content="where?"))
    fields = {"stage": "place", "messages": messages, "answer_schema": schema, "max_tokens": 64}
    return ModelRequest(**{**fields, **changes})


def ask(served: Served | str, asked: ModelRequest, *, limits: Limits = QUICK, **options):
    async def run() -> ModelAnswer:
        url = served if isinstance(served, str) else served.url
        model = HttpModel(url, "test-model", rendering="chat", limits=limits, **options)
        try:
            return await model.complete(asked)
        finally:
            await model.aclose()

    return asyncio.run(run())


def failure(*behaviours, limits: Limits = QUICK, schema=None) -> ModelError:
    with serving(*behaviours) as served, pytest.raises(ModelError) as caught:
        ask(served, request(schema), limits=limits)
    return caught.value


def test_answer_under_schema_with_usage_and_every_request_field():
    with serving(remote.honours_schema) as served:
        answer = ask(
            served,
            request(SCHEMA, seed=7),
            api_key=SecretStr("key-1"),
            body={"chat_template_kwargs": {"enable_thinking": False}},
        )
    assert json.loads(answer.text) == {"tool": "find_place"}
    assert (answer.usage.prompt, answer.usage.cached, answer.usage.completion) == (20, 16, 5)
    assert not answer.corrected
    (sent,) = served.requests
    assert sent["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": SCHEMA,
        "strict": True,
    }
    assert (sent["max_tokens"], sent["seed"], sent["temperature"]) == (64, 7, 0.0)
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert served.headers[0]["Authorization"] == "Bearer key-1"


def test_no_schema_sends_no_response_format():
    with serving(remote.says("free text")) as served:
        assert ask(served, request()).text == "free text"
    assert "response_format" not in served.requests[0]


@pytest.mark.parametrize(
    "failing",
    [remote.status(429, Retry_After="0"), remote.status(503), remote.status(500)],
    ids=["429", "503", "500"],
)
def test_transient_status_is_tried_again(failing):
    with serving(failing, failing, remote.says("ok")) as served:
        assert ask(served, request()).text == "ok"
    assert len(served.requests) == 3


def test_dying_mid_answer_is_tried_again():
    with serving(remote.dies_mid_body, remote.says("ok")) as served:
        assert ask(served, request()).text == "ok"


def test_retry_after_is_honoured_up_to_the_longest_pause():
    limits = Limits(timeout_s=5.0, first_pause_s=0.0, longest_pause_s=0.05)
    with serving(remote.status(429, Retry_After="3600"), remote.says("ok")) as served:
        assert ask(served, request(), limits=limits).text == "ok"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (remote.status(500), "unreachable"),
        (remote.status(429), "unreachable"),
        (remote.status(404), "unreachable"),
        (remote.status(307, Location="http://192.0.2.1/"), "unreachable"),
        (remote.status(401), "refused"),
        (remote.status(400, "prompt too long"), "invalid"),
        (remote.dies_mid_body, "unreachable"),
        (remote.endless, "invalid"),
        (remote.replies(b"<html>not json"), "invalid"),
        (remote.replies(b"[" * 100_000), "invalid"),
        (remote.replies(b'{"choices": "many"}'), "invalid"),
        (remote.replies(b""), "invalid"),
        (remote.replies(b'{"choices": []}'), "empty"),
        (remote.says(None), "empty"),
        (remote.says("  \n"), "empty"),
        (remote.says(None, reasoning="hm"), "empty"),
        (remote.says("half an ans", finish="length"), "truncated"),
        (remote.says(None, refusal="I must not"), "refused"),
        (remote.says("", finish="content_filter"), "refused"),
    ],
)
def test_each_failure_has_its_kind(behaviour, kind):
    assert failure(behaviour).kind == kind


@pytest.mark.parametrize(
    ("behaviours", "spent"),
    [
        ([remote.says("half an ans", finish="length")], (20, 16, 5)),
        ([remote.says(None, refusal="I must not")], (20, 16, 5)),
        ([remote.says("no JSON"), remote.says("no JSON either")], (40, 32, 10)),
        ([remote.says("no JSON"), remote.says("", finish="length")], (40, 32, 10)),
        ([remote.status(400, "prompt too long")], (0, 0, 0)),
    ],
)
def test_an_answer_that_nobody_can_use_says_what_it_cost(behaviours, spent):
    with serving(*behaviours) as served, pytest.raises(ModelError) as caught:
        ask(served, request(SCHEMA))
    assert caught.value.spent == spent


def test_attempts_are_bounded():
    with serving(remote.status(503)) as served, pytest.raises(ModelError):
        ask(served, request(), limits=Limits(attempts=3, first_pause_s=0.0))
    assert len(served.requests) == 3


def test_a_hanging_server_is_a_timeout():
    error = failure(remote.hangs, limits=Limits(timeout_s=0.1, first_pause_s=0.0, attempts=2))
    assert error.kind == "timeout"


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ModelError, match="terragate serve model") as caught:
        ask(url, request())
    assert caught.value.kind == "unreachable"


def test_a_server_that_ignores_the_schema_is_corrected_once():
    with serving(remote.says("Rotterdam!"), remote.says(f"```json\n{GOOD}\n```")) as served:
        answer = ask(served, request(SCHEMA))
    assert (answer.text, answer.corrected) == (GOOD, True)
    assert answer.usage.prompt == 40
    roles = [message["role"] for message in served.requests[1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert "it is not JSON" in served.requests[1]["messages"][-1]["content"]


def test_breaking_the_schema_twice_is_invalid():
    error = failure(remote.says('{"tool": "rm"}'), schema=SCHEMA)
    assert error.kind == "invalid"
    assert "'rm' is not one of" in str(error)


def test_a_server_that_refuses_schemas_is_told_in_words_from_then_on():
    async def run(url):
        model = HttpModel(url, "test-model", rendering="chat", limits=QUICK)
        answers = [await model.complete(request(SCHEMA)) for _ in range(2)]
        await model.aclose()
        return model, answers

    with serving(remote.refuses_schema) as served:
        model, answers = asyncio.run(run(served.url))
    assert model.schema_support == "refused"
    assert [json.loads(a.text) for a in answers] == [{"tool": "find_place"}] * 2
    assert ["response_format" in sent for sent in served.requests] == [True, False, False]


def test_thinking_before_the_answer_is_left_out():
    with serving(remote.says(f"<think>{{}} hm</think>\n{GOOD}")) as served:
        answer = ask(served, request(SCHEMA))
    assert (answer.text, answer.corrected) == (GOOD, False)


def test_concurrency_is_bounded():
    async def run(url):
        limits = Limits(max_concurrency=3)
        model = HttpModel(url, "test-model", rendering="chat", limits=limits)
        answers = await asyncio.gather(*(model.complete(request()) for _ in range(9)))
        await model.aclose()
        return answers

    with serving(remote.slow(0.02)) as served:
        answers = asyncio.run(run(served.url))
    assert len(answers) == 9
    assert 2 <= served.most_at_once <= 3


def test_one_model_in_two_event_loops():
    with serving(remote.says("ok")) as served:
        model = HttpModel(served.url, "test-model", rendering="chat", limits=QUICK)

        async def run():
            answer = await model.complete(request())
            await model.aclose()
            return answer.text

        assert [asyncio.run(run()), asyncio.run(run())] == ["ok", "ok"]


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://host", "http://", "http://user:pw@host/", "http://[::1"]
)
def test_bad_urls(url):
    with pytest.raises(UsageError) as caught:
        HttpModel(url, "m", rendering="chat")
    assert "pw" not in str(caught.value)


def test_a_key_that_no_header_can_carry():
    with pytest.raises(UsageError) as caught:
        HttpModel("http://127.0.0.1:1", "m", rendering="chat", api_key=SecretStr("a\nb"))
    assert "a\nb" not in str(caught.value)
