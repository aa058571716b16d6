"""Pieces of a self-contained HTML page: everything in one file, no script, printable."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

import cv2

from affectflow.preprocessing.media.pictures import Picture

_QUALITY = 90

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --dim: #616e7c; --line: #d9dfe5; --ground: #fff; --soft: #eef1f4;
  --good: #22713f; --bad: #b3261e; --warn: #fff6e0; --warn-edge: #d9a02b; --accent: #2563c9; --bar: #3b7dc4;
  --axis: #aab4be; --grid: #e6eaee; --mark: #f2d58a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaee; --dim: #9aa7b3; --line: #333c45; --ground: #14181c; --soft: #232a31; --good: #63c384;
    --bad: #ff7b72; --warn: #3a2f14; --warn-edge: #b98a2b; --accent: #7fb0ff; --bar: #5b93d6; --axis: #5d6872;
    --grid: #2a323a; --mark: #7d6a2f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 36px 28px 56px; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 38px 0 12px; padding-bottom: 5px; border-bottom: 1px solid var(--line); }
h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 6px 0; }
.dim { color: var(--dim); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
a { color: var(--accent); }
.note { background: var(--warn); border-left: 4px solid var(--warn-edge); padding: 9px 14px; margin: 16px 0 0; }
code, .digits { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.88em;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.cards, .pictures { display: grid; gap: 16px; }
.cards { grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
.card { border: 1px solid var(--line); border-radius: 6px; padding: 14px 18px; }
.card .value { font-size: 34px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.card .digits { display: block; margin-top: 4px; }
.pictures { grid-template-columns: repeat(6, 1fr); }
figure { margin: 0; }
figure.half { grid-column: span 3; }
figure.third { grid-column: span 2; }
figure img { display: block; width: 100%; border-radius: 4px; background: #282828; }
figure.third img, figure.third .missing { height: 210px; object-fit: contain; }
figure img.crisp { object-fit: fill; }
.missing { display: grid; place-items: center; min-height: 120px; border: 1px dashed var(--line); border-radius: 4px;
  color: var(--bad); }
figcaption { color: var(--dim); font-size: 13px; margin-top: 4px; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 7px 12px; align-items: center;
  font-variant-numeric: tabular-nums; }
.bars div { position: relative; height: 16px; background: var(--soft); border-radius: 3px; }
.bars b { display: block; height: 100%; background: var(--bar); border-radius: 3px; }
.bars i { position: absolute; top: -3px; bottom: -3px; border-left: 2px solid var(--bad); }
svg { display: block; width: 100%; height: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; margin-bottom: 16px; }
th { text-align: left; font-weight: 600; color: var(--dim); border-bottom: 1px solid var(--line); }
th, td { padding: 5px 12px 5px 0; vertical-align: top; }
td { border-bottom: 1px solid var(--soft); }
.scroll { overflow-x: auto; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
.settings { columns: 3; column-gap: 28px; font-size: 13px; overflow-wrap: anywhere; }
.settings div { break-inside: avoid; padding: 1px 0; }
@media (max-width: 720px) { .settings { columns: 1; } .pictures { grid-template-columns: 1fr; }
  figure { grid-column: auto !important; } }
@media (max-width: 480px) { body { padding: 18px 12px 36px; } h1 { font-size: 22px; overflow-wrap: anywhere; }
  .card { padding: 12px; min-width: 0; } .card .value { font-size: 28px; overflow-wrap: anywhere; }
  svg.curves { width: 720px; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } h2, h3 { break-after: avoid; }
  table, .settings { font-size: 7.5pt; }
  .card, figure, tr { break-inside: avoid; } .card, .bars *, img { print-color-adjust: exact; } }
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page; `title` is plain text, `body` HTML."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            *body,
            "</body></html>",
            "",
        ]
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; columns in `numbers` stand to the right."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f'<{tag} class="number">{cell}</{tag}>' if index in numbers else f"<{tag}>{cell}</{tag}>"
            for index, cell in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>\n{body}\n</tbody></table>"


def scrolling(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A `table` that scrolls by itself where the page is narrower."""
    return f'<div class="scroll" tabindex="0">{table(heads, rows, numbers)}</div>'


def figure(picture: Picture | None, caption: str, size: str, absent: str = "", crisp: bool = False) -> str:
    """A picture with its caption, or what is `absent` in its place.

    Args:
        picture: embedded as JPEG, or as PNG where it is `crisp`.
        caption: plain text.
        size: `half` or `third` of the page's width.
        absent: plain text, such as "not found".
        crisp: fills its frame, pixel edges kept.
    """
    if picture is None:
        content = f'<div class="missing">{escape(absent)}</div>'
    else:
        kind = "png" if crisp else "jpeg"
        options = [] if crisp else [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        data = b64encode(cv2.imencode(f".{kind}", picture, options)[1].tobytes()).decode()
        style = ' class="crisp"' if crisp else ""
        content = f'<img{style} alt="{escape(caption)}" src="data:image/{kind};base64,{data}">'
    return f'<figure class="{size}">{content}<figcaption>{escape(caption)}</figcaption></figure>'


def code(text: str) -> str:
    """Digests, paths and other things to copy."""
    return f"<code>{escape(text)}</code>"
