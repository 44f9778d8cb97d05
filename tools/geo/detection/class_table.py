"""What the numbers of a class raster stand for: published legends, and an operator's own file.

`terragate-classes.toml` in the catalog's folder gives a surface collection its classes:

    [collections.landcover-2021]
    standard = "esa-worldcover"

    [collections.my-map.classes]
    1 = "Forest"
    2 = "Water"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from ...errors import RetryableToolError, ToolError
from ...records import Frozen
from ...spec import ToolContext
from ..checked_toml import read_checked
from .manifest import ClassName

NAME: Final = "terragate-classes.toml"
MAX_CLASSES: Final = 1000

Standard = Literal["dynamic-world", "esa-worldcover", "nlcd"]
Code = Annotated[int, Field(ge=-(2**23), le=2**23)]
"""float32 holds every whole number of this range."""
ClassTable = dict[int, str]

STANDARDS: Final[Mapping[Standard, Mapping[int, str]]] = {
    # ESA WorldCover 10 m 2021 v200, Product User Manual.
    "esa-worldcover": {
        10: "Tree cover",
        20: "Shrubland",
        30: "Grassland",
        40: "Cropland",
        50: "Built-up",
        60: "Bare / sparse vegetation",
        70: "Snow and ice",
        80: "Permanent water bodies",
        90: "Herbaceous wetland",
        95: "Mangroves",
        100: "Moss and lichen",
    },
    # Brown et al. 2022, Dynamic World, Scientific Data 9, 251.
    "dynamic-world": {
        0: "Water",
        1: "Trees",
        2: "Grass",
        3: "Flooded vegetation",
        4: "Crops",
        5: "Shrub and scrub",
        6: "Built area",
        7: "Bare ground",
        8: "Snow and ice",
    },
    # USGS National Land Cover Database, legend of the conterminous United States.
    "nlcd": {
        11: "Open Water",
        12: "Perennial Ice/Snow",
        21: "Developed, Open Space",
        22: "Developed, Low Intensity",
        23: "Developed, Medium Intensity",
        24: "Developed, High Intensity",
        31: "Barren Land",
        41: "Deciduous Forest",
        42: "Evergreen Forest",
        43: "Mixed Forest",
        52: "Shrub/Scrub",
        71: "Grassland/Herbaceous",
        81: "Pasture/Hay",
        82: "Cultivated Crops",
        90: "Woody Wetlands",
        95: "Emergent Herbaceous Wetlands",
    },
}


class Legend(Frozen):
    """The classes of one collection: a published legend by name, or codes and names of its own."""

    standard: Standard | None = None
    classes: dict[Code, ClassName] = Field({}, max_length=MAX_CLASSES)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.standard is None) == (not self.classes):
            raise ValueError("give either `standard` or `classes`")
        names = [name.casefold() for name in self.classes.values()]
        if len(set(names)) < len(names):
            raise ValueError("two codes have the same name")
        return self

    @property
    def table(self) -> ClassTable:
        """Return the class names by code."""
        return dict(STANDARDS[self.standard] if self.standard else self.classes)


class Legends(Frozen):
    """A whole file: legends by the collection's id."""

    collections: dict[str, Legend] = {}


def read_legends(folder: Path) -> Legends:
    """Return the checked legends of a catalog's folder, none when there is no file."""
    path = folder / NAME
    if not path.is_file():
        return Legends()
    return read_checked(path, Legends)


def class_table(context: ToolContext, payload: Mapping[str, Any]) -> ClassTable:
    """Return the classes of a raster: its own, or those its collection's legend gives."""
    if "classes" in payload:
        return {int(code): str(name) for code, name in payload["classes"]}
    legends = read_legends(context.catalog.root).collections
    if (legend := legends.get(str(payload["collection"]))) is None:
        raise RetryableToolError(
            f"the raster {str(payload['index'])!r} has no classes; classify land cover first, or "
            f"open a collection with a legend: {sorted(legends)}",
            kind="precondition",
            candidates=tuple(sorted(legends)),
        )
    return legend.table


def require_codes(name: str, whole: bool) -> None:
    """Raise an error when a class raster holds numbers that are no codes."""
    if not whole:
        raise ToolError(
            f"raster {name!r} holds numbers with fractions, which are no class codes; "
            "open the class raster itself",
            kind="bad_data",
        )
