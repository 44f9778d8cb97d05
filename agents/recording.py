"""Recorded model calls: every answer appended to a JSONL file, and answered from it again."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ..tools.errors import ModelError, ModelErrorKind, UsageError
from ..tools.records import Frozen
from .protocol import Model, ModelAnswer, ModelRequest, Rendering


class RecordingHeader(Frozen):
    """First line of a recording: who answered, and how it was asked."""

    recording: Literal[1] = 1
    model: str
    rendering: Rendering


class RecordedFailure(Frozen):
    """A call that ended in a `ModelError`, and the tokens that it cost all the same."""

    kind: ModelErrorKind
    message: str
    spent: tuple[int, int, int] = (0, 0, 0)


class RecordedCall(Frozen):
    """One call: the hash of its request, the request for people to read, and what came back."""

    key: str
    request: ModelRequest
    answer: ModelAnswer | None = None
    failure: RecordedFailure | None = None


def request_key(request: ModelRequest) -> str:
    """Return the sha256 of the request's canonical JSON."""
    plain = json.dumps(
        request.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(plain.encode()).hexdigest()


class RecordingModel:
    """Passes every request on and appends what came back to a file, failures included."""

    def __init__(self, inner: Model, path: Path) -> None:
        self.name = inner.name
        self.rendering: Rendering = inner.rendering
        self._inner = inner
        self._path = path
        header = RecordingHeader(model=inner.name, rendering=inner.rendering)
        if not path.exists() or path.stat().st_size == 0:
            self._append(header)
            return
        found, _ = read_recording(path)
        if found != header:
            raise UsageError(
                f"recording {str(path)!r} is of model {found.model!r} ({found.rendering}), not "
                f"{header.model!r} ({header.rendering}): choose another file"
            )

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request through the inner model and record it."""
        key = request_key(request)
        try:
            answer = await self._inner.complete(request)
        except ModelError as error:
            failure = RecordedFailure(kind=error.kind, message=str(error), spent=error.spent)
            self._append(RecordedCall(key=key, request=request, failure=failure))
            raise
        self._append(RecordedCall(key=key, request=request, answer=answer))
        return answer

    def _append(self, line: Frozen) -> None:
        # One write per line, so that a killed process leaves whole lines.
        text = line.model_dump_json(exclude_none=True) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(file, text.encode())
            finally:
                os.close(file)
        except OSError as error:
            raise UsageError(
                f"cannot write recording {str(self._path)!r} ({error.strerror}): "
                "choose a file in a folder that can be written"
            ) from error


class ReplayModel:
    """Answers from a recording only; equal requests get their answers in recorded order."""

    def __init__(self, path: Path) -> None:
        header, calls = read_recording(path)
        self.name = header.model
        self.rendering: Rendering = header.rendering
        self._path = path
        self._asked: Counter[str] = Counter()
        self._calls: dict[str, list[RecordedCall]] = {}
        for call in calls:
            self._calls.setdefault(call.key, []).append(call)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request from the recording."""
        key = request_key(request)
        calls = self._calls.get(key, [])
        index = self._asked[key]
        if index >= len(calls):
            times = f"only {len(calls)} time(s)" if calls else "not at all"
            raise ModelError(
                f"recording {str(self._path)!r} holds this request of stage {request.stage!r} "
                f"{times} (key {key[:12]}): question, archive or code changed since; record again",
                kind="unreachable",
            )
        self._asked[key] += 1
        call = calls[index]
        if call.answer is not None:
            return call.answer
        assert call.failure is not None
        failed = call.failure
        raise ModelError(failed.message, kind=failed.kind, spent=failed.spent)


def read_recording(path: Path) -> tuple[RecordingHeader, list[RecordedCall]]:
    """Return the header and the calls of a recording."""
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read recording {str(path)!r} ({error}): check the path"
        ) from error
    number = 1
    try:
        header = RecordingHeader.model_validate_json(lines[0])
        calls: list[RecordedCall] = []
        while number < len(lines):
            number += 1
            calls.append(_checked(RecordedCall.model_validate_json(lines[number - 1])))
    except ValueError as error:
        raise UsageError(
            f"recording {str(path)!r}, line {number}, is not a recorded model call "
            f"({_first_line(error)}): delete that line, or record again"
        ) from error
    return header, calls


def _checked(call: RecordedCall) -> RecordedCall:
    if call.key != request_key(call.request):
        raise ValueError("its key is not the hash of its request: the line was edited")
    if (call.answer is None) == (call.failure is None):
        raise ValueError("it needs either an answer or a failure")
    return call


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"])
    return str(error)
