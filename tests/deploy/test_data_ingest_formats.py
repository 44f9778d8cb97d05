"""`terragate data ingest`: the tables that each format becomes, and the records it leaves out."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from terragate.deploy.ingest.xview import CLASSES
from terragate.tests.support.tiny_downloads import UTM, patch, taken_in, tif, xview, xview_label
from terragate.tools.geo.class_tables import XVIEW_CLASSES
from terragate.tools.geo.static_catalog import open_catalog


def test_xview_ids_are_the_sixty_classes():
    assert tuple(CLASSES.values()) == XVIEW_CLASSES
    assert [CLASSES[n] for n in (11, 18, 44, 73, 94)] == [
        "Fixed-wing Aircraft",
        "Small Car",
        "Tugboat",
        "Building",
        "Tower",
    ]


def xview_with_five_faults(folder):
    """A download of three usable labels and five that are not, with one of its two images."""
    root = xview(
        folder,
        xview_label(12.0001, 49.9999),
        xview_label(12.0002, 49.9998, type_id=73, ingest_time="2017/07/20 00:00:00+00"),
        xview_label(13, 51, image_id="5.tif", ingest_time=None),
        xview_label(13, 51, type_id=75),
        xview_label(13, 51, image_id="../../etc/passwd"),
        xview_label(200, 51),
        xview_label(13, 51, bounds_imcoords="1,2,3"),
        {"type": "Feature", "properties": {}, "geometry": None},
    )
    tif(root / "train_images/389.tif")
    return root


def test_xview_becomes_the_two_tables(tmp_path):
    root = xview_with_five_faults(tmp_path / "xview")
    out = tmp_path / "out"
    said = taken_in("xview1", root, out)
    assert (said["rows"], said["images"], said["skipped"]) == (3, 2, 5)
    assert said["classes"] == {"Building": 1, "Tugboat": 2}
    assert [p[0] for p in said["problems"]] == [
        f"xView_train.geojson feature {n}" for n in (3, 4, 5, 6, 7)
    ]
    assert "type_id 75" in said["problems"][0][1]
    labels = gpd.read_file(out / "xview1_labels.gpkg")
    assert list(labels.columns) == [
        *("image_id", "filename", "cat_id", "cat_name", "date"),
        *("xmin", "ymin", "xmax", "ymax", "uoi", "geometry"),
    ]
    first = labels.iloc[0]
    assert (first["cat_id"], first["cat_name"], first["uoi"]) == (44, "Tugboat", "xview1_bbox_0")
    assert (first["xmin"], first["ymax"]) == (10, 30)
    assert list(labels["date"].dt.strftime("%Y-%m-%d")) == [
        "2017-07-24",
        "2017-07-20",
        "2017-06-29",
    ]
    assert first.geometry.bounds == pytest.approx((12.0001, 49.9998, 12.0002, 49.9999))
    images = gpd.read_file(out / "xview1_images.gpkg").set_index("image_id")
    assert images.loc["389.tif", "date"].date() == date(2017, 7, 20)
    centre = images.loc["389.tif"].geometry
    assert (centre.x, centre.y) == pytest.approx((12.0005, 49.9996))
    beside = images.loc["5.tif"].geometry
    assert (beside.x, beside.y) == pytest.approx((13.00005, 50.99995))


def fair1m_xml(filename="7.tif", name="Dry Cargo Ship", points=None, extra=""):
    corners = points or ["10,20", "30,20", "30,40", "10,40", "10,20"]
    listed = "".join(f"<point>{point}</point>" for point in corners)
    return (
        f"<?xml version='1.0'?>{extra}<annotation><source><filename>{filename}</filename>"
        "<origin>GF2/GF3</origin></source><objects><object><coordinate>pixel</coordinate>"
        f"<possibleresult><name>{name}</name></possibleresult><points>{listed}</points>"
        "</object></objects></annotation>"
    )


def annotate(root, number, text):
    path = root / f"labelXml/{number}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def test_fair1m_boxes_are_placed_by_their_images(tmp_path):
    root = tmp_path / "fair1m/train/part1"
    tif(root / "images/7.tif", crs=UTM, origin=(500_000, 5_500_000), pixel=0.8)
    tif(root / "images/8.tif", crs=None)
    turned = ["20.5,10", "30,20.5", "20,30", "10,20"]
    annotate(root, 1, fair1m_xml())
    annotate(root, 2, fair1m_xml(name="boeing737", points=turned))
    bad = {
        3: fair1m_xml(name="Spaceship"),
        4: fair1m_xml(filename="8.tif"),
        5: fair1m_xml(filename="9.tif"),
        6: fair1m_xml(filename="../7.tif"),
        7: fair1m_xml(points=["1,1", "2,2"]),
        8: fair1m_xml(points=["a,1", "2,2", "3,3", "4,4"]),
        9: fair1m_xml(points=["nan,1", "2,2", "3,3", "4,4"]),
        10: fair1m_xml(extra=BOMB, name="&b;"),
        11: "<annotation>",
    }
    for number, text in bad.items():
        annotate(root, number, text)
    out = tmp_path / "out"
    said = taken_in("fair1m", tmp_path / "fair1m", out)
    assert (said["rows"], said["skipped"]) == (2, len(bad))
    assert said["classes"] == {"Boeing737": 1, "Dry Cargo Ship": 1}
    assert "2015-01-01" in said["about"]
    reasons = dict(said["problems"])
    assert "DTDForbidden" in reasons["train/part1/labelXml/10.xml"]
    assert "cannot be placed" in reasons["train/part1/labelXml/4.xml"]
    labels = gpd.read_file(out / "fair1m_labels.gpkg").set_index("cat_name")
    box, plane = labels.loc["Dry Cargo Ship"], labels.loc["Boeing737"]
    to_degrees = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    corners = [
        (500_000 + 0.8 * x, 5_500_000 - 0.8 * y)
        for x, y in ((20.5, 10), (30, 20.5), (20, 30), (10, 20))
    ]
    truth = shapely.Polygon([to_degrees.transform(*corner) for corner in corners])
    assert plane.geometry.equals_exact(truth, 1e-9)
    assert (box["xmin"], box["ymin"], box["xmax"], box["ymax"]) == (10, 20, 30, 40)
    assert box["image_id"] == "train/part1/images/7.tif"
    assert set(labels["date"].dt.strftime("%Y-%m-%d")) == {"2015-01-01"}


def test_bigearthnet_version_1_has_a_row_for_each_class(tmp_path):
    root = tmp_path / "BigEarthNet-v1.0"
    patch(root, "S2A_MSIL2A_20170613T101031_0_45", ["Pastures", "Sea and ocean", "Pastures"])
    patch(root, "S2B_MSIL2A_20180204T101031_3_4", ["Pastures"], acquisition_date="2018-02-04 1")
    patch(root, "S2A_MSIL2A_20170613T101031_1_1", ["Moon dust"])
    patch(root, "S2A_MSIL2A_20170613T101031_1_2", ["Pastures"], acquisition_date="soon")
    patch(root, "S2A_MSIL2A_20170613T101031_1_3", ["Pastures"], projection="+init=/etc/passwd")
    patch(root, "S2A_MSIL2A_20170613T101031_1_4", ["Pastures"], coordinates={})
    out = tmp_path / "out"
    said = taken_in("bigearthnet", tmp_path, out)
    assert (said["rows"], said["images"], said["skipped"]) == (3, 2, 4)
    assert said["classes"] == {"Pastures": 2, "Sea and ocean": 1}
    rows = gpd.read_file(out / "ben_lcc.gpkg")
    assert list(rows.columns) == ["image_id", "filename", "cat_name", "date", "uoi", "geometry"]
    assert list(rows["uoi"]) == ["ben_l_0", "ben_l_1", "ben_l_2"]
    truth = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(500_600, 4_999_400)
    assert (rows.geometry.x[0], rows.geometry.y[0]) == pytest.approx(truth, abs=1e-9)
    info = open_catalog(out).collections()[0]
    assert (info.id, info.kind, info.notes) == ("bigearthnet", "landcover", ())
    assert (info.start, info.end) == (date(2017, 6, 13), date(2018, 2, 5))


def test_bigearthnet_version_2_is_placed_by_its_rasters(tmp_path):
    root = tmp_path / "v2"
    tile = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP"
    names = [f"{tile}_26_57", f"{tile}_27_57", f"{tile}_28_57", "S2A_MSIL2A_20171313T101031_N9_1_2"]
    labels = [["Urban fabric", "Arable land"], ["Pastures"], ["Pastures"], ["Pastures"]]
    placed = root / "BigEarthNet-S2" / tile / names[0] / f"{names[0]}_B02.tif"
    tif(placed, crs=UTM, origin=(500_000, 5_000_000), pixel=10, size=(120, 120))
    lost = root / "BigEarthNet-S2" / tile / names[1] / f"{names[1]}_B02.tif"
    lost.parent.mkdir()
    lost.write_bytes(b"II*\x00")
    frame = pd.DataFrame({"patch_id": names, "labels": labels, "split": "train"})
    frame.to_parquet(root / "metadata.parquet")
    said = taken_in("bigearthnet", root, tmp_path / "out")
    assert (said["rows"], said["skipped"]) == (2, 3)
    rows = gpd.read_file(tmp_path / "out/ben_lcc.gpkg")
    truth = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(500_600, 4_999_400)
    assert (rows.geometry.x[0], rows.geometry.y[0]) == pytest.approx(truth, abs=1e-9)
    assert set(rows["cat_name"]) == {"Urban fabric", "Arable land"}
