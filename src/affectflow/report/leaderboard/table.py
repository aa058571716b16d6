"""The leaderboard as a CSV file and as Markdown: the same numbers, in digits."""

import math
import shlex
from collections.abc import Iterator, Sequence

from affectflow.core.tracks import Track
from affectflow.report.leaderboard.board import Group, RankedRow, rules_of, scores_of
from affectflow.report.leaderboard.entry import LeaderboardEntry, Row
from affectflow.report.tables.csv_table import csv_text, score_cell
from affectflow.report.tables.figure_cells import markdown
from affectflow.report.tables.paper_table import NOTED
from affectflow.report.tables.validation import paper_cell

SYNTHETIC = "synthetic: no evidence about people"
WARNING = (
    "These corpora are made by a rule of the workflow. Scores on them show that it works; they are no evidence about "
    "people, and the papers' figures, which are of real corpora, cannot be compared with them."
)
COUNTED = (
    "Parameters: of the networks that are fused. Training: minutes of every training behind a method, each once, and "
    "frames/s (clips/s where a clip is scored as a whole): what its networks predict one after the other, both on the "
    "devices that the records name. Times differ between equal runs."
)


def board_csv(groups: Sequence[Group], table: str) -> str:
    """All rows as CSV text; columns of scores that a track has not are empty.

    Args:
        groups: as `read_board` gives them.
        table: the file's own path, for the commands in it.
    """
    ranked_rows = [ranked_row for group in groups for ranked_row in group.ranked_rows]
    scores = dict.fromkeys(name for group in groups for name in scores_of(group.track))
    rows = [_about(ranked_row, table) | entry_cells(ranked_row.entry, ranked_row.row) for ranked_row in ranked_rows]
    ours = [column for name in scores for column in _columns(name)]
    costs = ["level", *_COSTS]
    columns = [*_WHERE, *_METHOD, *ours, *costs, *_LINEAGE]
    return csv_text(columns, [[row.get(column, "") for column in columns] for row in rows])


_WHERE = ("row", "track", "number", "edition", "corpus", "synthetic", "rank", "system", "method")
_METHOD = ("submitted", "branches", "frames", "subjects")
_COSTS = ("parameters", "training_minutes", "trained_on", "frames_per_second", "predicted_on", "hosts")
_LINEAGE = ("seed", "stale", "note", "leaderboard_entry", "weights", "weights_record", "trace")


def _columns(score: str) -> tuple[str, ...]:
    return score, f"low_{score}", f"high_{score}", f"paper_{score}"


def _about(ranked_row: RankedRow, table: str) -> dict[str, str]:
    """Cells that follow from where a row stands."""
    return {
        "row": ranked_row.key,
        "rank": "" if ranked_row.rank is None else str(ranked_row.rank),
        "stale": ranked_row.stale or "",
        "leaderboard_entry": ranked_row.file,
        "trace": trace_command(ranked_row, table),
    }


def entry_cells(entry: LeaderboardEntry, row: Row) -> dict[str, str]:
    """Cells of a row that follow from its entry alone, by column."""
    track, speed = entry.scored, entry.frames_per_second(row)
    cells = {
        "track": track.name,
        "number": str(track.number),
        "edition": rules_of(track),
        "corpus": entry.corpus,
        "synthetic": SYNTHETIC if entry.synthetic else "",
        "system": entry.system,
        "method": row.method,
        "submitted": "yes" if row.submitted else "",
        "branches": " + ".join(row.members),
        "frames": str(row.frames),
        "subjects": str(row.subjects),
        "level": f"{entry.level:g}",
        "parameters": str(entry.parameters(row)),
        "training_minutes": f"{entry.training_seconds(row) / 60:.2f}",
        "trained_on": entry.trained_on(row),
        "frames_per_second": "" if speed is None else f"{speed:.1f}",
        "predicted_on": entry.predicted_on(row),
        "hosts": entry.hosts(row),
        "seed": str(entry.seed),
        "note": row.note,
        "weights": entry.weights.path,
        "weights_record": entry.weights.record,
    }
    for name in track.scores:
        figure, paper = row.scores[name], row.paper.get(name)
        ours = (score_cell(math.nan if value is None else value) for value in (figure.value, figure.low, figure.high))
        cells |= dict(zip(_columns(name), (*ours, "" if paper is None else paper_cell(paper)), strict=True))
    return cells


def trace_command(ranked_row: RankedRow, table: str) -> str:
    """The command that takes the row's main score apart."""
    column = scores_of(ranked_row.entry.scored)[0]
    return shlex.join(["affectflow", "trace", table, "--row", ranked_row.key, "--column", column])


def board_markdown(groups: Sequence[Group]) -> str:
    """The leaderboard for people, of groups as `read_board` gives them."""
    lines = ["# Leaderboard", "", *_section([group for group in groups if not group.synthetic], "##")]
    if synthetic := [group for group in groups if group.synthetic]:
        lines += ["## Synthetic corpora: no evidence about people", "", WARNING, ""]
        lines += _section(synthetic, "###")
    return "\n".join([*lines, COUNTED, ""])


def _section(groups: Sequence[Group], level: str) -> Iterator[str]:
    for group in groups:
        yield from (f"{level} {group.track.heading}, Track {group.track.number} ({heading(group)})", "")
        yield from (*_table(group), "")
        yield from (f"{NOTED} {note}\n" for note in notes(group))
        yield from (f"Stale: {reason}.\n" for reason in stale_of(group))


def heading(group: Group) -> str:
    """What a group's scores are of."""
    return f"{group.corpus}, {rules_of(group.track)}, validation"


def stale_of(group: Group) -> list[str]:
    """Which systems tell no more of what lies in this folder, and why."""
    return list(
        dict.fromkeys(
            f"{ranked_row.entry.system}, since {ranked_row.stale}"
            for ranked_row in group.ranked_rows
            if ranked_row.stale
        )
    )


def notes(group: Group) -> list[str]:
    """What must be said of rows, each once, with the rows."""
    rows_by_note: dict[str, list[str]] = {}
    for ranked_row in group.ranked_rows:
        if ranked_row.row.note:
            rows_by_note.setdefault(ranked_row.row.note, []).append(
                f"{ranked_row.row.method} ({ranked_row.entry.system})"
            )
    return [f"{' and '.join(rows)}: {note}." for note, rows in rows_by_note.items()]


def speed(track: Track) -> str:
    """What `frames_per_second` counts, for people."""
    return "clips/s" if track.per_clip else "frames/s"


def _table(group: Group) -> list[str]:
    main, *others = scores_of(group.track)
    heads = ["rank, method (system)", f"{main} [interval]", *others, f"paper: {main}"]
    heads += ["parameters", "training, min", speed(group.track)]
    lines = []
    for ranked_row in group.ranked_rows:
        cells = entry_cells(ranked_row.entry, ranked_row.row)
        rank = "stale" if ranked_row.rank is None else str(ranked_row.rank)
        name = (
            f"{rank}. {ranked_row.row.method} ({ranked_row.entry.system}){f' {NOTED}' if ranked_row.row.note else ''}"
        )
        ours = f"{cells[main]} [{cells[f'low_{main}']}, {cells[f'high_{main}']}]"
        costs = (cells[name] for name in ("parameters", "training_minutes", "frames_per_second"))
        lines.append(
            [name.replace("|", "\\|"), ours, *(cells[column] for column in others), cells[f"paper_{main}"], *costs]
        )
    return markdown(heads, lines)
