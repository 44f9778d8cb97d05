"""Offline HTML pages: no network, no inline handlers, no text that becomes markup."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;
  style-src 'unsafe-inline'; script-src {script_source}">
<style>
body {{ margin: 0 auto; max-width: 60rem; padding: 1rem 1.2rem; background: #fbfbf9;
  color: #263238; font: 15px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif }}
h1 {{ font-size: 1.3rem; margin: 0 }}
header p, footer {{ color: #546e7a; font-size: .87rem; margin: .1rem 0 .8rem }}
footer {{ margin-top: 1rem }}
svg {{ width: 100%; height: auto; background: white }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: .6rem }}
th, td {{ padding: .15rem .9rem .15rem 0; text-align: right; border-bottom: 1px solid #e0e4e6 }}
th:first-child, td:first-child {{ text-align: left }}
summary {{ cursor: pointer; color: #37474f; margin-top: .8rem }}
.synthetic {{ background: #fff3cd; color: #6b5200; padding: .05rem .5rem; border-radius: .6rem }}
{style}
</style></head><body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>{body}</main>
<footer>{credits}</footer>
{script}
</body></html>
"""


def offline_page(
    title: str,
    subtitle: str,
    body: str,
    credits: Sequence[str],
    *,
    style: str = "",
    script: str = "",
    synthetic: bool = False,
) -> bytes:
    """Return a page; `body`, `style` and `script` are our own markup, the rest is escaped here."""
    # Only this very script may run, so that no text on the page can become one.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    marks = [html.escape(text) for text in credits]
    if synthetic:
        marks.append('<span class="synthetic">synthetic data</span>')
    return _PAGE.format(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        body=body,
        credits=" · ".join(marks),
        style=style,
        script=f"<script>{script}</script>" if script else "",
        script_source=f"'sha256-{digest}'" if script else "'none'",
    ).encode()


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a folded-away table of the values that a picture shows, all text escaped."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<details><summary>{html.escape(caption)}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></details>"
    )
