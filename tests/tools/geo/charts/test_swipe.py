import base64
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread
from terragate.tests.support.tiny_geo import LEFT, PIXEL, TOP
from terragate.tests.tools.geo.charts.chart_runs import rasters, text
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.charts.scale import quantity, raster_scale, shown
from terragate.tools.geo.charts.swipe import SWIPE_MAP
from terragate.tools.records import ToolResult
from terragate.tools.spec import ToolContext

FLAT = np.linspace(0.0, 0.8, 1600).reshape(40, 40)


def swipe(run: ToolContext, before: str = "r1", after: str = "r2") -> ToolResult:
    return SWIPE_MAP(run, {"before": before, "after": after})


def pictures(page: str) -> list[np.ndarray]:
    return [
        imread(io.BytesIO(base64.b64decode(data)))
        for data in re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    ]


def places(page: str) -> list[tuple[float, ...]]:
    return [
        tuple(float(v) for v in found)
        for found in re.findall(
            r"left:([\d.-]+)%;top:([\d.-]+)%;width:([\d.-]+)%;height:([\d.-]+)%", page
        )
    ]


def test_the_earlier_picture_is_on_the_left_whatever_was_computed_first(tmp_path: Path) -> None:
    run = rasters(tmp_path, (FLAT, "2021-06-03", {}), (FLAT * 0.5, "2019-06-01", {}))
    result = swipe(run)
    page = text(run, result)
    assert page.index(">2019-06-01</span>") < page.index(">2021-06-03</span>")
    assert [part["record"] for part in result.outputs["map"]["layers"]] == ["r2", "r1"]
    assert result.summary == "before and after map of 2019-06-01 and 2021-06-03"
    assert "<h1>NDVI before and after</h1>" in page


def test_both_pictures_share_one_scale_with_its_unit(tmp_path: Path) -> None:
    height = {"index": "elevation", "unit": "m"}
    run = rasters(
        tmp_path,
        (np.full((40, 40), 10.0), "2019-01-01", height),
        (np.full((40, 40), 20.0), "2020-01-01", height),
    )
    page = text(run, swipe(run))
    first, second = (p[20, 20, :3] for p in pictures(page))
    assert not np.allclose(first, second)
    assert "elevation (m)" in page
    assert "<span>10</span><span>15</span><span>20</span>" in page


def test_pictures_of_other_places_are_put_where_they_lie(tmp_path: Path) -> None:
    moved = {"grid": {"transform": Affine(PIXEL, 0, LEFT + 20 * PIXEL, 0, -PIXEL, TOP)}}
    run = rasters(tmp_path, (FLAT, "2019-01-01", {}), (FLAT, "2020-01-01", moved))
    (left, _, width, _), (shifted, _, _, _) = places(text(run, swipe(run)))
    assert left == pytest.approx(0, abs=0.1)
    # Half a raster's width further east, of one and a half widths in all.
    assert shifted == pytest.approx(100 / 3, abs=1)
    assert width == pytest.approx(200 / 3, abs=1)
    far = {"grid": {"transform": Affine(PIXEL, 0, LEFT + 90 * PIXEL, 0, -PIXEL, TOP)}}
    apart = rasters(tmp_path / "b", (FLAT, "2019-01-01", {}), (FLAT, "2020-01-01", far))
    assert swipe(apart).notes == ("the two rasters do not overlap",)


def test_pixels_without_data_are_transparent(tmp_path: Path) -> None:
    holed = FLAT.copy()
    holed[:20] = np.nan
    run = rasters(tmp_path, (holed, "2019-01-01", {}), (FLAT, "2020-01-01", {}))
    first, second = pictures(text(run, swipe(run)))
    assert first[10, 20, 3] == 0
    assert second[10, 20, 3] == 1


def test_the_page_works_offline_by_keyboard_and_runs_its_own_script_only(tmp_path: Path) -> None:
    run = rasters(tmp_path, (FLAT, "2019-01-01", {}), (FLAT, "2020-01-01", {}))
    page = text(run, swipe(run))
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = " ".join(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].split())
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1]
    assert '<label for="slider">Compare</label><input id="slider" type="range"' in page
    assert "aria-valuetext" in script
    assert not re.search(r"<[a-z]+[^>]*\son\w+=", page)
    assert not re.findall(r"https?://", page)


@pytest.mark.parametrize(
    "hostile",
    ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'"],
)
def test_text_of_a_payload_cannot_become_script(tmp_path: Path, hostile: str) -> None:
    bad: dict[str, Any] = {"index": hostile, "unit": hostile, "collection": hostile}
    run = rasters(tmp_path, (FLAT, "2019-01-01", bad), (FLAT, "2020-01-01", bad))
    page = text(run, swipe(run))
    assert page.count("<script>") == 1
    assert "<img src=x" not in page
    assert len(re.findall(r"<img ", page)) == 2
    assert hostile not in swipe(run).summary


def test_two_different_rasters_of_one_thing_are_needed(tmp_path: Path) -> None:
    other = {"index": "slope", "unit": "deg"}
    run = rasters(tmp_path, (FLAT, "2019-01-01", {}), (FLAT, "2020-01-01", other))
    with pytest.raises(RetryableToolError, match="different things") as caught:
        swipe(run)
    assert caught.value.kind == "precondition"
    with pytest.raises(RetryableToolError, match="two rasters"):
        swipe(run, "r1", "r1")


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    run = rasters(tmp_path, (FLAT, "2019-01-01", {}), (FLAT, "2020-01-01", {}))
    assert swipe(run).artifacts[0].sha256 == swipe(run).artifacts[0].sha256


def test_a_change_has_zero_in_the_middle() -> None:
    scale = raster_scale("NDVI change", "", [np.linspace(-0.1, 0.35, 500)])
    assert (scale.low, scale.high) == pytest.approx((-0.4, 0.4))
    rgba = scale.colours(np.array([[-0.4, 0.0, 0.4]])).astype(int)
    # Purple, nearly white, orange.
    assert rgba[0, 0, 2] > rgba[0, 0, 1]
    assert rgba[0, 1, :3].min() > 220
    assert rgba[0, 2, 0] > rgba[0, 2, 2]
    assert scale.label == "NDVI change (no unit)"


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_limits_take_in_the_values_without_much_room(low: float, width: float) -> None:
    scale = raster_scale("height", "m", [np.linspace(low, low + width, 1000)])
    inner = np.percentile(np.linspace(low, low + width, 1000), [2, 98])
    room = 1e-6 * max(abs(low), width)
    assert scale.low <= inner[0] + room
    assert scale.high >= inner[1] - room
    assert scale.high - scale.low <= 2 * width + 1e-5 * abs(low) + 1e-9


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (0.3, "0.3"),
        (-12.3456, "-12.35"),
        (1234.5, "1,234"),
        (100.0, "100"),
        (2_500_000.0, "2.5e+06"),
        (0.00012345, "0.000123"),
        (0.05, "0.05"),
    ],
)
def test_numbers_are_shown_short(number: float, words: str) -> None:
    assert shown(number) == words


def test_a_quantity_names_its_unit() -> None:
    assert (quantity("slope", "deg"), quantity("NDVI", "")) == ("slope (deg)", "NDVI (no unit)")
