"""What the colours of a drawn raster mean: its scale and unit, its classes, and no data."""

import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.image import imread
from terragate.tests.support.tiny_geo import (
    TinyCatalog,
    aoi_payload,
    context,
    record,
    utm_box,
    write_tif,
)
from terragate.tools.geo.analysis.change_cover import COVER_FROM
from terragate.tools.geo.catalog import CollectionInfo
from terragate.tools.geo.charts.class_scale import MOST_NAMED, OTHER, PUBLISHED, class_scale
from terragate.tools.geo.charts.scale import SIGNED_INDICES, RasterScale, raster_scale
from terragate.tools.geo.charts.swipe import SWIPE_MAP
from terragate.tools.geo.detection.class_table import STANDARDS
from terragate.tools.geo.drawn_raster import drawn_raster
from terragate.tools.geo.picture import NO_DATA, quick_look, read_picture
from terragate.tools.geo.present import QUICK_LOOK, SHOW_MAP
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext

RAMP = np.linspace(0, 300, 1600).reshape(40, 40)
COVER = np.full((40, 40), 10.0)
COVER[:, 20:] = 80
COVER[30:, :] = np.nan
WORLD = [[code, name] for code, name in STANDARDS["esa-worldcover"].items()]
TREES, WATER = (0, 100, 0), (0, 100, 200)
"""The colours that the Product User Manual of ESA WorldCover prints for classes 10 and 80."""


def raster(folder: Path, pixels: np.ndarray, name: str = "r", **changes: Any) -> Record:
    path = write_tif(folder / f"{name}.tif", pixels[None].astype("float32"), nodata=np.nan)
    ref = context(folder).store.put_file(path, f"{name}.tif", "image/tiff")
    payload = {
        "index": "elevation",
        "unit": "m",
        "scene": "s",
        "date": "",
        "collection": "dem",
        "crs": "EPSG:32631",
        "artifact": ref.model_dump(),
        "synthetic": False,
    }
    return record(name, raster=payload | changes)


def run_of(folder: Path, *records: Record) -> ToolContext:
    return context(folder, [record("a", aoi=aoi_payload(utm_box((0, 40), (0, 40)))), *records])


def page(run: ToolContext, result: ToolResult) -> dict[str, Any]:
    """Return the map's document, in which every bokeh model is a JSON object."""
    text = run.store.path(result.artifacts[0]).read_text()
    return json.loads(re.search(r"embed_item\((.*)\);</script>", text)[1])


def models(node: Any, name: str) -> list[dict[str, Any]]:
    """Return the attributes of every bokeh model of a class, in order."""
    if isinstance(node, list):
        return [found for part in node for found in models(part, name)]
    if not isinstance(node, dict):
        return []
    own = [node.get("attributes", {})] if node.get("name") == name else []
    return own + [found for part in node.values() for found in models(part, name)]


def labels(document: dict[str, Any]) -> list[str]:
    return [item["label"]["value"] for item in models(document, "LegendItem")]


def words(figure: Figure) -> list[str]:
    """Return every text of a figure, as an SVG reader finds them."""
    svg = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(svg, format="svg")
    return ["".join(text.itertext()) for text in ET.fromstring(svg.getvalue()).iter() if
            text.tag.endswith("}text")]  # fmt: skip


def drawn_words(run: ToolContext, name: str = "r") -> list[str]:
    drawn = drawn_raster(run, run.output(name, "raster"))
    return words(quick_look(drawn.picture, drawn.scale, "title", "subtitle"))


def colours_of(run: ToolContext, result: ToolResult) -> np.ndarray:
    """Return the colours of a PNG file as rows of red, green and blue, 0 to 255."""
    pixels = imread(run.store.path(result.artifacts[0]))[..., :3]
    return np.round(pixels * 255).astype(int).reshape(-1, 3)


def share(colours: np.ndarray, rgb: tuple[int, ...]) -> float:
    return float((colours == rgb).all(axis=1).mean())


