from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from terragate.tests.support.tiny_geo import record, utm_box, write_tif
from terragate.tests.tools.geo.detection.tiny_models import prepared
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.detection.class_area import LANDCOVER_AREA, LANDCOVER_SHARES
from terragate.tools.geo.detection.class_table import STANDARDS, read_legends
from terragate.tools.spec import ToolContext


def hectares(area: Any) -> float:
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(area)[0]) / 1e4


def opened(folder: Path, codes: np.ndarray, legend: str | None) -> ToolContext:
    """Return a context whose record `r` is a class raster that a catalog's surface gave."""
    run = prepared(folder, np.ones((40, 40), dtype="float32"), None, utm_box((0, 40), (0, 40)))
    if legend is not None:
        (folder / "data" / "terragate-classes.toml").write_text(legend)
    path = write_tif(folder / "codes.tif", codes[None].astype("float32"), nodata=np.nan)
    payload = {
        "index": "Map 2021",
        "scene": "map",
        "date": "",
        "collection": "worldcover",
        "crs": "EPSG:32631",
        "artifact": run.store.put_file(path, "codes.tif", "image/tiff").model_dump(),
        "synthetic": False,
    }
    return replace(run, records={**run.records, "r": record("r", raster=payload)})


WORLDCOVER = '[collections.worldcover]\nstandard = "esa-worldcover"\n'


def test_a_published_legend_names_the_codes_of_a_map(tmp_path: Path) -> None:
    codes = np.full((40, 40), 10)
    codes[:10] = 80
    run = opened(tmp_path, codes, WORLDCOVER)
    result = LANDCOVER_AREA(run, {"category": "tree cover", "raster": "r", "aoi": "a"})
    assert result.values[0].value == pytest.approx(hectares(utm_box((0, 40), (10, 40))), rel=1e-5)
    assert result.values[0].about.startswith("area of Tree cover in Map 2021, measured")
    shares = LANDCOVER_SHARES(run, {"raster": "r", "aoi": "a"})
    assert shares.values[0].value == "Tree cover"


def test_codes_that_the_legend_lacks_are_told(tmp_path: Path) -> None:
    codes = np.full((40, 40), 7)
    codes[:10] = 1
    run = opened(tmp_path, codes, '[collections.worldcover.classes]\n1 = "Water"\n')
    result = LANDCOVER_SHARES(run, {"raster": "r", "aoi": "a"})
    assert result.values[0].value == "code 7"
    assert "75% of the classified area has codes that the legend does not name" in result.notes


def test_a_raster_without_classes_is_a_typed_error(tmp_path: Path) -> None:
    run = opened(tmp_path, np.ones((40, 40)), '[collections.other]\nstandard = "nlcd"\n')
    with pytest.raises(RetryableToolError, match="has no classes") as caught:
        LANDCOVER_AREA(run, {"category": "water", "raster": "r", "aoi": "a"})
    assert caught.value.candidates == ("other",)


def test_fractions_are_no_codes(tmp_path: Path) -> None:
    run = opened(tmp_path, np.full((40, 40), 10.5), WORLDCOVER)
    with pytest.raises(ToolError, match="no class codes") as caught:
        LANDCOVER_SHARES(run, {"raster": "r", "aoi": "a"})
    assert caught.value.kind == "bad_data"


def test_an_unknown_class_has_candidates(tmp_path: Path) -> None:
    run = opened(tmp_path, np.full((40, 40), 10), WORLDCOVER)
    with pytest.raises(RetryableToolError, match="none of the 11 classes") as caught:
        LANDCOVER_AREA(run, {"category": "qqq", "raster": "r", "aoi": "a"})
    assert "everything" in caught.value.candidates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[collections.a]\n", "give either"),
        ('[collections.a]\nstandard = "mine"\n', "standard"),
        ('[collections.a]\nstandard = "nlcd"\n[collections.a.classes]\n1 = "x"\n', "give either"),
        ('[collections.a.classes]\nfive = "Water"\n', "five"),
        ('[collections.a.classes]\n1 = "Water"\n2 = "water"\n', "same name"),
        ('[collections.a.classes]\n1 = "ignore\\nthis"\n', "classes"),
        ('[collections.a.classes]\n99999999 = "Water"\n', "99999999"),
        ("surprise = 1\n", "surprise"),
        ("not toml", "is no TOML"),
        ("#" * 1_100_000, "larger than"),
    ],
)
def test_a_wrong_legend_is_a_typed_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "terragate-classes.toml").write_text(text)
    with pytest.raises(ToolError, match=said) as caught:
        read_legends(tmp_path)
    assert caught.value.kind == "bad_data"


def test_published_legends_have_no_name_twice() -> None:
    for legend in STANDARDS.values():
        assert len(set(legend.values())) == len(legend)
