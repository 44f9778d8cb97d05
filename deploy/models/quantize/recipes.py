"""What llm-compressor is told: one recipe a scheme, and the tokens to calibrate on."""

# pyright: reportMissingImports=false
from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import torch
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from llmcompressor import oneshot
from llmcompressor.modifiers.gptq import GPTQModifier
from llmcompressor.modifiers.quantization import QuantizationModifier
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from .encode import Encoded
from .job import Scheme

# The output layer stays as it is: it is often tied to the embedding, and the most sensitive one.
IGNORED = ("lm_head",)
TOOLS = ("compressed-tensors", "llmcompressor", "torch", "transformers")


def scheme_of(scheme: Scheme, group: int) -> QuantizationScheme:
    """Return the numbers of a scheme: symmetric integers, one scale a channel or a group."""
    if scheme == "w8a8":
        weights = QuantizationArgs(num_bits=8, type="int", symmetric=True, strategy="channel")
        inputs = QuantizationArgs(
            num_bits=8, type="int", symmetric=True, strategy="token", dynamic=True
        )
        return QuantizationScheme(targets=["Linear"], weights=weights, input_activations=inputs)
    weights = QuantizationArgs(
        num_bits=4, type="int", symmetric=True, strategy="group", group_size=group
    )
    return QuantizationScheme(targets=["Linear"], weights=weights)


def quantize(
    model: PreTrainedModel, scheme: Scheme, group: int, encoded: Sequence[Encoded]
) -> None:
    """Quantise a model in place: GPTQ (Frantar et al. 2023) on the rows, rounding without any."""
    groups = {"group_0": scheme_of(scheme, group)}
    if not encoded:
        recipe = QuantizationModifier(config_groups=groups, ignore=list(IGNORED))
        oneshot(model=model, recipe=[recipe])
        return
    recipe = GPTQModifier(config_groups=groups, ignore=list(IGNORED))
    oneshot(
        model=model,
        recipe=[recipe],
        dataset=_batches(encoded),
        num_calibration_samples=len(encoded),
    )


def _batches(encoded: Sequence[Encoded]) -> DataLoader[dict[str, torch.Tensor]]:
    # Row by row: GPTQ would take padding for input.
    rows = [torch.tensor([row.ids]) for row in encoded]
    batches = [{"input_ids": ids, "attention_mask": torch.ones_like(ids)} for ids in rows]
    return DataLoader(batches, batch_size=None)


def tool_versions() -> dict[str, str]:
    """Return the releases a checkpoint was made with."""
    return {name: version(name) for name in TOOLS}
