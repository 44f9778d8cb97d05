"""Measure the equivalence check on references, rewritten references and single mutants.

`python -m terragate.benchmarks.rtl.equivalence --data DIR --out FILE` runs what FILE.jsonl does not
hold yet, so a run that was killed goes on, and then writes the figures to FILE.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ...tools.errors import TerragateError, UsageError
from ...tools.rtl.design import Design, Source
from ...tools.rtl.formal import Equivalence, equivalence
from ...tools.rtl.formal.reading import read_side
from ...tools.rtl.icarus import simulate
from .mutants import KINDS, Kind, Mutant, mutants
from .oracle import judge
from .recode import Variant, variants
from .scores import figures
from .shape import shape

TOP: Final = "RefModule"
BUDGET_S: Final = 30.0
WORKERS: Final = 2
ORACLE_SEED: Final = 977
QUOTAS: Final[dict[Kind, int]] = {
    "operator": 90, "constant": 90, "condition": 90, "clock edge": 90, "reset polarity": 90,
    "reset value": 80, "initial value": 20, "width": 90, "index": 80,
}  # fmt: skip
Item = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing and write the figures; return the exit code."""
    ask = _arguments(arguments)
    references = load(Path(ask.data))[:: ask.every][: ask.limit or None]
    store = Path(f"{ask.out}.jsonl")
    done = _stored(store)
    items = [item for item in plan(references, ask.seed) if item["key"] not in done]
    texts = dict(references)
    _run(items, texts, store, quiet=ask.json)
    rows = list(_stored(store).values())
    result = {**figures(rows), "seed": ask.seed, "references": len(references), "git": _commit()}
    Path(ask.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    _say(json.dumps(result, indent=None if ask.json else 1))
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="terragate.benchmarks.rtl.equivalence",
                                     description="Measure the equivalence check.")  # fmt: skip
    parser.add_argument("--data", required=True, help="folder of VerilogEval v2")
    parser.add_argument("--out", required=True, help="file for the figures; rows go to FILE.jsonl")
    parser.add_argument("--limit", type=int, default=0, help="use the first N references only")
    parser.add_argument("--every", type=int, default=1, help="use every Nth reference only")
    parser.add_argument("--seed", type=int, default=2, help="which mutants; 1 was used to tune")
    parser.add_argument("--json", action="store_true", help="print nothing but the figures")
    return parser.parse_args(arguments)


def load(data: Path) -> list[tuple[str, str]]:
    """Return (name, text) of each reference of VerilogEval's specification-to-RTL set."""
    found = sorted((data / "dataset_spec-to-rtl").glob("*_ref.sv"))
    if not found:
        raise UsageError(f"{str(data)!r} holds no dataset_spec-to-rtl/*_ref.sv: give --data the "
                         "folder of VerilogEval v2")  # fmt: skip
    return [(path.name.removesuffix("_ref.sv"), path.read_text(encoding="utf-8")) for path in found]


def plan(references: list[tuple[str, str]], seed: int) -> list[Item]:
    """Return every check to make: each reference twice, then the mutants that the seed draws."""
    items: list[Item] = []
    for name, _ in references:
        items.append({"key": f"self/{name}", "set": "self", "reference": name})
        items.append({"key": f"variant/{name}", "set": "variant", "reference": name})
    pools: dict[Kind, list[Item]] = {kind: [] for kind in KINDS}
    for name, text in references:
        for mutant in mutants(text, seed=seed):
            key = f"{mutant.kind}/{name}/{mutant.start}/{mutant.after}"
            item = {"key": key, "set": "mutant", "reference": name, "kind": mutant.kind,
                    "mutant": asdict(mutant)}  # fmt: skip
            pools[mutant.kind].append(item)
    for kind, pool in pools.items():
        items += list(_spread(pool, random.Random(f"{seed}/{kind}")))[: QUOTAS[kind]]
    return items


def _spread(pool: list[Item], chance: random.Random) -> Iterator[Item]:
    """Yield one item per reference, then a second one, and so on, references in random order."""
    by_reference: dict[str, list[Item]] = {}
    for item in pool:
        by_reference.setdefault(item["reference"], []).append(item)
    names = list(by_reference)
    chance.shuffle(names)
    for at in range(max(map(len, by_reference.values()), default=0)):
        yield from (by_reference[n][at] for n in names if at < len(by_reference[n]))


