"""`terragate-detector.toml`: what an operator states about a model file that lies beside it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from ...errors import ToolError
from ...records import Frozen
from ..checked_toml import read_checked

NAME: Final = "terragate-detector.toml"
MAX_MANIFEST_BYTES: Final = 256 * 1024
MAX_BATCH_VALUES: Final = 64_000_000
"""Numbers in one model input; with float32 this is 256 MB."""

Task = Literal["detection", "landcover"]
DetectorName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ClassName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 /,&()'.+-]{0,59}$")]
BandName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
TensorName = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,100}$")]
Share = Annotated[float, Field(gt=0, le=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class InputNeeds(Frozen):
    """What image a model wants: square chips of named bands, (pixel * scale - mean) / std.

    Pixels are physical values: reflectance where the file is scaled to it, else the stored numbers.
    Scenes from `gsd_m` / `gsd_ratio` to `gsd_m` * `gsd_ratio` metres a pixel are accepted. `stride`
    is the model's own: a chip is a multiple of it. Layout CHW means one chip without a batch axis.
    """

    bands: tuple[BandName, ...] = Field(min_length=1, max_length=32)
    chip: int = Field(ge=8, le=4096)
    overlap: int = Field(0, ge=0)
    stride: int = Field(1, ge=1)
    gsd_m: float = Field(gt=0, allow_inf_nan=False)
    gsd_ratio: float = Field(1.5, ge=1, le=10)
    layout: Literal["NCHW", "CHW"] = "NCHW"
    batch: int = Field(4, ge=1, le=16)
    scale: Finite = 1.0
    mean: tuple[Finite, ...] = ()
    std: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.bands)) < len(self.bands):
            raise ValueError(f"bands {self.bands!r} name one twice")
        for name, given in (("mean", self.mean), ("std", self.std)):
            if given and len(given) != len(self.bands):
                raise ValueError(f"{name} has {len(given)} numbers for {len(self.bands)} bands")
        if self.overlap > self.chip // 2:
            raise ValueError(f"overlap {self.overlap} is more than half a chip ({self.chip})")
        if self.chip % self.stride:
            raise ValueError(f"chip {self.chip} is no multiple of stride {self.stride}")
        if self.batch * self.chip**2 * len(self.bands) > MAX_BATCH_VALUES:
            raise ValueError(f"a batch holds more than {MAX_BATCH_VALUES} numbers; lower `batch`")
        return self

    @property
    def gsd_limits_m(self) -> tuple[float, float]:
        """Return the finest and the coarsest pixel in metres that the model accepts."""
        return self.gsd_m / self.gsd_ratio, self.gsd_m * self.gsd_ratio


class YoloOutput(Frozen):
    """One tensor [N, 4 + C] per chip, or [4 + C, N] when `transposed`.

    A row is a box, an objectness if the model has one, and C class scores. Boxes are pixels of the
    chip, or shares of it when `normalised`. `activation` says what is still to be applied.
    """

    format: Literal["yolo"]
    boxes: Literal["cxcywh", "xyxy"] = "cxcywh"
    normalised: bool = False
    transposed: bool = False
    objectness: bool = False
    activation: Literal["none", "sigmoid"] = "none"
    score: Share = 0.25
    iou: Share = 0.5


class BoxesOutput(Frozen):
    """Three tensors as torchvision's detectors give: boxes [N, 4] (xyxy pixels), scores, labels.

    Labels begin at `first_label`; torchvision keeps 0 for the background.
    """

    format: Literal["boxes-scores-labels"]
    boxes: TensorName = "boxes"
    scores: TensorName = "scores"
    labels: TensorName = "labels"
    first_label: int = Field(1, ge=0, le=1)
    score: Share = 0.25
    iou: Share = 0.5


class LogitsOutput(Frozen):
    """One tensor [C, H, W] per chip; the class of a pixel is the largest of its C numbers."""

    format: Literal["logits"]


class Manifest(Frozen):
    """The model card of one detector; `model` is a file in the same folder as the manifest."""

    name: DetectorName
    task: Task = "detection"
    title: str = Field("", max_length=200)
    licence: str = Field(min_length=1, max_length=100)
    source: str = Field("", max_length=500)
    model: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.onnx$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    classes: tuple[ClassName, ...] = Field(min_length=1, max_length=1000)
    input: InputNeeds
    output: Annotated[YoloOutput | BoxesOutput | LogitsOutput, Field(discriminator="format")]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({name.casefold() for name in self.classes}) < len(self.classes):
            raise ValueError("classes name one twice")
        if isinstance(self.output, LogitsOutput) != (self.task == "landcover"):
            raise ValueError(f"task {self.task!r} does not go with {self.output.format!r} output")
        return self


def read_manifest(path: Path) -> Manifest:
    """Return the checked manifest at a path; a wrong one is a typed error that says where."""
    return read_checked(path, Manifest, bad=bad_manifest, most_bytes=MAX_MANIFEST_BYTES)


def bad_manifest(path: Path, reason: str) -> ToolError:
    """Return the error for a manifest that cannot be used."""
    return ToolError(
        f"detector manifest {path.parent.name}/{path.name} {reason}; mend it or leave it out",
        kind="bad_data",
    )


def said_gsd(metres: float) -> str:
    """Return a ground sample distance as people write it."""
    digits = max(0, 2 - math.floor(math.log10(metres))) if metres > 0 else 0
    return f"{round(metres, digits):g} m"
