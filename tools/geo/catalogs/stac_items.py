"""What a STAC API's items mean to the tools: which asset is which band, and how pixels are scaled.

Band names follow the `eo` extension's common names and STAC 1.1 `bands`; assets without either are
known by the usual keys of Sentinel-2 products. Text from a catalog is checked, never repeated as it
is: an id that is no plain name gets a plain one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from ...errors import ToolError
from ..band_names import BANDS, MASKS, stac_band
from ..catalog import PixelRule, Scene
from ..stac_json import Band, ItemJson

_PICTURES: Final = frozenset({"visual", "overview", "thumbnail", "preview", "rendered_preview"})
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}")
_S2_SCALE: Final = 1e-4
_S2_OFFSET_FROM: Final = 4.0
_S2_OFFSET: Final = -0.1

Reach = Callable[[str], bool]


class RasterBand(Band):
    """A band with the scale of its pixels, in STAC 1.1 or `raster:bands` spelling."""

    data_scale: float | None = Field(None, alias="raster:scale")
    data_offset: float | None = Field(None, alias="raster:offset")
    scale: float | None = None
    offset: float | None = None
    nodata: float | str | None = None

    @property
    def rule(self) -> PixelRule:
        """Return what the band says about its pixels."""
        empty = self.nodata if isinstance(self.nodata, float) else None
        scale = self.scale if self.data_scale is None else self.data_scale
        offset = self.offset if self.data_offset is None else self.data_offset
        return PixelRule(scale=scale, offset=offset, nodata=empty)


class RemoteFile(BaseModel):
    """An asset with its media type and the scale of its bands."""

    model_config = ConfigDict(frozen=True)

    href: str
    type: str = ""
    roles: tuple[str, ...] = ()
    eo_bands: tuple[Band, ...] = Field((), alias="eo:bands")
    bands: tuple[RasterBand, ...] = ()
    raster_bands: tuple[RasterBand, ...] = Field((), alias="raster:bands")

    @property
    def geotiff(self) -> bool:
        """Return whether it says to be a GeoTIFF, by media type or else by its ending."""
        if self.type:
            return "tiff" in self.type.lower()
        return self.href.split("?", 1)[0].lower().endswith((".tif", ".tiff"))


class _Files(BaseModel):
    assets: dict[str, RemoteFile]


def scene_of(item: Mapping[str, Any], collection: str, reach: Reach) -> Scene:
    """Return the scene of an item; `reach` says whether an asset's address can be asked."""
    parsed, assets = _parse(item)
    if parsed.day is None:
        raise _bad(parsed.id, "has no date")
    files = _files(assets, reach)
    if not files:
        raise _bad(parsed.id, "has no GeoTIFF of a known band at an http(s) address")
    said: Mapping[str, Any] = item["properties"]
    return Scene(
        id=plain_id(parsed.id),
        collection=collection,
        day=parsed.day,
        bbox=_box(parsed),
        cloud_cover=parsed.properties.cloud_cover,
        cloud_known="eo:cloud_cover" in said,
        assets=files,
        pixels=_pixels(parsed.id, assets, said, files),
    )


def footprint(item: Mapping[str, Any]) -> BaseGeometry:
    """Return an item's valid outline in degrees."""
    try:
        shape = shapely.make_valid(shapely.geometry.shape(item["geometry"]))
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _bad(str(item.get("id", "")), "has no usable geometry") from error
    return shape


