"""Show drawn cases of a family and whether they are sound, for whoever writes families.

python -m terragate.benchmarks.rtlgen.look FAMILY [--count 5] [--specs 2] [--seed 1]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from .bench import testbench
from .case import Split
from .check import soundness
from .draw import draw
from .families import ALL
from .spec import specification
from .vectors import steps


def main() -> int:
    """Print cases; exit status 1 when one is not sound."""
    parser = argparse.ArgumentParser(description="Show drawn cases of a family.")
    parser.add_argument("family", help="a family, a group, or 'all'")
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--specs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="print faults and counts only")
    options = parser.parse_args()
    wanted = [f for f in ALL if options.family in (f.name, f.group, "all")]
    if not wanted:
        known = ", ".join(f.name for f in ALL)
        parser.error(f"no family {options.family!r}: one of {known}")
    found: Counter[str] = Counter()
    for family in wanted:
        split: Split = "test" if family.held_out else "train"
        for number in range(options.count):
            drawn = draw(family, number, split, options.seed)
            if drawn is None:
                found["not drawn"] += 1
                continue
            case, rng = drawn.case, Random(f"{options.seed}/{number}")
            bench = testbench(case.interface, steps(case, rng))
            sound = soundness(case, bench, vacuity=True)
            found[sound.fault or sound.proof] += 1
            if sound.fault or not options.quiet:
                texts = [specification(case, rng, split) for _ in range(options.specs)]
                parts = [f"=== {family.name}: {case.key}", *texts, case.reference, case.second,
                         f"{sound}"]  # fmt: skip
                sys.stdout.write("\n---\n".join(parts) + "\n")
    sys.stdout.write(f"{dict(found)}\n")
    return int(any("designs" in k or "reference" in k or "second" in k for k in found))


if __name__ == "__main__":
    sys.exit(main())
