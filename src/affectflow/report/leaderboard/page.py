"""The leaderboard as a page that needs no other file and runs no script."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from affectflow.artifacts.record import SUFFIX
from affectflow.report.drawing.result_tables import framed, heading
from affectflow.report.leaderboard.board import Group, RankedRow, rules_of, scores_of
from affectflow.report.leaderboard.lineage import Links, lineage_of
from affectflow.report.leaderboard.table import COUNTED, SYNTHETIC, WARNING, entry_cells, notes, speed
from affectflow.report.tables.paper_table import NOTED

# What stands in the files is names that users chose: the page loads nothing and can send nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLES = ("run_page/assets/report.css", "leaderboard/assets/leaderboard.css")


def asset_files() -> list[Path]:
    """Files of style that the page holds; the report's come first."""
    return [Path(str(files("affectflow.report") / name)) for name in _STYLES]


def board_page(groups: Sequence[Group], table: str, depth: int) -> str:
    """The page as HTML.

    Args:
        groups: as `read_board` gives them.
        table: path of the CSV file, for the commands on the page.
        depth: folders from the project's to the page.
    """
    links = Links("../" * depth, table)
    real, synthetic_groups = (
        [candidate for candidate in groups if candidate.synthetic == synthetic] for synthetic in (False, True)
    )
    body = [*_head(real, synthetic_groups), "<main>"]
    body += [line for group in real for line in _section(group, links)]
    if synthetic_groups:
        body += ['<section id="synthetic"><h2>Synthetic corpora: no evidence about people</h2>']
        body += [f'<p class="note">{escape(WARNING)}</p></section>']
    body += [line for group in synthetic_groups for line in _section(group, links)]
    return "\n".join(_document([*body, f'<p class="dim">{escape(COUNTED)}</p>', "</main>"]))


def _document(body: Sequence[str]) -> list[str]:
    return [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Leaderboard: affectflow</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<style>\n{''.join(path.read_text(encoding='utf-8') for path in asset_files())}</style></head>",
        "<body>",
        *body,
        "</body></html>",
        "",
    ]


def _head(real: Sequence[Group], synthetic_groups: Sequence[Group]) -> Iterator[str]:
    ranked_rows = [ranked_row for group in (*real, *synthetic_groups) for ranked_row in group.ranked_rows]
    systems = dict.fromkeys(ranked_row.entry.system for ranked_row in ranked_rows)
    stale = sum(ranked_row.stale is not None for ranked_row in ranked_rows)
    system_count = f"{len(systems)} system{'s' * (len(systems) != 1)}"
    counts = [f"{len(ranked_rows)} methods of {system_count}", *([f"{stale} of them stale"] if stale else [])]
    yield "<header><h1>Leaderboard <span>of all systems that were run in this folder</span></h1>"
    yield f'<p class="dim">affectflow · {escape(" · ".join(counts))} · on the validation split, first seed</p>'
    yield "</header><nav aria-label='Sections'><a href=\"report.html\">Report of the last run</a>"
    for group in (*real, *synthetic_groups):
        mark = " (synthetic)" if group.synthetic else ""
        yield f'<a href="#{_anchor(group)}">{escape(f"{group.track.heading}, {group.corpus}{mark}")}</a>'
    yield "</nav>"


def _anchor(group: Group) -> str:
    rules = rules_of(group.track).replace(",", "").replace(" ", "-")
    return f"{group.track.name}-{group.corpus}-{rules}-{group.kind}"


