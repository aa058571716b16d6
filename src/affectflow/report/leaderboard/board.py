"""Standings side by side: grouped by what can be compared, the best first, with what no longer holds told apart."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.layout import FEATURES, FUSION, MODELS, PREDICTIONS, Layout
from affectflow.core.tracks import Track
from affectflow.lineage.chain import Chain
from affectflow.lineage.current import Change, change_behind
from affectflow.report.leaderboard.standing import Row, Standing, read_standing

_MADE_OF = frozenset({FUSION, PREDICTIONS, FEATURES, MODELS})
"""Top folders of what a standing's scores come from."""


@dataclass(frozen=True)
class Entry:
    """One method of one system."""

    standing: Standing
    row: Row
    rank: int | None
    """In its group, from 1; None of what is stale."""
    stale: str | None
    """Why it tells no more of what lies in this folder, in words."""

    @property
    def file(self) -> str:
        """Path of its standing."""
        return Layout(self.standing.corpus, self.standing.system).standing(self.standing.track)

    @property
    def key(self) -> str:
        """What no other entry is called: `<corpus>/<system>/<track>/<method>`."""
        return f"{self.standing.corpus}/{self.standing.system}/{self.standing.track}/{self.row.method}"


@dataclass(frozen=True)
class Group:
    """Entries that can be compared: of one track, in one edition, on one corpus."""

    track: Track
    corpus: str
    kind: str
    synthetic: bool
    entries: tuple[Entry, ...]
    """Best first; then those that are stale."""


def split_key(key: str) -> tuple[str, str]:
    """Path of the standing and method of an entry that is called so; both empty where nothing can be."""
    corpus, system, track, method = [*key.split("/", 3), "", "", "", ""][:4]
    return (Layout(corpus, system).standing(track), method) if method else ("", "")


def stale(chain: Chain, standing: str) -> Change | None:
    """Why a standing tells no more of what lies in this folder; None where it does.

    Args:
        chain: the records.
        standing: path of the file.
    """
    return change_behind(chain, standing, _MADE_OF)


def read_board(
    chain: Chain, standings: Iterable[Path], read: Callable[[Path], Standing] = read_standing
) -> list[Group]:
    """Every method of some standings, in groups: real corpora first, then by track, corpus and rules of scoring.

    Args:
        chain: the records.
        standings: files, relative to the chain's folder.
        read: what reads one.

    Raises:
        InputError: a file is missing or is no standing.
    """
    entries_by_group: dict[tuple[bool, int, str, str, str, str], list[Entry]] = {}
    for path in sorted(standings):
        standing = read(chain.folder / path)
        group_key = (
            standing.synthetic,
            standing.scored.number,
            standing.corpus,
            standing.edition,
            standing.kind,
            standing.absent_units,
        )
        change = stale(chain, path.as_posix())
        why = None if change is None else str(change)
        entries_by_group.setdefault(group_key, []).extend(Entry(standing, row, None, why) for row in standing.rows)
    return [
        Group(entries[0].standing.scored, corpus, kind, synthetic, tuple(ranked(entries)))
        for (synthetic, _, corpus, _, kind, _), entries in sorted(entries_by_group.items())
        if entries
    ]


def ranked(entries: Iterable[Entry]) -> list[Entry]:
    """Entries of one group, best first, with their ranks: as many as are better, and one. Equal scores share a rank, by
    system and method; those that are stale come last and have none."""
    ordered = sorted(entries, key=_sort_key)
    current = [entry for entry in ordered if entry.stale is None]
    ranks: list[int] = []
    for number, entry in enumerate(current, start=1):
        tied = number > 1 and main_score(entry) == main_score(current[number - 2])
        ranks.append(ranks[-1] if tied else number)
    ranked = [Entry(entry.standing, entry.row, rank, None) for entry, rank in zip(current, ranks, strict=True)]
    return ranked + [entry for entry in ordered if entry.stale is not None]


def rules_of(track: Track) -> str:
    """By whose rules a track is scored, in words."""
    return track.edition + (", absent units left out" if track.absent_units == "leave_out" else "")


def scores_of(track: Track) -> tuple[str, ...]:
    """The challenge's score, by which entries are ordered, then those that it is made of."""
    *parts, main = track.scores
    return main, *parts


def _sort_key(entry: Entry) -> tuple[float, str, str]:
    score = main_score(entry)
    return -score if score is not None else math.inf, entry.standing.system, entry.row.method


def main_score(entry: Entry) -> float | None:
    """The score by which entries are ordered."""
    return entry.row.scores[scores_of(entry.standing.scored)[0]].value
