"""Surface reflectance of a terrain on a day: six optical bands, seasons, clouds and swath edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from .noise import Grid, cell_hash, fractal_noise
from .terrain import Cover, CoverMap, Terrain

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
SCALE = 10_000
_QUANTUM = 10

_SPECTRA: dict[Cover, tuple[float, ...]] = {
    Cover.SEA: (0.058, 0.050, 0.028, 0.012, 0.006, 0.004),
    Cover.RIVER: (0.075, 0.088, 0.070, 0.030, 0.010, 0.007),
    Cover.BASIN: (0.062, 0.060, 0.044, 0.020, 0.009, 0.006),
    Cover.QUAY: (0.190, 0.205, 0.215, 0.230, 0.245, 0.225),
    Cover.INDUSTRY: (0.170, 0.180, 0.190, 0.210, 0.250, 0.230),
    Cover.TOWN: (0.115, 0.125, 0.142, 0.185, 0.225, 0.200),
    Cover.RUNWAY: (0.130, 0.140, 0.150, 0.170, 0.200, 0.190),
    Cover.BURNT: (0.045, 0.050, 0.060, 0.105, 0.190, 0.215),
    Cover.BEACH: (0.210, 0.250, 0.285, 0.330, 0.370, 0.350),
}
_SOIL = np.array((0.090, 0.120, 0.160, 0.225, 0.300, 0.255), np.float32)
_LEAF = np.array((0.026, 0.052, 0.024, 0.420, 0.190, 0.085), np.float32)
_POND = np.array(_SPECTRA[Cover.BASIN], np.float32)
_CLOUD = np.array((0.62, 0.62, 0.62, 0.64, 0.48, 0.38), np.float32)


@dataclass(frozen=True)
class Picture:
    """One acquisition: reflectance x 10 000 (0 is nodata) and the cloud mask (255 is nodata)."""

    bands: NDArray[np.uint16]
    cloud: NDArray[np.uint8]

    @property
    def cloud_percent(self) -> float:
        """Return the share of seen pixels under cloud or its shadow, in percent."""
        seen = self.cloud != 255
        return round(100 * float((self.cloud[seen] == 1).mean()), 2) if seen.any() else 100.0

    @property
    def nodata_percent(self) -> float:
        """Return the share of pixels outside the swath, in percent."""
        return round(100 * float((self.cloud == 255).mean()), 2)


def take_picture(terrain: Terrain, day: date, lat: float, rng: np.random.Generator) -> Picture:
    """Return what a satellite would see of the terrain on a day."""
    cover = terrain.cover(day)
    ground = _ground(terrain, cover, day, lat)
    ground *= 1 + 0.05 * terrain.texture + 0.012 * rng.standard_normal(cover.shape, np.float32)
    ground[:3] += np.array((0.012, 0.007, 0.004), np.float32)[:, None, None] * rng.random()
    cloudy = _add_clouds(ground, rng)
    bands = np.rint(ground * SCALE / _QUANTUM) * _QUANTUM
    picture = Picture(
        np.clip(bands, _QUANTUM, 2 * SCALE).astype(np.uint16), cloudy.astype(np.uint8)
    )
    _cut_swath(picture, rng)
    return picture


def _ground(terrain: Terrain, cover: CoverMap, day: date, lat: float) -> Grid:
    table = np.zeros((len(Cover), len(BANDS)), np.float32)
    for kind, spectrum in _SPECTRA.items():
        table[kind] = spectrum
    ground = np.ascontiguousarray(np.moveaxis(table[cover], -1, 0))
    built = (cover == Cover.TOWN) | (cover == Cover.INDUSTRY) | (cover == Cover.QUAY)
    ground *= np.where(built, 0.82 + 0.4 * terrain.block, 1)
    green = _green_share(terrain, cover, day, lat)
    planted = ~np.isnan(green)
    share = green[planted]
    ground[:, planted] = _SOIL[:, None] * (1 - share) + _LEAF[:, None] * share
    wet = cover == Cover.WETLAND
    ground[:, wet] = 0.55 * ground[:, wet] + 0.45 * _POND[:, None]
    if (cover == Cover.BURNT).any():
        healed = min(1.0, max(0.0, (day - terrain.burn_day).days / (6 * 365)))
        burnt = cover == Cover.BURNT
        ground[:, burnt] = ground[:, burnt] * (1 - healed) + _LEAF[:, None] * 0.8 * healed
    return ground


def _green_share(terrain: Terrain, cover: CoverMap, day: date, lat: float) -> Grid:
    """Return the share of leaf in each vegetated pixel; NaN where nothing grows."""
    swing = min(1.0, abs(lat) / 45)
    green = np.full(cover.shape, np.nan, np.float32)
    summer = _season(day, 195, lat)
    green[cover == Cover.FOREST] = 0.86 + 0.1 * swing * summer
    green[cover == Cover.GRASSLAND] = 0.5 + 0.22 * swing * summer
    green[cover == Cover.WETLAND] = 0.6 + 0.25 * swing * summer
    green[cover == Cover.PARK] = 0.68 + 0.15 * swing * summer
    green[cover == Cover.AIRFIELD] = 0.55 + 0.2 * swing * summer
    field = cover == Cover.FIELD
    crop = cell_hash(terrain.field_row, terrain.field_column, day.year)[field]
    pasture = 0.62 + 0.18 * swing * summer
    reach = 0.22 + 0.26 * swing
    early = np.clip(0.46 + reach * _season(day, 140, lat), 0.05, 1)
    late = np.clip(0.42 + 1.1 * reach * _season(day, 215, lat), 0.05, 1)
    choice = [crop < 0.3, crop < 0.6, crop < 0.88]
    green[field] = np.select(choice, [early, late, pasture], 0.08) + 0.12 * (crop * 17 % 1 - 0.5)
    green += 0.03 * terrain.texture
    return np.clip(green, 0.02, 0.98)


def _season(day: date, peak: int, lat: float) -> float:
    """Return 1 at the peak day and -1 half a year away; the south is half a year off."""
    shift = 0 if lat >= 0 else 182
    return float(np.cos(2 * np.pi * (day.timetuple().tm_yday - peak - shift) / 365))


def _add_clouds(ground: Grid, rng: np.random.Generator) -> NDArray[np.bool_]:
    size = ground.shape[1]
    field = fractal_noise(rng, size, 4, 5)
    wanted = float(rng.beta(0.45, 1.6)) * 0.85
    if wanted < 0.015:
        return np.zeros((size, size), np.bool_)
    edge = float(np.quantile(field, 1 - wanted))
    opacity = np.clip((field - edge) / 0.06, 0, 1)
    step = max(1, size // 40)
    shadow = np.zeros_like(opacity)
    shadow[:-step, step:] = opacity[step:, :-step]
    shadow = np.clip(shadow - opacity, 0, 1)
    ground *= 1 - 0.55 * shadow
    ground += (_CLOUD[:, None, None] - ground) * opacity
    return (opacity > 0.05) | (shadow > 0.3)


def _cut_swath(picture: Picture, rng: np.random.Generator) -> None:
    if rng.random() > 0.4:
        return
    size = picture.cloud.shape[0]
    at = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(at, -at)
    side = 1 if rng.random() < 0.5 else -1
    outside = side * (x * np.cos(0.21) - y * np.sin(0.21)) > rng.uniform(0.35, 0.95)
    picture.bands[:, outside] = 0
    picture.cloud[outside] = 255
