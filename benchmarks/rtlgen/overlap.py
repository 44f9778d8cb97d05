"""How much of generated text occurs in benchmarks: shared word runs, and equal designs.

    python -m terragate.benchmarks.rtlgen.overlap --rows FILE.jsonl --against DIR [--out FILE]

Prose and code are compared apart. A run of prose is eight words; one that holds nothing but the
words of port lists is boilerplate, and counted as such. A run of code is 24 tokens with names and
numbers as they stand, outside module headers. Equal designs are those whose code is the same token
for token, names apart: for textbook modules that cannot be avoided, so they are listed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ...tools.errors import UsageError
from ...tools.rtl.fingerprint import TOKEN

PROSE, CODE = 8, 24
SHOWN: Final = 20
TEXTS: Final = (".txt", ".md")
DESIGNS: Final = (".v", ".sv")
WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")
HEADER: Final = re.compile(r"\bmodule\b.*?\);", re.DOTALL)
# A run of nothing but these is how everybody lists ports.
PORT_LINE: Final = """
a an and the this that with following interface module named name top topmodule input inputs output
outputs port ports bit bits one single wide unless otherwise stated specified noted all implement
write clk clock reset rst in out q d s x y z w en enable areset load data logic wire reg signed i
should active high low synchronous asynchronous positive rising edge of is are triggered to be on
"""
PORT_WORDS: Final = frozenset(PORT_LINE.split())
KEYWORD_LINE: Final = """
module endmodule input output inout wire reg logic assign always posedge negedge or begin end if
else case casez endcase default localparam parameter integer for function endfunction signed genvar
generate endgenerate initial always_comb always_ff and not xor nand nor xnor buf
"""
KEYWORDS: Final = frozenset(KEYWORD_LINE.split())


def runs(words: list[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield every run of so many words."""
    for at in range(len(words) - size + 1):
        yield tuple(words[at : at + size])


def prose_runs(text: str) -> set[tuple[str, ...]]:
    """Return the runs of a text's words, in small letters."""
    return set(runs([w.lower() for w in WORD.findall(text)], PROSE))


def code_runs(text: str) -> set[tuple[str, ...]]:
    """Return the runs of a design's tokens outside module headers."""
    body = HEADER.sub(" ", text)
    tokens = [m.group() for m in TOKEN.finditer(body) if not m.group("skip")]
    return set(runs(tokens, CODE))


def boilerplate(run: tuple[str, ...]) -> bool:
    """Return whether a run of prose is made of port-list words and numbers alone."""
    return all(word in PORT_WORDS or word.isdigit() for word in run)


def nameless(text: str) -> str:
    """Return a design with its names replaced in their order, to compare what is left."""
    names: dict[str, str] = {}
    parts: list[str] = []
    for found in TOKEN.finditer(text):
        token = found.group()
        if found.group("skip"):
            continue
        if re.fullmatch(r"[A-Za-z_]\w*", token) and token not in KEYWORDS:
            token = names.setdefault(token, f"n{len(names)}")
        parts.append(token)
    return " ".join(parts)


def benchmark_texts(folder: Path) -> tuple[list[str], list[str]]:
    """Return the prose and the designs below a folder of benchmarks."""
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is no folder of benchmarks")
    texts = [p for p in sorted(folder.rglob("*")) if p.suffix in (*TEXTS, *DESIGNS)]
    read = {path: path.read_text("utf-8", errors="replace") for path in texts}
    prose = [text for path, text in read.items() if path.suffix in TEXTS]
    return prose, [text for path, text in read.items() if path.suffix in DESIGNS]


def overlap(rows: Iterable[dict[str, Any]], prose: list[str], designs: list[str]) -> dict[str, Any]:
    """Return what generated rows share with the texts of benchmarks."""
    known_prose = set().union(*map(prose_runs, prose)) if prose else set[tuple[str, ...]]()
    known_code = set().union(*map(code_runs, designs)) if designs else set[tuple[str, ...]]()
    known = {nameless(text) for text in designs}
    count = boiler = 0
    said: dict[str, int] = {}
    written: dict[str, int] = {}
    equal: set[str] = set()
    for row in rows:
        count += 1
        for run in known_prose & prose_runs(row["user"]):
            boiler += boilerplate(run)
            if not boilerplate(run):
                said[" ".join(run)] = said.get(" ".join(run), 0) + 1
        for tokens in known_code & code_runs(row["answer"]):
            written[" ".join(tokens)] = written.get(" ".join(tokens), 0) + 1
        if nameless(row["answer"]) in known:
            equal.add(nameless(row["answer"]))
    return {
        "rows": count,
        "prose_run": PROSE,
        "code_run": CODE,
        "boilerplate_prose_runs": boiler,
        "prose_runs": len(said),
        "code_runs": len(written),
        "equal_designs": len(equal),
        "prose": dict(sorted(said.items(), key=lambda item: -item[1])[:SHOWN]),
        "code": dict(sorted(written.items(), key=lambda item: -item[1])[:SHOWN]),
        "designs": sorted(equal, key=len, reverse=True)[:SHOWN],
    }


def main() -> int:
    """Compare from the command line; exit status 1 when prose is shared."""
    parser = argparse.ArgumentParser(description="Compare generated rows with benchmarks.")
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = (line for path in options.rows for line in path.open(encoding="utf-8"))
    prose, designs = benchmark_texts(options.against)
    told = json.dumps(overlap(map(json.loads, lines), prose, designs), indent=1)
    if options.out:
        options.out.write_text(told + "\n", "utf-8")
    sys.stdout.write(told + "\n")
    return int(json.loads(told)["prose_runs"] > 0)


if __name__ == "__main__":
    sys.exit(main())
