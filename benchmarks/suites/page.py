"""All runs of a folder as one HTML page that needs nothing else: tables, plot, transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import combinations
from typing import Any, Final

from ...tools.errors import UsageError
from ...tools.geo.charts.page import offline_page
from .comparison import compare
from .pareto import Point, pareto_svg
from .rows import Result
from .summary import counted, summary
from .transcripts import OTHER, Transcript, failed_samples

STYLE: Final = """
pre { white-space: pre-wrap; background: #f1f3f2; padding: .4rem .6rem; margin: .2rem 0 .6rem }
td.text, th.text { text-align: left }
h2 { font-size: 1.1rem; margin: 1.4rem 0 .2rem }
h3 { font-size: 1rem; margin: 1rem 0 .1rem }
"""
NONE: Final = "–"


def report_page(results: Sequence[Result]) -> bytes:
    """Return the page; everything that a model or a file said is escaped."""
    if not results:
        raise UsageError("there is no finished run to report")
    parts: list[str] = []
    suites = dict.fromkeys(str(result.fingerprint["suite"]) for result in results)
    for suite in suites:
        runs = [result for result in results if result.fingerprint["suite"] == suite]
        parts.append(_suite(suite, runs))
    names = ", ".join(suites)
    tools = {f"{k} {v}" for r in results for k, v in r.fingerprint["packages"].items()}
    return offline_page(
        "Evaluation", f"{len(results)} runs on {names}", "\n".join(parts), sorted(tools),
        style=STYLE,
    )  # fmt: skip


def title(result: Result) -> str:
    """Return what a run is called on the page."""
    arm = result.arm
    heat = "" if arm["temperature"] is None else f", T={arm['temperature']:g}"
    return f"{arm['workflow']} · {arm['model']} · {arm['samples']}×{heat}"


def _suite(suite: str, runs: Sequence[Result]) -> str:
    found = [summary(run) for run in runs]
    body = [
        f"<h2>{escape(suite)}</h2>",
        _ceilings(runs),
        _passes(runs, found),
        pareto_svg(list(map(_point, runs, found))),
        _costs(runs, found),
        *(_parts(runs, found, part) for part in ("groups", "families", "depths")),
        _pairs(runs),
        *(_failures(number, run) for number, run in enumerate(runs)),
    ]
    return "\n".join(part for part in body if part)


def _point(run: Result, found: Mapping[str, Any]) -> Point:
    one = found["pass"]["pass@1"]
    tokens = found["cost"]["per_sample"]["tokens"]
    return Point(title(run), tokens, one["rate"], one["low"], one["high"])


def _ceilings(runs: Sequence[Result]) -> str:
    """Return what the golden self-test allows; it is the same for runs on the same items."""
    said = dict.fromkeys(
        f"Ceiling: {run.ceiling['passed']} of {run.ceiling['total']} items pass their own tests"
        + (
            f" ({run.ceiling['published']} by the published criterion)"
            if run.ceiling["published"] is not None
            else ""
        )
        for run in runs
    )
    return "".join(f"<p>{escape(text)}.</p>" for text in said)


def _passes(runs: Sequence[Result], found: Sequence[Mapping[str, Any]]) -> str:
    ks = list(dict.fromkeys(k for one in found for k in one["pass"]))
    rows: list[list[str]] = []
    for run, one in zip(runs, found, strict=True):
        cells = [title(run), str(one["items"]), str(one["samples"])]
        for k in ks:
            rate = one["pass"].get(k)
            cells.append(_rate(rate))
            cells.append(f"{rate['cvdp']:.1%}" if rate else NONE)
        top = one["ceiling"]
        cells += [_percent(one["published"]), _percent(_over(top["passed"], top["total"]))]
        cells += [f"{value:.3g}" for value in one["measures"].values()]
        rows.append(cells)
    heads = [head for k in ks for head in (f"{k} (95 %)", f"{k}, CVDP")]
    measures = list(found[0]["measures"])
    return _table(["run", "items", "samples", *heads, "published", "ceiling", *measures], rows)


def _rate(rate: Mapping[str, float] | None) -> str:
    return f"{rate['rate']:.1%} ({rate['low']:.1%}–{rate['high']:.1%})" if rate else NONE


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _over(one: int, two: int) -> float | None:
    return one / two if two else None


def _costs(runs: Sequence[Result], found: Sequence[Mapping[str, Any]]) -> str:
    names = ("tokens", "prompt", "cached", "completion", "model_calls", "seconds", "joules", "usd")
    rows = [
        [title(run), per.replace("_", " "), *(_figure(one["cost"][per][name]) for name in names)]
        for run, one in zip(runs, found, strict=True)
        for per in ("per_success", "per_sample", "total")
    ]
    return "<h3>Cost</h3>" + _table(["run", "", *(n.replace("_", " ") for n in names)], rows)


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:,.5g}"


def _parts(runs: Sequence[Result], found: Sequence[Mapping[str, Any]], what: str) -> str:
    names = list(dict.fromkeys(name for one in found for name in one[what]))
    if not names:
        return ""
    rows = [
        [name, *(_rate(one[what].get(name, {}).get("pass", {}).get("pass@1")) for one in found)]
        for name in names
    ]
    return f"<h3>pass@1 by {what}</h3>" + _table(["", *map(title, runs)], rows)


def _pairs(runs: Sequence[Result]) -> str:
    rows: list[list[str]] = []
    for first, second in combinations(runs, 2):
        try:
            found = compare(first, second)
        except UsageError as error:
            rows.append([title(second), title(first), NONE, NONE, NONE, str(error)[:160], NONE])
            continue
        one = found["passes"]["pass@1"]
        span = NONE if one["low"] is None else f"{one['low']:+.1%} to {one['high']:+.1%}"
        rows.append(
            [title(second), title(first), f"{one['gap']:+.1%}", span, f"{one['p']:.3g}",
             one["verdict"], str(one["needed"] or NONE)]
        )  # fmt: skip
    if not rows:
        return ""
    heads = ["run", "against", "pass@1", "95 %", "p", "verdict", "items it would take"]
    return "<h3>Paired comparisons</h3>" + _table(heads, rows)


def _failures(number: int, run: Result) -> str:
    causes = counted(row.cause or OTHER for row in run.rows if not row.success)
    if not causes:
        return ""
    held = failed_samples(run)
    body = [f"<h3>Failures of {escape(title(run))}</h3>"]
    suite = run.fingerprint["suite"]
    for cause, count in causes.items():
        shown = [t for t in held if t.cause == cause]
        links = " ".join(
            f'<a href="#{_anchor(suite, number, t)}">{escape(t.item)}/{t.epoch}</a>' for t in shown
        )
        body.append(f"<p><b>{escape(cause)}</b>: {count} samples; {links}</p>")
    body += [_transcript(_anchor(suite, number, t), t) for t in held]
    body.append(
        f"<p>All transcripts: <code>inspect view --log-dir</code> with the folder of "
        f"<code>{escape(run.log)}</code></p>"
    )
    return "\n".join(body)


def _anchor(suite: str, number: int, transcript: Transcript) -> str:
    return escape(f"{suite}-{number}-{transcript.item}-{transcript.epoch}", quote=True)


def _transcript(anchor: str, transcript: Transcript) -> str:
    said = "".join(
        f"<b>{escape(who)}</b><pre>{escape(text)}</pre>" for who, text in transcript.said
    )
    head = escape(f"{transcript.item}, sample {transcript.epoch}: {transcript.why}")
    return f'<details id="{anchor}"><summary>{head}</summary>{said}</details>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
