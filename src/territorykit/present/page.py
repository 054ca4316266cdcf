"""Pieces of an HTML page that needs nothing else. Every text that comes in is escaped here."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from territorykit.evaluate.tables import figure

STYLE = """
:root { color-scheme: light; --ink: #1f2933; --soft: #5b6770; --line: #dde3e8; --good: #2a7f8e; --bad: #c05a1c; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: #fff;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .6rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
p { margin: .4rem 0; } .soft { color: var(--soft); font-size: .9rem; }
.badge { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.good { background: var(--good); } .bad { background: var(--bad); } .plain { background: #52606d; }
figure { margin: 0; } img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
.scroll { overflow-x: auto; }
.scroll:has(.prose) { max-height: 32rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead .num { min-width: 6.5rem; }
thead th { border-bottom: 2px solid #b8c2cc; color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: break-word; min-width: 8rem; max-width: 24rem; }
.prose tbody th { min-width: 17rem; max-width: none; }
.num { text-align: right; font-variant-numeric: tabular-nums; }
tbody .num { white-space: nowrap; }
.bar { position: relative; display: inline-block; width: 6.5rem; height: .8rem; margin-left: .5rem;
  background: #f1f4f6; vertical-align: middle; }
.bar i { position: absolute; top: 0; bottom: 0; } .bar .in { background: var(--good); }
.bar .out { background: var(--bad); } .bar .free { background: #8896a3; }
.bar b { position: absolute; top: -2px; bottom: -2px; border-left: 1px solid var(--ink); }
.bar u { position: absolute; top: 0; bottom: 0; background: #d5e6ea; }
ul { margin: .4rem 0; padding-left: 1.2rem; } li { margin: .2rem 0; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .25rem 1.25rem; margin: .4rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { body { padding: 1rem .8rem 3rem; } dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; } }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; }
  tr, img { break-inside: avoid; } .scroll, .scroll:has(.prose) { overflow: visible; max-height: none; }
  .bar, .bar *, .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a text, at the right where it is a figure, with HTML of our own making behind it."""

    text: str
    right: bool = False
    extra: str = ""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="territorykit">\n'
        # Nothing may be loaded or run, whatever the texts contain.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{''.join(body)}</body>\n</html>\n"
    )


def section(heading: str, *content: str) -> str:
    """A heading with what stands under it; nothing where there is nothing to say."""
    inside = "".join(content)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{inside}</section>\n" if inside else ""


def title_line(text: str) -> str:
    """The heading of the page."""
    return f"<h1>{escape(text)}</h1>\n"


def paragraph(text: str, *, soft: bool = False) -> str:
    """A paragraph."""
    kind = ' class="soft"' if soft else ""
    return f"<p{kind}>{escape(text)}</p>\n"


def badge(text: str, kind: str) -> str:
    """A word on a colored ground: "good", "bad" or "plain"."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def bullets(texts: Sequence[str]) -> str:
    """A list; nothing where there are none."""
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>\n{items}\n</ul>\n" if texts else ""


def terms(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they stand for."""
    items = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>\n{items}\n</dl>\n"


def picture(png: bytes, alt: str) -> str:
    """A picture inside the page."""
    code = base64.b64encode(png).decode()
    return f'<figure><img src="data:image/png;base64,{code}" alt="{escape(alt)}"></figure>\n'


def table(header: Sequence[Cell], rows: Iterable[Sequence[Cell]], label: str, *, kind: str = "figures") -> str:
    """A table that can be scrolled sideways on a narrow screen; the first cell of each row heads it.

    `kind` is "figures", or "prose" where the first column holds sentences.
    """
    head = "".join(f'<th scope="col"{_side(cell)}>{escape(cell.text)}</th>' for cell in header)
    body = "".join(f"<tr>{_row(row)}</tr>\n" for row in rows)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0"><table class="{kind}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def _row(row: Sequence[Cell]) -> str:
    first, *rest = row
    cells = "".join(f"<td{_side(cell)}>{escape(cell.text)}{cell.extra}</td>" for cell in rest)
    return f'<th scope="row"{_side(first)}>{escape(first.text)}{first.extra}</th>{cells}'


def _side(cell: Cell) -> str:
    return ' class="num"' if cell.right else ""


def deviation(share: float, reach: float, band: float | None) -> Cell:
    """A deviation from the target with a bar: to the right above it, to the left below, the band shaded."""
    half = 50 / reach if reach > 0 else 0.0
    length = min(abs(share) * half, 50.0)
    kind = "free" if band is None else "in" if abs(share) <= band * (1 + 1e-9) else "out"
    shade = ""
    if band is not None:
        width = min(band * half, 50.0)
        shade = f'<u style="left:{50 - width:.2f}%;width:{2 * width:.2f}%"></u>'
    left = 50 - length if share < 0 else 50
    bar = f'<i class="{kind}" style="left:{left:.2f}%;width:{length:.2f}%"></i><b style="left:50%"></b>'
    text = figure(share, "fraction", sign=True)
    return Cell(text, right=True, extra=f'<span class="bar" aria-hidden="true">{shade}{bar}</span>')