def known_bands(assets: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the bands that the asset descriptions of a collection (`item_assets`) name."""
    found: dict[str, None] = {}
    for key, described in assets.items():
        try:
            file = RemoteFile.model_validate({"href": "", "type": "image/tiff"} | described)
        except (ValidationError, TypeError):
            continue
        if file.geotiff and not _is_picture(key, file):
            found.update(dict.fromkeys(_names(key, file)))
    if "nir08" in found and "nir" not in found:
        found["nir"] = None
    return tuple(name for name in BANDS if name in found)


def plain_id(text: str) -> str:
    """Return an id made of letters, digits and `_.:-`; one that is not is replaced and marked."""
    if _PLAIN_ID.fullmatch(text):
        return text
    clean = re.sub(r"[^A-Za-z0-9.:-]+", "_", text)[:80].strip("_.:-") or "item"
    return f"{clean}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _parse(item: Mapping[str, Any]) -> tuple[ItemJson, dict[str, RemoteFile]]:
    try:
        return ItemJson.model_validate(item), _Files.model_validate(item).assets
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:60]
        name = item.get("id")
        raise _bad(
            name if isinstance(name, str) else "?", f"is no STAC item ({where!r})"
        ) from error


def _bad(name: str, reason: str) -> ToolError:
    return ToolError(
        f"item {plain_id(name)!r} of the catalog {reason}; search another area or period",
        kind="bad_data",
    )


def _box(item: ItemJson) -> tuple[float, float, float, float]:
    half = len(item.bbox) // 2
    if len(item.bbox) not in (4, 6):
        raise _bad(item.id, f"has a bbox of {len(item.bbox)} numbers, not 4 or 6")
    return item.bbox[0], item.bbox[1], item.bbox[half], item.bbox[half + 1]


def _files(assets: Mapping[str, RemoteFile], reach: Reach) -> dict[str, tuple[str, int]]:
    """Return where each band and mask lies; the first asset of a band wins."""
    found: dict[str, tuple[str, int]] = {}
    for key, file in assets.items():
        names = [] if _is_picture(key, file) or not file.geotiff else list(_names(key, file))
        if any(name and name not in found for name in names) and reach(file.href):
            for number, name in enumerate(names, start=1):
                if name:
                    found.setdefault(name, (file.href, number))
    if "nir08" in found:
        found.setdefault("nir", found["nir08"])
    return found


def _is_picture(key: str, file: RemoteFile) -> bool:
    return key.lower() in _PICTURES or not _PICTURES.isdisjoint(file.roles)


def _names(key: str, file: RemoteFile) -> Iterator[str]:
    """Yield what each band of an asset is, "" if it is of no use."""
    folded = key.lower()
    if folded in MASKS:
        yield folded
    elif "cloud" in file.roles:
        yield "cloud"
    elif bands := file.bands or file.eo_bands:
        for band in bands:
            yield stac_band(band.common_name or band.eo_common_name, band.name or key)
    else:
        yield stac_band(None, folded)


def _pixels(
    name: str,
    assets: Mapping[str, RemoteFile],
    said: Mapping[str, Any],
    files: Mapping[str, tuple[str, int]],
) -> PixelRule:
    """Return the rule that all bands share; bands that differ cannot be one scene.

    Sentinel-2 products of processing baseline 04.00 and later are offset by -1000 digital numbers
    (ESA, S2 Products Specification); a catalog may say that it has removed the offset.
    """
    by_href = {file.href: file for file in assets.values()}
    rule = PixelRule()
    for band in sorted(files.keys() - set(MASKS)):
        href, number = files[band]
        stated = _rule(by_href[href], number)
        if stated.scale is None or stated == rule:
            continue
        if rule.scale is not None:
            raise _bad(name, "scales its bands in several ways")
        rule = stated
    if said.get("earthsearch:boa_offset_applied") is True:
        return rule.model_copy(update={"offset": 0.0})
    if rule.scale is None and _baseline(said) >= _S2_OFFSET_FROM:
        return PixelRule(scale=_S2_SCALE, offset=_S2_OFFSET, nodata=0.0)
    return rule


def _rule(file: RemoteFile, number: int) -> PixelRule:
    for bands in (file.raster_bands, file.bands):
        if len(bands) >= number and bands[number - 1].rule.scale is not None:
            return bands[number - 1].rule
    return PixelRule()


def _baseline(said: Mapping[str, Any]) -> float:
    text = str(said.get("s2:processing_baseline", ""))
    return float(text) if re.fullmatch(r"\d\d\.\d\d", text) else 0.0