def _run(items: list[Item], texts: dict[str, str], store: Path, *, quiet: bool) -> None:
    started = time.monotonic()
    _end_line(store)
    with ThreadPoolExecutor(WORKERS) as pool, store.open("a", encoding="utf-8") as stream:
        waiting = [pool.submit(measure, item, texts[item["reference"]]) for item in items]
        for count, future in enumerate(as_completed(waiting), 1):
            row = future.result()
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            if not quiet:
                _say(f"{count}/{len(items)} {time.monotonic() - started:.0f} s {row['key']} "
                     f"{row.get('result', row.get('outcome'))}")  # fmt: skip


def measure(item: Item, text: str) -> Item:
    """Return the row of one check: what was compared, what was found and whether it replays."""
    row = {k: v for k, v in item.items() if k != "mutant"}
    try:
        if item["set"] == "self":
            return {**row, **_compared(text, text)}
        if item["set"] == "variant":
            return {**row, **_variant(text)}
        return {**row, **_mutant(text, Mutant(**item["mutant"]))}
    except (TerragateError, ValueError, UnicodeError) as error:
        return {**row, "result": "error", "reason": f"{type(error).__name__}: {error}"}


def _variant(text: str) -> Item:
    """Return the check of the first variant that still does the same, with how it was made."""
    wrong: list[str] = []
    usable: list[Variant] = []
    for variant in variants(text):
        judged = judge(text, variant.text, *_ports(text), seed=ORACLE_SEED, cycles=2000)
        if judged.outcome == "ran" and judged.distinguished:
            wrong.append("+".join(variant.how))
        elif read_side(_design(variant.text)).rtlil:
            usable.append(variant)
            if shape(_design(text)) != shape(_design(variant.text)):
                usable = [variant]
                break
    if not usable:
        return {"result": "no variant", "reason": f"not the same: {wrong}"}
    chosen = usable[0]
    differs = shape(_design(text)) != shape(_design(chosen.text))
    return {"how": "+".join(chosen.how), "sites": chosen.sites, "differs": differs,
            "dropped": wrong, **_compared(text, chosen.text)}  # fmt: skip


def _mutant(text: str, mutant: Mutant) -> Item:
    judged = judge(text, mutant.text, *_ports(text), seed=ORACLE_SEED)
    row: Item = {"before": mutant.before, "after": mutant.after, "oracle": asdict(judged),
                 "distinguished": judged.distinguished, "outcome": judged.outcome}  # fmt: skip
    if judged.outcome == "does not compile":
        return row
    return {**row, **_compared(text, mutant.text)}


def _compared(gold: str, gate: str) -> Item:
    began = time.monotonic()
    found = equivalence(_design(gold), _design(gate), budget_s=BUDGET_S)
    row: Item = {
        "result": found.result, "method": found.method, "depth": found.depth,
        "reason": found.reason, "cpu_s": round(found.cpu_s, 4), "tried": list(found.tried),
        "wall_s": round(time.monotonic() - began, 3), "tools": list(found.tools),
    }  # fmt: skip
    if found.counterexample is not None:
        row["cycle"] = found.counterexample.cycle
        row["replay_fails"] = replayed(found, gate) > 0
        row["replay_of_gold_passes"] = replayed(found, gold) == 0
    return row


def replayed(found: Equivalence, text: str) -> int:
    """Return how many steps of the counterexample's testbench a design fails; -1 when none ran."""
    assert found.counterexample is not None
    bench = found.counterexample.testbench
    files = {"design.sv": text, **{s.name: s.text for s in bench.sources}}
    ran = simulate(files, list(files), bench.top)
    said = ran.run.stdout.rsplit("Mismatches: ", 1) if ran.run else []
    return int(said[1].split()[0]) if len(said) == 2 else -1


def _design(text: str) -> Design:
    return Design(top=TOP, sources=(Source(name="design.sv", text=text),))


def _ports(text: str) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    facts = read_side(_design(text)).facts
    return (tuple((p.name, p.width) for p in facts.inputs),
            tuple((p.name, p.width) for p in facts.outputs))  # fmt: skip


def _stored(path: Path) -> dict[str, Item]:
    """Return the rows of an earlier run; a line that a kill cut short is left out."""
    rows: dict[str, Item] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            rows[row["key"]] = row
    return rows


def _end_line(path: Path) -> None:
    """End a line that a kill cut short, so that the next row starts on its own."""
    text = path.read_bytes() if path.is_file() else b""
    if text and not text.endswith(b"\n"):
        path.write_bytes(text + b"\n")


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False,
                          timeout=20, cwd=Path(__file__).parent)  # fmt: skip
    return done.stdout.strip() or "unknown"


_say: Callable[[str], object] = lambda text: sys.stdout.write(text + "\n")  # noqa: E731

if __name__ == "__main__":
    sys.exit(main())
