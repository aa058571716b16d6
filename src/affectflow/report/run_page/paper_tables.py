"""Tables of the paper as the page shows them: of each score ours with its interval or deviation, the paper's, and the
difference; of test scores ours on the validation split, too."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from affectflow.report.drawing.result_tables import ResultTable, heading, scrolling
from affectflow.report.tables.paper_table import NOTED, VALIDATION

_GROUP = re.compile(r"(?:track(\d)_)?paper_(.+)")
_NUMBERED = re.compile(r"table(\d+)")
_KINDS = ("ours", "paper", "difference")


def paper_section(tables: Mapping[str, ResultTable]) -> Iterator[str]:
    """HTML of the numbered tables of the paper, in their order; nothing where there is none."""
    numbered = ((_NUMBERED.fullmatch(name), table) for name, table in tables.items() if "method" in table.columns)
    if in_order := sorted(((int(name[1]), table) for name, table in numbered if name), key=lambda pair: pair[0]):
        yield '<section id="paper"><h2>The paper\'s tables</h2>'
        for number, table in in_order:
            title = table.title or f"Table {number}"
            yield f"<h3>{escape(title)}</h3>"
            yield from _table(table, title)
        yield "</section>"


def _table(table: ResultTable, title: str) -> Iterator[str]:
    groups = [(group[1], group[2]) for column in table.columns if (group := _GROUP.fullmatch(column))]
    labels = [f"Track {track}: {heading(score)}" if track else heading(score) for track, score in groups]
    kinds = (*_KINDS, "validation") if any(VALIDATION in column for column in table.columns) else _KINDS
    above = "".join(f'<th colspan="{len(kinds)}" scope="colgroup">{escape(label)}</th>' for label in labels)
    below = "".join(f'<th class="number">{kind}</th>' for kind in kinds) * len(groups)
    rows = "\n".join(
        f"<tr><td>{escape(row['method'])}{_mark(row)}</td>"
        f"{''.join(cell for group in groups for cell in _cells(row, *group)[: len(kinds)])}</tr>"
        for row in table.records()
    )
    head = f'<thead><tr><th rowspan="2">method</th>{above}</tr><tr>{below}</tr></thead>'
    yield scrolling(f"<table>{head}<tbody>\n{rows}\n</tbody></table>", title, "scroll paper")
    yield from (f'<p class="dim">{escape(note)}</p>' for note in table.notes)


def _mark(row: Mapping[str, str]) -> str:
    return f" {NOTED}" if row.get("note") else ""


def _cells(row: Mapping[str, str], track: str | None, score: str) -> list[str]:
    """Ours, the paper's, the difference, and ours on the validation split."""
    prefix = f"track{track}_" if track else ""
    paper, difference = (escape(row.get(f"{prefix}{kind}{score}", "")) for kind in ("paper_", "difference_"))
    cells = (_format_ours(row, prefix, score), paper, difference, _format_ours(row, prefix, VALIDATION + score))
    return [f'<td class="number">{cell}</td>' for cell in cells]


def _format_ours(row: Mapping[str, str], prefix: str, score: str) -> str:
    ours, low, high, deviation = (
        escape(row.get(f"{prefix}{kind}{score}", "")) for kind in ("", "low_", "high_", "deviation_")
    )
    sure = f"[{low}, {high}]" if low else f"± {deviation}" if deviation else ""
    return ours + (f' <span class="dim">{sure}</span>' if sure else "")
