"""Tables of the paper as the page shows them: of each score ours with its interval, the paper's, and the difference."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from affectflow.report.html_report.result_tables import ResultTable, heading

_GROUP = re.compile(r"(?:track(\d)_)?paper_(.+)")
_KINDS = ("ours", "paper", "difference")


def paper_section(tables: Mapping[str, ResultTable]) -> Iterator[str]:
    """HTML of tables 1, 2 and 3 of the paper, those that there are; nothing where there is none."""
    if found := [(name, tables[name]) for name in ("table1", "table2", "table3") if name in tables]:
        yield '<section id="paper"><h2>The paper\'s tables</h2>'
        for name, its in found:
            title = its.title or f"Table {name[-1]}"
            yield f"<h3>{escape(title)}</h3>"
            yield from _table(its, title)
        yield "</section>"


def _table(given: ResultTable, title: str) -> Iterator[str]:
    groups = [(group[1], group[2]) for column in given.columns if (group := _GROUP.fullmatch(column))]
    yield f'<div class="scroll paper" tabindex="0" role="region" aria-label="{escape(title, quote=True)}"><table>'
    yield '<thead><tr><th rowspan="2">method</th>'
    for track, score in groups:
        label = f"Track {track}: {heading(score)}" if track else heading(score)
        yield f'<th colspan="{len(_KINDS)}" scope="colgroup">{escape(label)}</th>'
    yield "</tr><tr>" + "".join(f'<th class="number">{kind}</th>' for kind in _KINDS) * len(groups) + "</tr></thead>"
    yield "<tbody>"
    for row in given.records():
        cells = "".join(_cells(row, track, score) for track, score in groups)
        yield f"<tr><td>{escape(row['method'])}</td>{cells}</tr>"
    yield "</tbody></table></div>"
    yield from (f'<p class="dim">{escape(note)}</p>' for note in given.notes)


def _cells(row: Mapping[str, str], track: str | None, score: str) -> str:
    prefix = f"track{track}_" if track else ""
    ours, low, high, paper, difference = (
        escape(row[f"{prefix}{kind}{score}"]) for kind in ("", "low_", "high_", "paper_", "difference_")
    )
    interval = f' <span class="dim">[{low}, {high}]</span>' if low else ""
    return "".join(f'<td class="number">{cell}</td>' for cell in (ours + interval, paper, difference))
