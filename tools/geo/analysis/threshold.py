"""Where a raster lies above, below or between limits: a mask of it and how large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid, on_day
from ..written_number import parse_number
from ..zonal import EQUAL_AREA, pixel_areas_m2
from .aoi_raster import AoiRaster, aoi_raster
from .blocks import Pixels, Unit, output_units, read_unit, write_raster
from .scanline import inside_mask, scan

Chooser = Callable[[NDArray[np.float32]], NDArray[np.bool_]]


class Marked(NamedTuple):
    """A unit of a raster: 1 where pixels were chosen, 0 where not, NaN outside and without data."""

    unit: Unit
    mask: Pixels
    valid: int
    chosen_m2: float


class MaskWhereArgs(ToolArgs):
    """Which pixels of the newest raster to mark: strictly above or below a threshold."""

    comparison: Literal["above", "below"]
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class MaskBetweenArgs(ToolArgs):
    """Which pixels of the newest raster to mark: from the lower to the upper limit, both in it."""

    lower: Annotated[str, Live("span.number")]
    upper: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def mask_where(context: ToolContext, args: MaskWhereArgs) -> ToolResult:
    """Return a raster of 1 where the pixels are strictly above or below, and the hectares of it."""
    limit = parse_number(args.threshold, "threshold")
    above = args.comparison == "above"

    def choose(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
        # As float32, the raster's own type, so that a pixel of 0.3 is not above 0.3.
        return pixels > np.float32(limit) if above else pixels < np.float32(limit)

    with aoi_raster(context, args.raster, args.aoi) as area:
        return _mask(context, area, choose, f"{args.comparison} {limit:g}")


def mask_between(context: ToolContext, args: MaskBetweenArgs) -> ToolResult:
    """Return a raster of 1 where the pixels lie between two limits, and the hectares of it."""
    lower, upper = parse_number(args.lower, "limit"), parse_number(args.upper, "limit")
    if lower >= upper:
        raise RetryableToolError(
            f"the lower limit {args.lower!r} is not below the upper limit {args.upper!r}; "
            "give two different numbers, the lower first",
            kind="bad_argument",
        )

    def choose(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
        return (pixels >= np.float32(lower)) & (pixels <= np.float32(upper))

    with aoi_raster(context, args.raster, args.aoi) as area:
        return _mask(context, area, choose, f"between {lower:g} and {upper:g}")


def _mask(context: ToolContext, area: AoiRaster, choose: Chooser, said: str) -> ToolResult:
    chosen_m2: list[float] = []
    valid: list[int] = []

    def parts() -> Iterator[tuple[Unit, Pixels]]:
        for part in marked(area, choose):
            valid.append(part.valid)
            chosen_m2.append(part.chosen_m2)
            yield part.unit, part.mask

    tags = {"SOURCE": f"{area.title} {said}", "DATE": str(area.payload["date"])}
    artifact = write_raster(context.store, "mask.tif", area.raster.readers[0], parts(), tags)
    hectares = sum(chosen_m2) / 1e4
    value = Value(
        name="area_ha",
        value=hectares,
        unit="ha",
        about=f"area with {area.title} {said}{on_day(area.payload)}, "
        f"measured on the equal-area CRS {EQUAL_AREA}",
    )
    title = f"{area.title} {said}"
    made = {
        **area.payload,
        "index": title,
        "unit": "",
        "artifact": artifact.model_dump(),
        "classes": [[0, "no"], [1, "yes"]],
    }
    return ToolResult(
        summary=f"raster mask, {hectares:.6g} ha {title}"[:80],
        outputs={"raster": made},
        values=(value,),
        artifacts=(artifact,),
        notes=area.notes(sum(valid)),
    )


def marked(area: AoiRaster, choose: Chooser) -> Iterator[Marked]:
    """Yield every unit of a raster with the pixels of the area marked that `choose` takes."""
    dataset = area.raster.readers[0]
    for unit in output_units(dataset):
        runs = scan(area.raster.edges, (unit.row, unit.row + unit.height), dataset.width)
        inside = inside_mask(runs, unit)
        mask = np.full(inside.shape, np.nan, dtype=np.float32)
        if not inside.any():
            yield Marked(unit, mask, 0, 0.0)
            continue
        pixels = read_unit(dataset, (1,), unit)[0].astype(np.float32)
        known = inside & np.isfinite(pixels)
        chosen = choose(pixels)
        mask[known] = chosen[known]
        yield Marked(unit, mask, int(known.sum()), _area_m2(area, unit, known & chosen))


def _area_m2(area: AoiRaster, unit: Unit, chosen: NDArray[np.bool_]) -> float:
    dataset = area.raster.readers[0]
    grid = Grid(dataset.crs, dataset.transform, unit.column, unit.row, chosen, 0.0)
    return float(pixel_areas_m2(grid)[chosen].sum())


MASK_WHERE = ToolSpec(
    name="mask_where",
    summary="mark the pixels above or below a threshold",
    args=MaskWhereArgs,
    run=mask_where,
    produces=frozenset({"raster", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
MASK_BETWEEN = ToolSpec(
    name="mask_between",
    summary="mark the pixels between two limits",
    args=MaskBetweenArgs,
    run=mask_between,
    produces=frozenset({"raster", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
