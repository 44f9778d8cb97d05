"""Model profiles: which model answers, where it is served, how it is asked and what it costs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError

from ..tools.errors import InfrastructureError, UsageError
from ..tools.records import Frozen
from .model import HttpModel, SchemaSupport
from .protocol import Rendering, TokenUsage
from .transport import Limits, server_root

_PACKAGE = Path(__file__).resolve().parents[1]
_PER = 1_000_000


class Price(Frozen):
    """What a provider charges per million tokens; prompt tokens from its cache cost `cached`."""

    currency: str = "USD"
    prompt: float = Field(default=0.0, ge=0)
    cached: float = Field(default=0.0, ge=0)
    completion: float = Field(default=0.0, ge=0)

    def cost(self, usage: TokenUsage) -> float:
        """Return what these tokens cost, in `currency`."""
        fresh = usage.prompt - usage.cached
        parts = (
            fresh * self.prompt + usage.cached * self.cached + usage.completion * self.completion
        )
        return parts / _PER


class Profile(Frozen):
    """One way to be answered.

    Either `base_url` names a running server, or `weights` a checkpoint folder that `terragate serve
    model` serves with `server_arguments` and `server_environment`. `body` holds extra fields of
    every request, such as thinking settings.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    about: str = ""
    model: str
    rendering: Rendering
    base_url: str | None = None
    weights: Path | None = None
    api_key_env: str | None = None
    body: dict[str, Any] = {}
    price: Price = Price()
    timeout_s: float = Field(default=60.0, gt=0)
    max_concurrency: int = Field(default=4, ge=1, le=256)
    server_arguments: tuple[str, ...] = ()
    server_environment: dict[str, str] = {}


_OURS = _PACKAGE / "deploy" / "models"
# vLLM 0.32 on a CPU dies of a prompt cut in two whose answer is sampled under a seed: it sets back
# a generator that has no offset there. So prompts are taken whole.
WHOLE_PROMPTS = ("--no-enable-chunked-prefill",)


def served_small(
    name: str,
    model: str,
    weights: Path,
    *,
    about: str = "",
    sequences: int = 32,
    cache_mib: int = 256,
    threads: int = 1,
) -> Profile:
    """Return how a checkpoint of a few million parameters is served on a CPU and asked.

    One engine process and one thread: a model this small gains nothing from more, and on two cores
    the second thread's barrier waits made calls several times slower.
    """
    return Profile(
        name=name,
        about=about,
        model=model,
        rendering="compact",
        weights=weights,
        max_concurrency=8,
        server_arguments=(
            *("--distributed-executor-backend", "uni"),
            *("--max-num-seqs", str(sequences)),
            *("--block-size", "32"),
            *("--kv-cache-memory-bytes", str(cache_mib * 1024 * 1024)),
            *WHOLE_PROMPTS,
        ),
        server_environment={
            # vLLM forbids `uni` on CPUs when this is literally "1", because it then cannot bind
            # threads; one thread needs no binding. Saves a process: start 15 s instead of 24 s.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "01",
            "OMP_NUM_THREADS": str(threads),
        },
    )


NANO = served_small(
    "nano",
    "terragate-nano",
    _OURS / "terragate-nano",
    about="our own small model for both domains, quantised; its weights are in the package",
)

NANO_SOURCE = served_small(
    "nano-bf16",
    "terragate-nano-bf16",
    _OURS / "terragate-nano-bf16",
    about="what nano was quantised from, for comparison",
)

CHAT_EXAMPLE = Profile(
    name="qwen3-8b",
    about="an example of a larger open model; it has not been run by the authors of this project",
    model="Qwen/Qwen3-8B",
    rendering="chat",
    base_url="http://127.0.0.1:8000",
    body={"chat_template_kwargs": {"enable_thinking": False}},
    timeout_s=120.0,
)

PROFILES: tuple[Profile, ...] = (NANO, NANO_SOURCE, CHAT_EXAMPLE)


def load_profiles(path: Path | None = None) -> tuple[Profile, ...]:
    """Return the built-in profiles and those of a TOML file's `[profiles.NAME]` tables.

    A profile of the file replaces the built-in one of that name; relative `weights` are meant from
    the file's folder.
    """
    if path is None:
        return PROFILES
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("profiles", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read profiles from {str(path)!r} ({error}): mend it") from error
    if not isinstance(tables, dict):
        raise UsageError(f"'profiles' in {str(path)!r} is no table: write [profiles.NAME]")
    own = {name: _profile(name, table, path) for name, table in tables.items()}
    return tuple(p for p in PROFILES if p.name not in own) + tuple(own.values())


def find_profile(name: str, profiles: tuple[Profile, ...]) -> Profile:
    """Return the profile of that name, or one for a server given by its URL."""
    if "://" in name:
        return Profile(name="url", model="", rendering="chat", base_url=server_root(name))
    for profile in profiles:
        if profile.name == name:
            return profile
    known = ", ".join(profile.name for profile in profiles)
    raise UsageError(f"no model profile {name!r}: use one of {known}, or a server's http:// URL")


def open_model(
    profile: Profile,
    *,
    base_url: str | None = None,
    api_key: SecretStr | None = None,
    schema_support: SchemaSupport = "honoured",
) -> HttpModel:
    """Return the client of a profile's model, at `base_url` where the profile itself has none."""
    url = base_url or profile.base_url
    if url is None:
        raise InfrastructureError(
            f"profile {profile.name!r} has no running server: start one with "
            f"'terragate serve model --profile {profile.name}'"
        )
    return HttpModel(
        url,
        profile.model,
        rendering=profile.rendering,
        api_key=api_key,
        body=profile.body,
        schema_support=schema_support,
        limits=Limits(timeout_s=profile.timeout_s, max_concurrency=profile.max_concurrency),
    )


def _profile(name: str, table: Any, path: Path) -> Profile:
    if not isinstance(table, dict):
        raise UsageError(f"profile {name!r} in {str(path)!r} is no table: write [profiles.{name}]")
    try:
        profile = Profile.model_validate({"name": name, **table})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"profile {name!r} in {str(path)!r}: {where}: {first['msg']} (found {first['input']!r})"
        ) from error
    if profile.weights is None:
        return profile
    return profile.model_copy(update={"weights": path.parent / profile.weights})