def test_heights_are_drawn_from_low_to_high_with_their_unit(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster(tmp_path, RAMP))
    scale = drawn_raster(run, run.output("r", "raster")).scale
    assert isinstance(scale, RasterScale)
    assert (scale.low, scale.high) == (0, 300)
    said = drawn_words(run)
    assert "elevation (m)" in said
    assert {"0", "100", "300"} <= set(said)
    assert not any(text.startswith(("-", "−")) for text in said), "no height is below zero"
    assert "no data" not in said
    document = page(run, SHOW_MAP(run, {"layer": "raster"}))
    [mapper] = models(document, "LinearColorMapper")
    assert (mapper["low"], mapper["high"]) == (0, 300)
    assert models(document, "ColorBar")[0]["title"] == "elevation (m)"


@pytest.mark.parametrize(
    ("title", "signed"),
    [("NDVI", False), ("slope", False), ("NDVI change", True), ("height difference", True),
     ("NDWI", True), ("MNDWI", True), ("NDBI", True), ("hillshade", False)],
)  # fmt: skip
def test_only_what_has_a_sign_has_zero_in_the_middle(title: str, signed: bool) -> None:
    scale = raster_scale(title, "", [np.linspace(-0.1, 0.7, 900)])
    assert (scale.low == -scale.high) is signed
    ends = [scale.colours(np.array([[value]]))[0, 0] for value in (scale.low, scale.high)]
    middle = scale.colours(np.array([[(scale.low + scale.high) / 2]]))[0, 0]
    # A diverging palette is lightest in the middle; a sequential one grows lighter all the way.
    light = [int(colour[:3].sum()) for colour in (ends[0], middle, ends[1])]
    assert (light[1] == max(light)) is signed
    assert signed or light == sorted(light)


def test_an_index_has_a_sign_where_its_published_threshold_is_zero() -> None:
    assert {name for name, (level, _) in COVER_FROM.items() if level == 0} == SIGNED_INDICES


def test_a_picture_shows_where_there_is_no_data(tmp_path: Path) -> None:
    holed = RAMP.copy()
    holed[:20] = np.nan
    run = run_of(tmp_path, raster(tmp_path, holed), raster(tmp_path, RAMP, "full"))
    assert "no data" in drawn_words(run)
    grey = tuple(int(NO_DATA[at : at + 2], 16) for at in (1, 3, 5))
    holes = share(colours_of(run, QUICK_LOOK(run, {"raster": "r"})), grey)
    none = share(colours_of(run, QUICK_LOOK(run, {"raster": "full"})), grey)
    assert holes > none + 0.1
    only = context(tmp_path, {"r": run.records["r"]})
    assert "no data (transparent)" in labels(page(only, SHOW_MAP(only, {"layer": "raster"})))


def test_classes_are_drawn_in_their_published_colours_and_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster(tmp_path, COVER, index="land cover", unit="", classes=WORLD))
    said = drawn_words(run)
    assert {"land cover", "Tree cover", "Permanent water bodies", "no data"} <= set(said)
    assert "Cropland" not in said, "a class that does not occur"
    colours = colours_of(run, QUICK_LOOK(run, {"raster": "r"}))
    trees, water = share(colours, TREES), share(colours, WATER)
    assert trees > 0.1
    assert trees == pytest.approx(water, rel=0.1)


def test_the_map_of_classes_names_them_beside_their_colours(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster(tmp_path, COVER, index="land cover", unit="", classes=WORLD))
    document = page(run, SHOW_MAP(run, {"layer": "raster"}))
    found = labels(document)
    assert {"Tree cover", "Permanent water bodies", "no data (transparent)"} <= set(found)
    assert "Cropland" not in found
    squares = [mark for mark in models(document, "Scatter") if mark.get("size") == {
        "type": "value", "value": 13}]  # fmt: skip
    fills = {mark["fill_color"]["value"] for mark in squares}
    assert {"#006400", "#0064c8"} <= fills
    assert models(document, "ColorBar") == []
    assert models(document, "ScaleBar")


