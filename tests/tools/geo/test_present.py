import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from matplotlib.image import imread
from terragate.tests.support.tiny_geo import (
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.export import EXPORT_LAYER
from terragate.tools.geo.map_layers import draw_features
from terragate.tools.geo.map_page import new_map, render
from terragate.tools.geo.picture import read_picture
from terragate.tools.geo.present import QUICK_LOOK, SHOW_MAP, ZOOM_MAP
from terragate.tools.geo.vector import write_features
from terragate.tools.records import ToolResult
from terragate.tools.spec import ToolContext, ToolSpec

AREA = utm_box((0, 40), (0, 40))
HOSTILE = "</script><script>alert(1)</script>"


def points(count: int = 3, label: str = "Tugboat") -> gpd.GeoDataFrame:
    west, south, east, north = AREA.bounds
    lons = np.linspace(west, east, count + 2)[1:-1]
    return gpd.GeoDataFrame(
        {"cat_name": [label] * count},
        geometry=[shapely.Point(lon, (south + north) / 2).buffer(1e-4) for lon in lons],
        crs="EPSG:4326",
    )


def loaded(folder: Path, frame: gpd.GeoDataFrame | None = None) -> ToolContext:
    """Return a context with an area, scenes, features and a raster."""
    run = context(folder)
    payload = {"collection": "xview1", "classes": ["Tugboat"], "synthetic": True}
    ramp = np.linspace(-0.2, 0.8, 1600, dtype="float32").reshape(1, 40, 40)
    tif = write_tif(folder / "r.tif", ramp, nodata=np.nan)
    raster = {
        "index": "NDVI",
        "scene": "s",
        "date": "2024-06-01",
        "collection": "sentinel-2",
        "crs": "EPSG:32631",
        "artifact": run.store.put_file(tif, "ndvi_s.tif", "image/tiff").model_dump(),
        "synthetic": True,
    }
    made = [
        record("r1", aoi=aoi_payload(AREA)),
        record("r2", scenes=scenes_payload([scene("one", "s.tif", "2024-06-01", cloud=7)])),
        record(
            "r3", features=write_features(run, points() if frame is None else frame, payload, "x")
        ),
        record("r4", raster=raster),
    ]
    return context(folder, made)


def text(run: ToolContext, result: ToolResult) -> str:
    return run.store.path(result.artifacts[0]).read_text()


def item(page: str) -> dict[str, object]:
    return json.loads(re.search(r"embed_item\((.*)\);</script>", page)[1])


@pytest.mark.parametrize("layer", ["features", "scenes", "raster"])
def test_map_shows_one_layer_and_the_area(tmp_path: Path, layer: str) -> None:
    run = loaded(tmp_path)
    result = SHOW_MAP(run, {"layer": layer})
    shown = result.outputs["map"]
    assert [(part["kind"], part["record"]) for part in shown["layers"]] == [
        (layer, {"features": "r3", "scenes": "r2", "raster": "r4"}[layer])
    ]
    assert shown["bounds"] == pytest.approx(AREA.bounds)
    page = text(run, result)
    assert "Area: Testville" in page
    assert "synthetic data" in page
    assert "Natural Earth" in page
    assert len(page) < 6_000_000


def test_map_of_a_layer_names_its_classes_and_index(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    layers = [
        SHOW_MAP(run, {"layer": k}).outputs["map"]["layers"][0] for k in ("features", "raster")
    ]
    assert (layers[0]["classes"], layers[0]["index"]) == (["Tugboat"], None)
    assert (layers[1]["classes"], layers[1]["index"]) == ([], "NDVI")


def test_map_needs_nothing_from_outside(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    page = text(run, SHOW_MAP(run, {"layer": "features"}))
    assert not re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=", page.split("<script>")[0])
    assert "default-src 'none'" in page


@pytest.mark.parametrize("tool", [SHOW_MAP, ZOOM_MAP, QUICK_LOOK])
def test_same_input_gives_the_same_bytes(tmp_path: Path, tool: ToolSpec) -> None:
    run = loaded(tmp_path)
    args = {SHOW_MAP: {"layer": "features"}, ZOOM_MAP: {"aoi": "r1"}, QUICK_LOOK: {"raster": "r4"}}
    assert len({tool(run, args[tool]).artifacts[0].sha256 for _ in range(2)}) == 1


def test_text_of_a_dataset_cannot_become_script(tmp_path: Path) -> None:
    run = loaded(tmp_path, points(label=HOSTILE))
    hostile = aoi_payload(AREA, name=HOSTILE)
    run = context(tmp_path, {**run.records, "r9": record("r9", aoi=hostile)})
    page = text(run, SHOW_MAP(run, {"layer": "features"}))
    assert HOSTILE not in page
    assert HOSTILE in json.dumps(item(page))


def test_references_of_the_document_are_defined(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    document = json.dumps(item(text(run, SHOW_MAP(run, {"layer": "raster"}))))
    used = set(re.findall(r'"id": "(m\d+)"', document))
    defined = set(re.findall(r'"type": "object", "name": "\w+", "id": "(m\d+)"', document))
    assert used == defined


def test_newest_layer_and_area_are_shown(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    small = utm_box((0, 10), (0, 10))
    newer = run.records["r3"].model_copy(update={"id": "r8"})
    run = context(
        tmp_path, {**run.records, "r8": newer, "r9": record("r9", aoi=aoi_payload(small))}
    )
    shown = SHOW_MAP(run, {"layer": "features"}).outputs["map"]
    assert shown["layers"][0]["record"] == "r8"
    assert shown["bounds"] == pytest.approx(small.bounds)


def test_layer_without_an_area_sets_the_view(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    alone = context(tmp_path, {"r4": run.records["r4"]})
    bounds = SHOW_MAP(alone, {"layer": "raster"}).outputs["map"]["bounds"]
    assert bounds == pytest.approx(AREA.bounds, abs=1e-3)


def test_absent_layer_offers_those_there_are(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    only = context(tmp_path, {"r1": run.records["r1"], "r2": run.records["r2"]})
    with pytest.raises(RetryableToolError) as caught:
        SHOW_MAP(only, {"layer": "raster"})
    assert caught.value.candidates == ("scenes",)


def test_zoom_shows_the_area_and_no_layer(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    result = ZOOM_MAP(run, {"aoi": "r1"})
    assert result.outputs["map"] == {"layers": [], "bounds": pytest.approx(list(AREA.bounds))}
    assert "Testville, Testland" in text(run, result)


def test_many_features_are_thinned_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from terragate.tools.geo import map_layers

    monkeypatch.setattr(map_layers, "MOST_FEATURES", 10)
    monkeypatch.setattr(map_layers, "MOST_VERTICES", 10)
    plot = new_map(AREA.bounds)
    notes = draw_features(plot, points(35))
    assert "the map shows every 4th of 35 features" in notes
    assert any("points" in note for note in notes)
    assert render(plot, "t", "s", ())


def test_picture_keeps_place_and_holes(tmp_path: Path) -> None:
    pixels = np.full((1, 40, 40), 0.5, dtype="float32")
    pixels[0, :, :20] = np.nan
    path = write_tif(tmp_path / "half.tif", pixels, nodata=np.nan)
    picture = read_picture(path, "EPSG:3857")
    valid = np.isfinite(picture.pixels)
    assert valid.mean() == pytest.approx(0.5, abs=0.06)
    assert valid[:, -5:].mean() > 0.8


def test_large_raster_is_drawn_small(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "large.tif", np.ones((1, 900, 1300), "float32"))
    assert max(read_picture(path).pixels.shape) == 512


def test_quick_look_is_a_picture_with_title_and_date(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    result = QUICK_LOOK(run, {"raster": "r4"})
    assert result.outputs["picture"]["date"] == "2024-06-01"
    pixels = imread(run.store.path(result.artifacts[0]))
    assert pixels.shape[0] > 500
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 100


@pytest.mark.parametrize(("layer", "count"), [("features", 3), ("scenes", 1)])
@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_vector_export_reads_back(tmp_path: Path, layer: str, count: int, form: str) -> None:
    run = loaded(tmp_path)
    result = EXPORT_LAYER(run, {"layer": layer, "format": form})
    frame = gpd.read_file(run.store.path(result.artifacts[0]))
    assert len(frame) == count
    assert frame.crs.to_epsg() == 4326
    assert result.artifacts[0].name.endswith(form)


def test_geojson_follows_rfc_7946(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    content = json.loads(text(run, EXPORT_LAYER(run, {"layer": "features", "format": "geojson"})))
    assert "crs" not in content
    rings = [shapely.geometry.shape(f["geometry"]).exterior for f in content["features"]]
    assert all(ring.is_ccw for ring in rings)


def test_raster_export_is_a_cog_with_the_same_pixels(tmp_path: Path) -> None:
    run = loaded(tmp_path)
    result = EXPORT_LAYER(run, {"layer": "raster", "format": "cog"})
    with rasterio.open(run.store.path(result.artifacts[0])) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.read(1)[-1, -1] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("layer", "form", "able"),
    [("raster", "geojson", ("cog",)), ("scenes", "cog", ("geojson", "gpkg"))],
)
def test_a_form_that_does_not_fit_offers_those_that_do(
    tmp_path: Path, layer: str, form: str, able: tuple[str, ...]
) -> None:
    with pytest.raises(RetryableToolError) as caught:
        EXPORT_LAYER(loaded(tmp_path), {"layer": layer, "format": form})
    assert caught.value.candidates == able
