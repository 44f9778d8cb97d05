"""The client of OpenAI-compatible chat servers: a question in, a complete, checked answer out."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, SecretStr, ValidationError

from ..tools.errors import ModelError
from .protocol import Message, ModelAnswer, ModelRequest, Rendering, TokenUsage
from .schema_check import answer_json, corrected, schema_fault, told_schema
from .transport import JsonServer, Limits, RejectedError, excerpt

SchemaSupport = Literal["honoured", "ignored", "refused"]

NO_TOKENS = TokenUsage()
CHAT_PATH = "/v1/chat/completions"
_SCHEMA_WORDS = ("response_format", "json_schema", "schema", "grammar", "structured")


class ChatMessage(BaseModel):
    """What a server says; `reasoning` has two names in the field."""

    content: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class ChatChoice(BaseModel):
    """One alternative and why it ended."""

    message: ChatMessage
    finish_reason: str | None = None


class PromptDetails(BaseModel):
    """Details of the prompt's tokens."""

    cached_tokens: int | None = None


class ChatUsage(BaseModel):
    """Tokens as the server counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None


class ChatCompletion(BaseModel):
    """The part of a chat completion that matters here."""

    choices: list[ChatChoice]
    usage: ChatUsage | None = None
    model: str | None = None


class HttpModel:
    """A model behind an OpenAI-compatible URL; it lives in one process and asks concurrently.

    `body` holds extra fields of every request (`chat_template_kwargs`, `reasoning_effort` …).
    `schema_support` is what a probe found: a server that does not honour schemas is told the
    schema in words, and each answer that breaks it is corrected once (`ModelAnswer.corrected`).
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        rendering: Rendering,
        api_key: SecretStr | None = None,
        body: dict[str, Any] | None = None,
        schema_support: SchemaSupport = "honoured",
        limits: Limits | None = None,
    ) -> None:
        self.name = model
        self.rendering: Rendering = rendering
        self.schema_support: SchemaSupport = schema_support
        self._body = dict(body or {})
        self._server = JsonServer(base_url, api_key=api_key, limits=limits)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request; raise `ModelError` when no usable text comes."""
        started = time.perf_counter()
        messages, schema = request.messages, request.answer_schema
        if schema is None:
            text, usage, model = _usable(await self._ask(request, messages), request)
            return _answer(text, usage, model or self.name, started)
        if self.schema_support != "honoured":
            messages = told_schema(messages, schema)
        text, usage, model = _usable(await self._ask_schema(request, messages), request)
        text = answer_json(text)
        fault = schema_fault(text, schema)
        if fault is not None:
            messages = corrected(request.messages, text, fault, schema)
            again = await self._ask_schema(request, messages)
            text, usage, model = _usable(again, request, before=usage)
            text = answer_json(text)
            second_fault = schema_fault(text, schema)
            if second_fault is not None:
                raise ModelError(
                    f"model {self.name!r} broke the answer schema twice, at last with "
                    f"{excerpt(text)!r} ({second_fault}): use a server that honours JSON schemas "
                    "(see 'terragate models check URL') or a larger model",
                    kind="invalid",
                    spent=usage.counts,
                )
        return _answer(text, usage, model or self.name, started, is_corrected=fault is not None)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _ask_schema(
        self, request: ModelRequest, messages: tuple[Message, ...]
    ) -> ChatCompletion:
        schema = request.answer_schema
        if schema is None or self.schema_support == "refused":
            return await self._ask(request, messages)
        try:
            return await self._ask(request, messages, response_format=_response_format(schema))
        except RejectedError as error:
            if not rejects_schema(error):
                raise
        completion = await self._ask(request, told_schema(messages, schema))
        self.schema_support = "refused"
        return completion

    async def _ask(
        self, request: ModelRequest, messages: tuple[Message, ...], **more: Any
    ) -> ChatCompletion:
        payload: dict[str, Any] = {
            "model": self.name,
            "messages": [message.model_dump() for message in messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            **more,
            **self._body,
        }
        return parse_completion(await self._server.post(CHAT_PATH, payload))


def rejects_schema(error: RejectedError) -> bool:
    """Return whether a server rejected the request because of its JSON schema."""
    detail = error.detail.lower()
    statuses = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}
    return error.status in statuses and any(word in detail for word in _SCHEMA_WORDS)


def parse_completion(body: Any) -> ChatCompletion:
    """Return the typed completion, or raise `ModelError` for a body that is none."""
    try:
        completion = ChatCompletion.model_validate(body)
    except ValidationError as error:
        raise ModelError(
            f"the server's answer {excerpt(repr(body))} is not a chat completion: "
            "is this an OpenAI-compatible server?",
            kind="invalid",
        ) from error
    if not completion.choices:
        raise ModelError("the server's answer holds no choices: ask again", kind="empty")
    return completion


def _usable(
    completion: ChatCompletion, request: ModelRequest, before: TokenUsage = NO_TOKENS
) -> tuple[str, TokenUsage, str]:
    """Return the complete text, its token counts with those spent before, and the model's name."""
    choice = completion.choices[0]
    message = choice.message
    usage = before + _usage_of(completion)
    spent = usage.counts
    if message.refusal or choice.finish_reason == "content_filter":
        reason = message.refusal or "content filter"
        said = f"the model refused to answer: {excerpt(reason)!r}"
        raise ModelError(said, kind="refused", spent=spent)
    if choice.finish_reason == "length":
        raise ModelError(
            f"the answer was cut at max_tokens={request.max_tokens} in stage {request.stage!r}: "
            f"{excerpt(message.content or '')!r}; a thinking model needs more, or thinking off",
            kind="truncated",
            spent=spent,
        )
    if not message.content or not message.content.strip():
        thought = message.reasoning or message.reasoning_content
        only = "only its thinking" if thought else "nothing"
        raise ModelError(
            f"the model answered {only} in stage {request.stage!r}: "
            "check its chat template and thinking settings",
            kind="empty",
            spent=spent,
        )
    return message.content, usage, completion.model or ""


def _usage_of(completion: ChatCompletion) -> TokenUsage:
    counts = completion.usage or ChatUsage()
    cached = counts.prompt_tokens_details.cached_tokens if counts.prompt_tokens_details else None
    return TokenUsage(
        prompt=counts.prompt_tokens or 0,
        cached=cached or 0,
        completion=counts.completion_tokens or 0,
    )


def _answer(
    text: str, usage: TokenUsage, model: str, started: float, *, is_corrected: bool = False
) -> ModelAnswer:
    return ModelAnswer(
        text=text,
        usage=usage,
        seconds=time.perf_counter() - started,
        model=model,
        corrected=is_corrected,
    )


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": True},
    }