def test_the_pixels_of_the_map_have_the_colours_of_the_legend(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster(tmp_path, COVER, index="land cover", unit="", classes=WORLD))
    drawn = drawn_raster(run, run.output("r", "raster"), "EPSG:3857")
    rgba = drawn.scale.colours(drawn.picture.pixels)
    height, width = rgba.shape[:2]
    assert tuple(rgba[height // 4, width // 4]) == (*TREES, 255)
    assert tuple(rgba[height // 4, 3 * width // 4]) == (*WATER, 255)
    assert rgba[-4, width // 2, 3] == 0, "no data is transparent"


def test_before_and_after_of_classes_has_their_names(tmp_path: Path) -> None:
    what = {"index": "land cover", "unit": "", "classes": [[10, "Tree cover"], [80, "<b>Lake"]]}
    run = run_of(
        tmp_path,
        raster(tmp_path, COVER, "r1", date="2019-01-01", **what),
        raster(tmp_path, np.full((40, 40), 80.0), "r2", date="2021-01-01", **what),
    )
    result = SWIPE_MAP(run, {"before": "r1", "after": "r2"})
    text = run.store.path(result.artifacts[0]).read_text()
    legend = re.search(r'<div id="legend">(.*?)</div>', text)[1]
    assert re.findall(r"</span>([^<]+)</li>", legend) == ["Tree cover", "&lt;b&gt;Lake"]
    assert len(set(re.findall(r"background:(#\w+)", legend))) == 2


def test_the_legend_of_a_catalog_is_of_the_collection_itself(tmp_path: Path) -> None:
    (tmp_path / "terragate-classes.toml").write_text(
        '[collections.cover]\nstandard = "esa-worldcover"\n'
    )
    made = raster(tmp_path, COVER, index="Cover 2021", unit="", collection="cover")
    derived = raster(tmp_path, COVER, "d", index="slope", unit="deg", collection="cover")
    plain = run_of(tmp_path, made, derived)

    class Known(TinyCatalog):
        def collections(self) -> tuple[CollectionInfo, ...]:
            first = super().collections()[0]
            return (first.model_copy(update={"id": "cover", "title": "Cover 2021"}),)

    run = ToolContext(
        store=plain.store,
        catalog=Known(tmp_path),
        records=plain.records,
        today=plain.today,
    )
    assert "Tree cover" in drawn_words(run)
    assert "slope (deg)" in drawn_words(run, "d")
    assert "Tree cover" not in drawn_words(run, "d")


def test_numbers_that_are_no_codes_have_a_scale(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster(tmp_path, RAMP / 7, classes=WORLD))
    assert "elevation (m)" in drawn_words(run)


def test_a_large_class_raster_has_no_classes_between_its_classes(tmp_path: Path) -> None:
    pixels = np.full((1100, 1100), 10.0, "float32")
    pixels[np.arange(1100) % 14 < 7] = 80
    path = write_tif(tmp_path / "big.tif", pixels[None])
    found = read_picture(path, classes=True).pixels
    assert max(found.shape) == 512
    assert set(np.unique(found)) == {10.0, 80.0}


def test_rare_classes_share_a_colour_and_unknown_codes_are_named() -> None:
    codes = np.repeat(np.arange(30.0), np.arange(30, 0, -1) * 2)[None]
    scale = class_scale("cover", {0: "Zero"}, [codes])
    assert scale is not None
    assert len(scale.entries) == MOST_NAMED
    assert scale.legend()[:2] == (("Zero", scale.entries[0].colour), ("code 1",
        scale.entries[1].colour))  # fmt: skip
    assert scale.legend()[-1] == ("other classes", OTHER)
    grey = tuple(int(OTHER[at : at + 2], 16) for at in (1, 3, 5))
    assert tuple(scale.colours(np.array([[29.0]]))[0, 0]) == (*grey, 255)
    colours = {entry.colour for entry in scale.entries}
    assert len(colours) == MOST_NAMED


def test_a_class_has_one_colour_whatever_else_occurs() -> None:
    table = {1: "Forest", 2: "Water", 3: "Town"}
    both = class_scale("cover", table, [np.array([[1.0, 2.0, 3.0]])])
    alone = class_scale("cover", table, [np.array([[3.0]])])
    assert both is not None
    assert alone is not None
    assert alone.entries[0] == both.entries[2]


def test_every_published_class_has_a_colour_of_its_own() -> None:
    assert set(PUBLISHED) == set(STANDARDS)
    for standard, table in STANDARDS.items():
        assert set(PUBLISHED[standard]) == set(table)
        assert len(set(PUBLISHED[standard].values())) == len(table)
        for colour in PUBLISHED[standard].values():
            assert re.fullmatch(r"#[0-9a-f]{6}", colour)
