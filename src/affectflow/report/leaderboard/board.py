"""Standings side by side: grouped by what can be compared, the best first, with what no longer holds told apart."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.layout import FEATURES, FUSION, MODELS, PREDICTIONS, Layout
from affectflow.core.tracks import Track
from affectflow.lineage.chain import Chain
from affectflow.lineage.current import Change, change_behind
from affectflow.report.leaderboard.entry import LeaderboardEntry, Row, read_entry

_MADE_OF = frozenset({FUSION, PREDICTIONS, FEATURES, MODELS})
"""Top folders of what an entry's scores come from."""


@dataclass(frozen=True)
class RankedRow:
    """One method of one system."""

    entry: LeaderboardEntry
    row: Row
    rank: int | None
    """In its group, from 1; None of what is stale."""
    stale: str | None
    """Why it tells no more of what lies in this folder, in words."""

    @property
    def file(self) -> str:
        """Path of its entry."""
        return Layout(self.entry.corpus, self.entry.system).leaderboard_entry(self.entry.track)

    @property
    def key(self) -> str:
        """What no other row is called: `<corpus>/<system>/<track>/<method>`."""
        return f"{self.entry.corpus}/{self.entry.system}/{self.entry.track}/{self.row.method}"


@dataclass(frozen=True)
class Group:
    """Entries that can be compared: of one track, in one edition, on one corpus."""

    track: Track
    corpus: str
    kind: str
    synthetic: bool
    ranked_rows: tuple[RankedRow, ...]
    """Best first; then those that are stale."""


def split_key(key: str) -> tuple[str, str]:
    """Path of the entry and method of a row that is called so; both empty where nothing can be."""
    corpus, system, track, method = [*key.split("/", 3), "", "", "", ""][:4]
    return (Layout(corpus, system).leaderboard_entry(track), method) if method else ("", "")


def stale(chain: Chain, entry: str) -> Change | None:
    """Why an entry tells no more of what lies in this folder; None where it does.

    Args:
        chain: the records.
        entry: path of the file.
    """
    return change_behind(chain, entry, _MADE_OF)


def read_board(
    chain: Chain, entries: Iterable[Path], read: Callable[[Path], LeaderboardEntry] = read_entry
) -> list[Group]:
    """Every method of some entries, in groups: real corpora first, then by track, corpus and rules of scoring.

    Args:
        chain: the records.
        entries: files, relative to the chain's folder.
        read: what reads one.

    Raises:
        InputError: a file is missing or is no entry.
    """
    entries_by_group: dict[tuple[bool, int, str, str, str, str], list[RankedRow]] = {}
    for path in sorted(entries):
        entry = read(chain.folder / path)
        group_key = (
            entry.synthetic,
            entry.scored.number,
            entry.corpus,
            entry.edition,
            entry.kind,
            entry.absent_units,
        )
        change = stale(chain, path.as_posix())
        why = None if change is None else str(change)
        entries_by_group.setdefault(group_key, []).extend(RankedRow(entry, row, None, why) for row in entry.rows)
    return [
        Group(ranked_rows[0].entry.scored, corpus, kind, synthetic, tuple(ranked(ranked_rows)))
        for (synthetic, _, corpus, _, kind, _), ranked_rows in sorted(entries_by_group.items())
        if ranked_rows
    ]


def ranked(ranked_rows: Iterable[RankedRow]) -> list[RankedRow]:
    """Entries of one group, best first, with their ranks: as many as are better, and one. Equal scores share a rank, by
    system and method; those that are stale come last and have none."""
    ordered = sorted(ranked_rows, key=_sort_key)
    current = [ranked_row for ranked_row in ordered if ranked_row.stale is None]
    ranks: list[int] = []
    for number, ranked_row in enumerate(current, start=1):
        tied = number > 1 and main_score(ranked_row) == main_score(current[number - 2])
        ranks.append(ranks[-1] if tied else number)
    ranked = [
        RankedRow(ranked_row.entry, ranked_row.row, rank, None) for ranked_row, rank in zip(current, ranks, strict=True)
    ]
    return ranked + [ranked_row for ranked_row in ordered if ranked_row.stale is not None]


def rules_of(track: Track) -> str:
    """By whose rules a track is scored, in words."""
    return track.edition + (", absent units left out" if track.absent_units == "leave_out" else "")


def scores_of(track: Track) -> tuple[str, ...]:
    """The challenge's score, by which rows are ordered, then those that it is made of."""
    *parts, main = track.scores
    return main, *parts


def _sort_key(ranked_row: RankedRow) -> tuple[float, str, str]:
    score = main_score(ranked_row)
    return -score if score is not None else math.inf, ranked_row.entry.system, ranked_row.row.method


def main_score(ranked_row: RankedRow) -> float | None:
    """The score by which rows are ordered."""
    return ranked_row.row.scores[scores_of(ranked_row.entry.scored)[0]].value
