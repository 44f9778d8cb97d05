"""The archive that training traces are recorded on: many small places, none of them held out.

python -m terragate.deploy.models.places --out DIR --places 400
"""

from __future__ import annotations

import argparse
import random
import re
from collections import defaultdict
from pathlib import Path

from ...benchmarks.archive import LIGHT_SIZE, PlacePoint, demo_places, write_archive
from ...benchmarks.geo.meaning import City, cities, fold
from ...benchmarks.geo.places import DEMO, HELD_OUT

SHARED_NAMES = 30
PLAIN = re.compile("[a-z]+(?:[ -][a-z]+)*")


def training_places(count: int, seed: int) -> list[PlacePoint]:
    """Return the demo places and random cities, some pairs of one name, none of them held out."""
    rng = random.Random(seed)
    held_out = {fold(name) for name, _ in HELD_OUT}
    by_name: dict[str, list[City]] = defaultdict(list)
    for city in cities():
        if fold(city.name) not in held_out and PLAIN.fullmatch(fold(city.name)):
            by_name[fold(city.name)].append(city)
    chosen = dict(DEMO)
    points = list(demo_places())
    shared = [group for group in by_name.values() if len({c.country for c in group}) == 2]
    for group in rng.sample(shared, SHARED_NAMES):
        points += [_point(c) for c in {c.country: c for c in group}.values()]
        chosen |= {c.name: c.country for c in group}
    lone = [group[0] for group in by_name.values() if len(group) == 1]
    for city in rng.sample(lone, max(0, count - len(points))):
        if city.name not in chosen:
            points.append(_point(city))
    return points


def _point(city: City) -> PlacePoint:
    return PlacePoint(city.name, city.country, city.lat, city.lon)


def main() -> None:
    """Write the training archive from the command line."""
    parser = argparse.ArgumentParser(description="Write the archive of the training places.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--places", type=int, default=400)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    places = training_places(options.places, options.seed)
    write_archive(options.out, places, seed=options.seed, size=LIGHT_SIZE)


if __name__ == "__main__":
    main()
