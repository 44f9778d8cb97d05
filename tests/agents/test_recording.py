import asyncio
import json

import pytest
from terragate.agents.protocol import Message, ModelAnswer, ModelRequest, TokenUsage
from terragate.agents.recording import RecordingModel, ReplayModel, request_key
from terragate.tools.errors import ModelError, UsageError


class Parrot:
    """Says the question and how often it was asked anything; fails when asked to."""

    name = "parrot"
    rendering = "compact"

    def __init__(self):
        self.count = 0

    async def complete(self, request):
        self.count += 1
        text = request.messages[-1].content
        if text == "fail":
            raise ModelError("too long", kind="truncated", spent=(7, 2, 9))
        return ModelAnswer(
            text=f"{text} {self.count}", usage=TokenUsage(prompt=3), seconds=0.5, model="parrot"
        )


def asked(text, **changes):
    fields = {"stage": "place", "messages": (Message(role="user", content=text),), "max_tokens": 9}
    return ModelRequest(**{**fields, **changes})


def answers(model, *requests):
    async def run():
        return [await model.complete(request) for request in requests]

    return asyncio.run(run())


def test_replay_gives_the_same_answers_in_order(tmp_path):
    path = tmp_path / "deep" / "calls.jsonl"
    requests = [asked("a"), asked("b"), asked("a"), asked("Ærø\u2028x")]
    recorded = answers(RecordingModel(Parrot(), path), *requests)
    replay = ReplayModel(path)
    assert answers(replay, *requests) == recorded
    assert (replay.name, replay.rendering) == ("parrot", "compact")


def test_failures_are_replayed(tmp_path):
    path = tmp_path / "calls.jsonl"
    for model in (lambda: RecordingModel(Parrot(), path), lambda: ReplayModel(path)):
        with pytest.raises(ModelError, match="too long") as caught:
            answers(model(), asked("fail"))
        assert (caught.value.kind, caught.value.spent) == ("truncated", (7, 2, 9))


def test_unknown_and_exhausted_requests_are_told_apart(tmp_path):
    path = tmp_path / "calls.jsonl"
    answers(RecordingModel(Parrot(), path), asked("a"))
    replay = ReplayModel(path)
    with pytest.raises(ModelError, match="not at all"):
        answers(replay, asked("a", seed=1))
    answers(replay, asked("a"))
    with pytest.raises(ModelError, match=r"only 1 time\(s\)"):
        answers(replay, asked("a"))


def test_recording_is_continued_but_not_by_another_model(tmp_path):
    path = tmp_path / "calls.jsonl"
    answers(RecordingModel(Parrot(), path), asked("a"))
    answers(RecordingModel(Parrot(), path), asked("b"))
    assert len(path.read_text("utf-8").splitlines()) == 3
    other = Parrot()
    other.name = "other"
    with pytest.raises(UsageError, match="'parrot'"):
        RecordingModel(other, path)


def test_the_key_ignores_the_order_of_schema_keys():
    one = asked("a", answer_schema={"type": "object", "properties": {"x": {}, "y": {}}})
    two = asked("a", answer_schema={"properties": {"y": {}, "x": {}}, "type": "object"})
    assert request_key(one) == request_key(two) != request_key(asked("a"))


def _edited(line):
    call = json.loads(line)
    call["request"]["max_tokens"] = 10
    return json.dumps(call)


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda lines: lines[1:], "line 1"),
        (lambda lines: [lines[0], lines[1][:40]], "line 2"),
        (lambda lines: [*lines, "null"], "line 3"),
        (lambda lines: [lines[0], _edited(lines[1])], "line 2.*edited"),
        (lambda lines: [""], "line 1"),
        (lambda lines: ["\x00\x01"], "line 1"),
    ],
)
def test_a_damaged_recording_says_where(tmp_path, damage, where):
    path = tmp_path / "calls.jsonl"
    answers(RecordingModel(Parrot(), path), asked("a"))
    path.write_text("\n".join(damage(path.read_text("utf-8").splitlines())), "utf-8")
    with pytest.raises(UsageError, match=where):
        ReplayModel(path)


def test_unreadable_and_unwritable_paths(tmp_path):
    with pytest.raises(UsageError, match="absent"):
        ReplayModel(tmp_path / "absent.jsonl")
    with pytest.raises(UsageError, match="cannot read"):
        ReplayModel(tmp_path)
    (tmp_path / "file").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot read"):
        ReplayModel(tmp_path / "file")
    with pytest.raises(UsageError, match="cannot write"):
        RecordingModel(Parrot(), tmp_path / "file" / "calls.jsonl")