def _section(group: Group, links: Links) -> Iterator[str]:
    edition = "" if group.track.per_clip else f" · {rules_of(group.track)}"  # which clips have none of
    about = f"Track {group.track.number} · corpus {group.corpus}{edition} · validation"
    about += f" · {SYNTHETIC}" if group.synthetic else ""
    yield f'<section id="{_anchor(group)}" class="ranking">'
    yield f"<h2>{escape(group.track.heading)} <span class='dim'>{escape(about)}</span></h2>"
    counts = {
        (ranked_row.row.frames, ranked_row.row.subjects) for ranked_row in group.ranked_rows if ranked_row.stale is None
    }
    if len(counts) > 1:
        yield (
            '<p class="note">Not all methods are scored on the same subjects and rows: compare them with care. The '
            "counts stand below their names.</p>"
        )
    main, *others = scores_of(group.track)
    levels = {ranked_row.entry.level for ranked_row in group.ranked_rows}
    sure = f"{100 * next(iter(levels)):g} % interval" if len(levels) == 1 else "interval"
    heads = ["", "method, system", f"{heading(main)}, {sure}", *map(heading, others), f"paper: {heading(main)}"]
    heads += ["parameters", "training, min", speed(group.track), "lineage"]
    numbers = [0, *range(2, 7 + len(others))]
    rows = [_row(group, ranked_row, links) for ranked_row in group.ranked_rows]
    yield framed([escape(head) for head in heads], rows, about, numbers)
    for note in notes(group):
        yield f'<p class="dim">{NOTED} {escape(note)}</p>'
    yield "<h3>Where the numbers come from</h3>"
    for ranked_row in group.ranked_rows:
        yield from lineage_of(ranked_row, links)
    yield "</section>"


def _row(group: Group, ranked_row: RankedRow, links: Links) -> list[str]:
    main, *others = scores_of(group.track)
    row, cells = ranked_row.row, entry_cells(ranked_row.entry, ranked_row.row)
    mark = f" {NOTED}" if row.note else ""
    submitted = ' <span class="tag">submitted</span>' if row.submitted else ""
    stale = f'<br><span class="bad">stale: {escape(ranked_row.stale)}</span>' if ranked_row.stale else ""
    count_text = f"{row.frames:,} clips" if group.track.per_clip else f"{row.subjects} subjects, {row.frames:,} rows"
    subtitle = escape(f"{ranked_row.entry.system} · {count_text}")
    name = f"<strong>{escape(row.method)}</strong>{mark}{submitted}<br><span class='dim'>{subtitle}</span>{stale}"
    low, high = cells[f"low_{main}"], cells[f"high_{main}"]
    sure = f" <span class='dim'>[{low}, {high}]</span>" if low else ""
    ours = f"{cells[main] or '–'}{sure}{_bar(group, ranked_row)}"
    costs = [f"{ranked_row.entry.parameters(row):,}", cells["training_minutes"], cells["frames_per_second"] or "–"]
    where = (
        f'<a href="#{links.anchor(ranked_row)}">files</a> · <a href="{links.to(ranked_row.file + SUFFIX)}">record</a>'
    )
    other_scores = [cells[column] or "–" for column in others]
    rank = "" if ranked_row.rank is None else str(ranked_row.rank)
    return [rank, name, ours, *other_scores, cells[f"paper_{main}"] or "–", *costs, where]


def _bar(group: Group, ranked_row: RankedRow) -> str:
    """The score and its interval within the range of all intervals of the group."""
    main = scores_of(group.track)[0]
    figures = [group_entry.row.scores[main] for group_entry in group.ranked_rows]
    ends = [end for figure in figures for end in (figure.low, figure.value, figure.high) if end is not None]
    figure, least, most = ranked_row.row.scores[main], min(ends, default=0.0), max(ends, default=0.0)
    if figure.value is None or least == most:
        return ""

    def to_x(end: float) -> str:
        return f"{160 * (end - least) / (most - least):.1f}"

    line = ""
    if figure.low is not None and figure.high is not None:
        line = f'<line x1="{to_x(figure.low)}" x2="{to_x(figure.high)}" y1="6" y2="6"/>'
    return (
        f'<svg class="sure" viewBox="-4 0 168 12" role="img" aria-label="{escape(main)} within its interval">{line}'
        f'<circle cx="{to_x(figure.value)}" cy="6" r="3.6"/></svg>'
    )
