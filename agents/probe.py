"""What a model server can do, found by asking it: above all, whether it honours JSON schemas."""

from __future__ import annotations

import json
import secrets
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from ..tools.errors import ModelError
from ..tools.records import Frozen
from .model import CHAT_PATH, ChatCompletion, SchemaSupport, parse_completion, rejects_schema
from .profiles import Profile
from .protocol import Rendering
from .schema_check import answer_json
from .transport import JsonServer, Limits, RejectedError

_PROBE_TOKENS = 256


class Capabilities(Frozen):
    """What was found: `model` is the name to ask for, `root` the checkpoint behind it.

    `schema_support` is `honoured` only if the server produced a random word that nothing but the
    schema contained. `notes` say what follows from it, for a person.
    """

    url: str
    model: str
    models: tuple[str, ...]
    root: str | None = None
    version: str | None = None
    max_model_len: int | None = None
    healthy: bool | None = None
    schema_support: SchemaSupport
    reasoning_field: str | None = None
    cached_tokens: bool = False
    rendering: Rendering
    notes: tuple[str, ...] = ()


class _ModelCard(BaseModel):
    id: str
    root: str | None = None
    max_model_len: int | None = None


class _ModelList(BaseModel):
    data: list[_ModelCard]


async def probe(
    base_url: str,
    *,
    model: str | None = None,
    api_key: SecretStr | None = None,
    body: dict[str, Any] | None = None,
    limits: Limits | None = None,
) -> Capabilities:
    """Ask a server what it serves and what it honours; raise `ModelError` when it cannot answer."""
    server = JsonServer(base_url, api_key=api_key, limits=limits)
    try:
        cards = await _models(server)
        card = _chosen(cards, model, server.root)
        support, completion = await _schema_support(server, card.id, body or {})
        reasoning = _reasoning_field(completion)
        caching = _counts_cached(completion)
        return Capabilities(
            url=server.root,
            model=card.id,
            models=tuple(c.id for c in cards),
            root=card.root,
            version=await _version(server),
            max_model_len=card.max_model_len,
            healthy=await _healthy(server),
            schema_support=support,
            reasoning_field=reasoning,
            cached_tokens=caching,
            rendering=_rendering(card),
            notes=_notes(support, reasoning, caching=caching),
        )
    finally:
        await server.aclose()


def fitted(profile: Profile, found: Capabilities) -> Profile:
    """Return the profile with the server, model name and rendering that a probe found."""
    return profile.model_copy(
        update={"base_url": found.url, "model": found.model, "rendering": found.rendering}
    )


async def _models(server: JsonServer) -> list[_ModelCard]:
    try:
        return _ModelList.model_validate(await server.get("/v1/models")).data
    except ValidationError as error:
        raise ModelError(
            f"{server.root!r} does not list its models: is it an OpenAI-compatible server?",
            kind="invalid",
        ) from error


def _chosen(cards: list[_ModelCard], model: str | None, root: str) -> _ModelCard:
    if not cards:
        raise ModelError(f"{root!r} serves no model: load one", kind="unreachable")
    if model is None:
        return cards[0]
    for card in cards:
        if card.id == model:
            return card
    served = ", ".join(card.id for card in cards[:10])
    raise ModelError(f"{root!r} serves no model {model!r}; it has: {served}", kind="unreachable")


async def _schema_support(
    server: JsonServer, model: str, body: dict[str, Any]
) -> tuple[SchemaSupport, ChatCompletion | None]:
    word = f"w{secrets.token_hex(4)}"
    schema = {
        "type": "object",
        "properties": {"word": {"enum": [word]}},
        "required": ["word"],
        "additionalProperties": False,
    }
    payload: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": _PROBE_TOKENS,
        "temperature": 0,
        "seed": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "probe", "schema": schema, "strict": True},
        },
        **body,
    }
    try:
        completion = parse_completion(await server.post(CHAT_PATH, payload))
    except RejectedError as error:
        if not rejects_schema(error):
            raise
        return "refused", None
    try:
        honoured = json.loads(answer_json(completion.choices[0].message.content or "")) == {
            "word": word
        }
    except (ValueError, RecursionError):
        honoured = False
    return ("honoured" if honoured else "ignored"), completion


def _reasoning_field(completion: ChatCompletion | None) -> str | None:
    if completion is None:
        return None
    message = completion.choices[0].message
    for field in ("reasoning", "reasoning_content"):
        if getattr(message, field):
            return field
    return None


def _counts_cached(completion: ChatCompletion | None) -> bool:
    if completion is None or completion.usage is None:
        return False
    details = completion.usage.prompt_tokens_details
    return details is not None and details.cached_tokens is not None


async def _version(server: JsonServer) -> str | None:
    try:
        answer = await server.get("/version")
    except ModelError:
        return None
    version = answer.get("version") if isinstance(answer, dict) else None
    return version if isinstance(version, str) else None


async def _healthy(server: JsonServer) -> bool | None:
    """Return whether /health answers; None where a server has no such route."""
    try:
        await server.get("/health")
    except RejectedError:
        return None
    except ModelError as error:
        return None if error.kind in {"unreachable", "invalid"} else False
    return True


def _rendering(card: _ModelCard) -> Rendering:
    # Size is not told by any server; our own tiny models are known by name.
    names = (card.id, card.root or "")
    return "compact" if any("terragate-" in name.lower() for name in names) else "chat"


def _notes(support: SchemaSupport, reasoning: str | None, *, caching: bool) -> tuple[str, ...]:
    notes: list[str] = []
    if support != "honoured":
        notes.append(
            f"JSON schemas are {support}: answers are checked and asked for once more, "
            "which costs tokens and fails more often; prefer vLLM"
        )
    if reasoning:
        notes.append("the model thinks before it answers: turn it off or raise max_tokens")
    if not caching:
        notes.append("cached tokens are not counted; vLLM does with --enable-prompt-tokens-details")
    return tuple(notes)
