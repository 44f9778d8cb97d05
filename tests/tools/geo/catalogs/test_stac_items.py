"""Items of real catalogs' shapes: which asset is which band, how pixels are scaled, plain ids."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.stac_server import COLLECTION, asset, item
from terragate.tools.errors import ToolError
from terragate.tools.geo.catalog import PixelRule, Scene
from terragate.tools.geo.catalogs.stac_items import known_bands, plain_id, scene_of

SITE = "https://example.com"


def scene(assets: dict[str, Any], **properties: Any) -> Scene:
    return scene_of(item("a", "2020-05-01", assets, **properties), COLLECTION, lambda href: True)


def cog(name: str, **fields: Any) -> dict[str, Any]:
    return asset(f"{SITE}/{name}.tif", **fields)


def test_earth_search_shape() -> None:
    """Keys are common names; a picture and JPEG 2000 twins name the same bands and are not used."""
    assets = {
        "visual": cog(
            "visual",
            **{
                "eo:bands": [{"name": n, "common_name": n} for n in ("red", "green", "blue")],
                "roles": ["visual"],
            },
        ),
        "red-jp2": {
            "href": f"{SITE}/red.jp2",
            "type": "image/jp2",
            "roles": ["data"],
            "eo:bands": [{"name": "red", "common_name": "red"}],
        },
        "red": cog("red", **{"eo:bands": [{"name": "red", "common_name": "red"}]}),
        "nir": cog("nir", **{"eo:bands": [{"name": "nir", "common_name": "nir"}]}),
        "nir08": cog("nir08", **{"eo:bands": [{"name": "nir08", "common_name": "nir08"}]}),
        "rededge1": cog("re1", **{"eo:bands": [{"name": "rededge1", "common_name": "rededge"}]}),
        "rededge2": cog("re2", **{"eo:bands": [{"name": "rededge2", "common_name": "rededge"}]}),
        "swir16": cog("swir16", **{"eo:bands": [{"name": "swir16", "common_name": "swir16"}]}),
        "scl": cog("scl"),
        "thumbnail": {"href": f"{SITE}/t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
        "tileinfo_metadata": {"href": f"{SITE}/t.json", "type": "application/json"},
    }
    found = {name: href.rsplit("/")[-1] for name, (href, _) in scene(assets).assets.items()}
    assert found == {
        "red": "red.tif",
        "nir": "nir.tif",
        "nir08": "nir08.tif",
        "rededge1": "re1.tif",
        "rededge2": "re2.tif",
        "swir1": "swir16.tif",
        "scl": "scl.tif",
    }


def test_planetary_computer_shape() -> None:
    """Keys are band numbers; the near infrared of Landsat is called nir08."""
    sentinel = {
        key: cog(key, **{"eo:bands": [{"name": key, "common_name": common}]})
        for key, common in (("B04", "red"), ("B08", "nir"), ("B05", "rededge"), ("B8A", "rededge"))
    }
    found = scene(sentinel | {"SCL": cog("SCL"), "preview": cog("preview")}).assets
    assert {name: href[len(SITE) + 1 : -4] for name, (href, _) in found.items()} == {
        "red": "B04",
        "nir": "B08",
        "rededge1": "B05",
        "nir08": "B8A",
        "scl": "SCL",
    }
    landsat = {
        "nir08": cog("b5", **{"eo:bands": [{"name": "OLI_B5", "common_name": "nir08"}]}),
        "qa_pixel": cog("qa"),
    }
    assert scene(landsat).assets["nir"] == (f"{SITE}/b5.tif", 1)
    assert scene(landsat).assets["qa_pixel"] == (f"{SITE}/qa.tif", 1)


def test_bands_of_one_file_and_usual_keys() -> None:
    stack = cog("stack", bands=[{"eo:common_name": "blue"}, {"name": "x"}, {"name": "B04"}])
    found = scene({"data": stack, "B12": cog("B12"), "mask": cog("mask", roles=["cloud"])}).assets
    assert found == {
        "blue": (f"{SITE}/stack.tif", 1),
        "red": (f"{SITE}/stack.tif", 3),
        "swir2": (f"{SITE}/B12.tif", 1),
        "cloud": (f"{SITE}/mask.tif", 1),
    }


@pytest.mark.parametrize(
    ("fields", "properties", "rule"),
    [
        ({}, {}, PixelRule()),
        (
            {"raster:bands": [{"nodata": 0, "scale": 2.75e-05, "offset": -0.2}]},
            {},
            PixelRule(scale=2.75e-05, offset=-0.2, nodata=0.0),
        ),
        (
            {"bands": [{"eo:common_name": "red", "raster:scale": 1e-4, "raster:offset": -0.1}]},
            {},
            PixelRule(scale=1e-4, offset=-0.1),
        ),
        (
            {"raster:bands": [{"scale": 1e-4, "offset": -0.1}]},
            {"earthsearch:boa_offset_applied": True, "s2:processing_baseline": "05.00"},
            PixelRule(scale=1e-4, offset=0.0),
        ),
        (
            {},
            {"s2:processing_baseline": "04.00"},
            PixelRule(scale=1e-4, offset=-0.1, nodata=0.0),
        ),
        ({}, {"s2:processing_baseline": "03.01"}, PixelRule()),
        ({}, {"s2:processing_baseline": "newest"}, PixelRule()),
        ({"raster:bands": [{"nodata": "nan"}]}, {}, PixelRule()),
    ],
)
def test_pixels_are_scaled_as_stated(
    fields: dict[str, Any], properties: dict[str, Any], rule: PixelRule
) -> None:
    assert scene({"red": cog("red", **fields)}, **properties).pixels == rule


def test_bands_that_are_scaled_differently_are_refused() -> None:
    assets = {
        name: cog(name, **{"raster:bands": [{"scale": scale}]})
        for name, scale in (("red", 1e-4), ("nir", 1e-3))
    }
    with pytest.raises(ToolError, match="several ways") as caught:
        scene(assets)
    assert caught.value.kind == "bad_data"


def test_cloud_cover_that_nobody_measured_is_said() -> None:
    red = {"red": cog("red")}
    assert not scene(red).cloud_known
    assert scene(red, **{"eo:cloud_cover": 0}).cloud_known


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"bbox": [1, 2, 3]}, "bbox of 3 numbers"),
        ({"bbox": None}, "is no STAC item"),
        ({"geometry": None}, "is no STAC item"),
        ({"id": ""}, "is no STAC item"),
        ({"properties": {"datetime": None}}, "has no date"),
        ({"properties": {"datetime": "yesterday"}}, "is no STAC item"),
        ({"properties": {"datetime": "2020-05-01", "eo:cloud_cover": 200}}, "is no STAC item"),
        ({"assets": {}}, "no GeoTIFF"),
        ({"assets": {"red": {"href": 7}}}, "is no STAC item"),
        ({"assets": {"red": {"href": f"{SITE}/a.jpg", "type": "image/jpeg"}}}, "no GeoTIFF"),
    ],
)
def test_item_that_cannot_be_used_is_a_typed_error(change: dict[str, Any], match: str) -> None:
    bad = item("a", "2020-05-01", {"red": cog("red")}) | change
    with pytest.raises(ToolError, match=match) as caught:
        scene_of(bad, COLLECTION, lambda href: True)
    assert caught.value.kind == "bad_data"


def test_addresses_that_cannot_be_reached_are_left_out() -> None:
    assets = {"red": asset("s3://bucket/red.tif", "red"), "nir": cog("nir")}
    made = item("a", "2020-05-01", assets)
    found = scene_of(made, COLLECTION, lambda href: href.startswith("https:"))
    assert set(found.assets) == {"nir"}


@given(st.text(max_size=300))
def test_ids_are_plain(text: str) -> None:
    name = plain_id(text)
    assert 0 < len(name) <= 200
    assert name == text or not {" ", "\n", "<", "\u202e"} & set(name)
    assert plain_id(name) == name


def test_bands_of_a_collection() -> None:
    described: dict[str, Any] = {
        "visual": {"eo:bands": [{"common_name": "red"}]},
        "B02": {"type": "image/tiff"},
        "nir08": {},
        "swir22": {"type": "image/jp2"},
        "bad": 3,
        "worse": {"bands": "x"},
    }
    assert known_bands(described) == ("blue", "nir", "nir08")
