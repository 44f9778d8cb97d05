"""One sample's view of the arm's model: a seed of its own, and everything it says is counted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser
from inspect_ai.solver import TaskState

from ...agents.model import HttpModel
from ...agents.protocol import Model, ModelAnswer, ModelRequest, Rendering, TokenUsage
from ...tools.errors import InfrastructureError, ModelError
from .suite import Arm


class Sampled:
    """The model as one sample of one item asks it; seeds follow from arm, item and sample alone.

    `seconds` are those of the model calls, added up; calls without a usable answer count as calls.
    """

    def __init__(self, arm: Arm, item: str, epoch: int) -> None:
        self._inner: Model = arm.model
        self._temperature = arm.sampled_at
        self._key = f"{arm.seed}/{item}/{epoch}"
        self.name = arm.model.name
        self.rendering: Rendering = arm.model.rendering
        self.said: list[tuple[ModelRequest, str]] = []
        self.usage = TokenUsage()
        self.calls = 0
        self.seconds = 0.0

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Ask under this sample's seed; a server that is gone ends the sample unanswered."""
        changed: dict[str, object] = {"seed": self.seed(request.seed)}
        if self._temperature is not None:
            changed["temperature"] = self._temperature
        asked = request.model_copy(update=changed)
        started = time.perf_counter()
        self.calls += 1
        try:
            answer = await self._inner.complete(asked)
        except ModelError as error:
            self.said.append((asked, f"[{error.kind}] {error}"))
            self.usage += TokenUsage.of(error.spent)
            raise
        finally:
            self.seconds += time.perf_counter() - started
        self.said.append((asked, answer.text))
        self.usage += answer.usage
        return answer

    def seed(self, number: int) -> int:
        """Return the seed that stands for `number` in this sample, below 2**31."""
        digest = hashlib.sha256(f"{self._key}/{number}".encode()).digest()
        return int.from_bytes(digest[:4], "big") >> 1


class Door:
    """Lets samples in to the model, and closes its connections when the last has left.

    They belong to inspect's event loop, which nobody else sees the end of.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._turn = anyio.Lock()

    @asynccontextmanager
    async def sample(self, arm: Arm, item: str, epoch: int) -> AsyncGenerator[Sampled]:
        """Hold one sample's view of the model."""
        # Nobody comes in while the connections are being closed.
        async with self._turn:
            self._inside += 1
        try:
            yield Sampled(arm, item, epoch)
        finally:
            self._inside -= 1
            if isinstance(arm.model, HttpModel):
                with anyio.CancelScope(shield=True):
                    async with self._turn:
                        if not self._inside:
                            await arm.model.aclose()


def require_alive(kind: str, reason: str) -> None:
    """Raise for a dead server: the sample stays open and is asked again when the run goes on."""
    if kind == "unreachable":
        raise InfrastructureError(f"{reason}; mend the model server and go on with --resume")


def noted(state: TaskState, model: Sampled, completion: str) -> TaskState:
    """Keep what was said for the viewer, and what it cost for the figures."""
    if model.said:
        # inspect begins with the bare input, which no model was shown like that.
        state.messages.clear()
    for request, text in model.said:
        for message in request.messages:
            kind = ChatMessageSystem if message.role == "system" else ChatMessageUser
            state.messages.append(kind(content=message.content))
        state.messages.append(ChatMessageAssistant(content=text))
    state.store.set(
        "cost",
        {
            "prompt": model.usage.prompt,
            "cached": model.usage.cached,
            "completion": model.usage.completion,
            "model_calls": model.calls,
            "seconds": round(model.seconds, 4),
        },
    )
    state.output.completion = completion
    return state


def cost_of(state: TaskState) -> dict[str, Any]:
    """Return what goes into a score's metadata: a sample that is recovered has no store."""
    return {"cost": state.store.get("cost")}
