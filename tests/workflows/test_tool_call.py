"""One call of a tool: what comes back is a record, whatever the tool does."""

from __future__ import annotations

import threading
from functools import partial

import anyio
import pytest
from terragate.tests.support.toy_domain import FIND, TODAY, EmptyCatalog, FindArgs
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext, ToolSpec
from terragate.workflows.tool_call import call_tool

BLANK = Record(id="r1", stage="s", tool="find", args={}, status="ok", summary="")


@pytest.fixture
def context(tmp_path):
    return ToolContext(ArtifactStore(tmp_path), EmptyCatalog(tmp_path), {}, TODAY)


def call(tool, args, context, seconds_left=30.0):
    return anyio.run(partial(call_tool, tool, args, context, BLANK, seconds_left))


@pytest.mark.parametrize(
    ("word", "status", "kind", "candidates", "retryable"),
    [
        ("boat", "ok", None, (), False),
        ("void", "empty", None, (), False),
        ("bad", "error", "not_found", ("good",), True),
        ("twin", "ambiguous", "ambiguous", ("a", "b"), True),
        ("broken", "error", "bad_data", (), False),
    ],
)
def test_each_outcome_is_a_record(context, word, status, kind, candidates, retryable):
    called = call(FIND, {"word": word}, context)
    got = called.record
    assert (got.status, got.error_kind, got.candidates) == (status, kind, candidates)
    assert called.retryable == retryable
    assert called.seconds >= 0


@pytest.mark.parametrize(
    ("args", "argument"), [({}, "word"), ({"word": 5}, "word"), ({"word": "x", "more": 1}, "more")]
)
def test_wrong_arguments_may_be_chosen_again(context, args, argument):
    called = call(FIND, args, context)
    assert (called.record.status, called.record.error_kind) == ("error", "bad_argument")
    assert argument in called.record.notes[0]
    assert called.retryable


def test_a_tool_that_takes_too_long_is_left_behind(context):
    release, ended = threading.Event(), threading.Event()

    def wait(_context, _args):
        release.wait(20)
        ended.set()
        return ToolResult(summary="late")

    slow = ToolSpec("slow", "wait", FindArgs, wait, frozenset(), cost="seconds")
    called = call(slow, {"word": "x"}, context, 0.5)
    assert not ended.is_set()
    release.set()
    assert (called.record.status, called.record.error_kind) == ("error", "unavailable")
    assert called.record.notes[0].startswith("slow took longer than")
    assert not called.retryable
    assert called.seconds >= 0.5
    # No thread of this test may outlive it.
    assert ended.wait(20)


def test_with_no_time_left_a_tool_is_not_begun(context):
    begun = threading.Event()
    slow = ToolSpec("slow", "wait", FindArgs, lambda *_: begun.set(), frozenset(), cost="seconds")
    called = call(slow, {"word": "x"}, context, -1.0)
    assert called.record.error_kind == "unavailable"
    assert not begun.is_set()


def test_a_bug_of_a_tool_is_no_record(context):
    with pytest.raises(ZeroDivisionError):
        call(FIND, {"word": "crash"}, context)
