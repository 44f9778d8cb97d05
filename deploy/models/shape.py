"""The shape of a decoder: how many parameters it has, and the memory it and its cache take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from ...tools.errors import InfrastructureError, UsageError
from ...tools.records import Frozen

Scheme = Literal["bf16", "w8a8", "w4a16"]
SCHEMES: tuple[Scheme, ...] = ("bf16", "w8a8", "w4a16")

# Decoders whose weights are counted here and that vLLM serves: a test asks its registry.
ARCHITECTURES = (
    "LlamaForCausalLM",
    "MistralForCausalLM",
    "Qwen2ForCausalLM",
    "Qwen3ForCausalLM",
)
_BF16_BYTES = 2
_GROUP = 128
_CONFIG_BYTES = 4 * 1024 * 1024


class Shape(Frozen):
    """What a checkpoint's config.json says of its layers; sizes are in elements."""

    architecture: str
    layers: int = Field(ge=1)
    hidden: int = Field(ge=1)
    intermediate: int = Field(ge=1)
    heads: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    head_dim: int = Field(ge=1)
    vocabulary: int = Field(ge=1)
    tied: bool = False

    @field_validator("architecture")
    @classmethod
    def _known(cls, architecture: str) -> str:
        if architecture not in ARCHITECTURES:
            raise ValueError(f"unknown architecture: use one of {', '.join(ARCHITECTURES)}")
        return architecture

    @property
    def parameters(self) -> int:
        """Return the number of weights, each one counted once."""
        return self._linear + self._other

    def weight_bytes(self, scheme: Scheme) -> int:
        """Return the bytes of the weights; embeddings, head and norms stay in bf16.

        w8a8 has one bf16 scale for each output channel, w4a16 one for each 128 inputs of a
        channel (compressed-tensors 0.17).
        """
        other = self._other * _BF16_BYTES
        if scheme == "bf16":
            return self._linear * _BF16_BYTES + other
        if scheme == "w8a8":
            return self._linear + self._channels * _BF16_BYTES + other
        return self._linear // 2 + self._linear // _GROUP * _BF16_BYTES + other

    def cache_bytes(self, tokens: int) -> int:
        """Return the bytes of the keys and values of that many tokens, in bf16."""
        return 2 * self.layers * self.kv_heads * self.head_dim * _BF16_BYTES * tokens

    @property
    def _queries(self) -> int:
        return self.heads * self.head_dim

    @property
    def _keys(self) -> int:
        return self.kv_heads * self.head_dim

    @property
    def _linear(self) -> int:
        attention = 2 * self.hidden * (self._queries + self._keys)
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @property
    def _channels(self) -> int:
        """Return how many outputs the linear layers have in all."""
        attention = self._queries + 2 * self._keys + self.hidden
        return self.layers * (attention + 2 * self.intermediate + self.hidden)

    @property
    def _other(self) -> int:
        embeddings = self.vocabulary * self.hidden * (1 if self.tied else 2)
        of_a_layer = 2 * self.hidden
        if self.architecture == "Qwen2ForCausalLM":  # biases of queries, keys and values
            of_a_layer += self._queries + 2 * self._keys
        if self.architecture == "Qwen3ForCausalLM":  # norms of queries and keys
            of_a_layer += 2 * self.head_dim
        return embeddings + self.layers * of_a_layer + self.hidden


class Checkpoint(Frozen):
    """What a folder's config.json says: shape, longest context in tokens, weight scheme."""

    shape: Shape
    context: int = Field(ge=1)
    scheme: Scheme = "bf16"


def read_checkpoint(folder: Path) -> Checkpoint:
    """Return what the config.json of a checkpoint says; a typed error if it cannot be served."""
    config = read_config(folder)
    architectures = config.get("architectures")
    try:
        heads, hidden = config["num_attention_heads"], config["hidden_size"]
        shape = Shape(
            architecture=next(iter(architectures or ()), ""),
            layers=config["num_hidden_layers"],
            hidden=hidden,
            intermediate=config["intermediate_size"],
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            head_dim=config.get("head_dim") or hidden // heads,
            vocabulary=config["vocab_size"],
            tied=config.get("tie_word_embeddings", False),
        )
        context = config["max_position_embeddings"]
        return Checkpoint(shape=shape, context=context, scheme=_scheme(config, folder))
    except ValidationError as error:
        first = error.errors()[0]
        raise _unserved(
            folder, f"{first['msg']} (found {first['input']!r})", architectures
        ) from error
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise _unserved(folder, f"{error} is missing or wrong", architectures) from error


def read_config(folder: Path) -> dict[str, Any]:
    """Return the config.json of a checkpoint folder."""
    path = folder / "config.json"
    try:
        with path.open("rb") as file:
            config = json.loads(file.read(_CONFIG_BYTES))
    except FileNotFoundError as error:
        raise InfrastructureError(
            f"no checkpoint in {str(folder)!r} (config.json is missing): fetch one with "
            "'terragate models fetch NAME', or give another folder"
        ) from error
    except (OSError, ValueError) as error:
        raise InfrastructureError(
            f"cannot read {str(path)!r} ({error}): fetch the model again"
        ) from error
    if not isinstance(config, dict):
        raise InfrastructureError(f"{str(path)!r} is no JSON object: fetch the model again")
    return config


def _scheme(config: dict[str, Any], folder: Path) -> Scheme:
    quantized = config.get("quantization_config")
    if quantized is None:
        return "bf16"
    try:
        (group,) = quantized["config_groups"].values()
        weights, activations = group["weights"]["num_bits"], group.get("input_activations")
    except (KeyError, TypeError, ValueError, AttributeError):
        weights, activations = None, None
    if (weights, activations is None) == (8, False):
        return "w8a8"
    if (weights, activations is None) == (4, True):
        return "w4a16"
    raise UsageError(
        f"{str(folder)!r} is quantised in a way that is not known here "
        f"({quantized.get('quant_method') if isinstance(quantized, dict) else quantized!r}): "
        "use a bf16, w8a8 or w4a16 checkpoint (compressed-tensors)"
    )


def _unserved(folder: Path, what: str, architectures: object) -> UsageError:
    return UsageError(
        f"config.json in {str(folder)!r} does not describe a model that can be served here "
        f"(architectures {architectures!r}): {what}"
    )
