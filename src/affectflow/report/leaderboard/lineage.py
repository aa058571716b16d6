"""Where the numbers of a row come from: the files behind it, with links that need no network, and how to check them."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from affectflow.artifacts.record import SUFFIX
from affectflow.report.drawing.page import code
from affectflow.report.drawing.result_tables import framed
from affectflow.report.leaderboard.board import RankedRow
from affectflow.report.leaderboard.entry import Artifact, Member
from affectflow.report.leaderboard.table import speed, trace_command


@dataclass(frozen=True)
class Links:
    """How the page names what lies beside it."""

    up: str
    """From the page to the project's folder."""
    table: str
    """Path of the CSV file, which commands name."""

    def to(self, path: str) -> str:
        """Address of a file of the project."""
        return escape(self.up + quote(path), quote=True)

    def anchor(self, ranked_row: RankedRow) -> str:
        """Name of a row's place on the page."""
        return escape(quote(ranked_row.key, safe="/"), quote=True)


def lineage_of(ranked_row: RankedRow, links: Links) -> Iterator[str]:
    """HTML of what is behind a row, folded."""
    entry, row = ranked_row.entry, ranked_row.row
    rank = f"{ranked_row.rank}. " if ranked_row.rank is not None else ""
    yield f"<details><summary>{rank}{escape(row.method)} <span class='dim'>{escape(entry.system)}</span></summary>"
    yield f'<div id="{links.anchor(ranked_row)}">'
    if ranked_row.stale:
        yield f'<p class="bad">Stale: {escape(ranked_row.stale)}. What stands below is what was there.</p>'
    yield f"<p>Take it apart: {code(trace_command(ranked_row, links.table))}</p>"
    yield "<dl>"
    for name, artifact in (("weights of the fusion", entry.weights), ("labels", entry.labels)):
        yield f"<dt>{name}</dt><dd>{_file(artifact, links)}</dd>"
    yield f'<dt>this entry</dt><dd><a href="{links.to(ranked_row.file)}">{escape(ranked_row.file)}</a></dd></dl>'
    heads = ["branch", "model", "trained", "training, min", "parameters", "predictions", speed(entry.scored)]
    rows = [_member(name, entry.branches[name], links) for name in row.members]
    yield framed(heads, rows, f"{row.method}: branches", (3, 4, 6))
    yield "</div></details>"


def _member(name: str, member: Member, links: Links) -> list[str]:
    seed = "" if member.seed is None else f", seed {member.seed}"
    run = f"<br><span class='dim'>MLflow {code(member.mlflow)}</span>" if member.mlflow else ""
    where = escape(f"{member.trained_on}, {', '.join(member.hosts)}{seed}")
    speed = f"{member.frames / member.seconds:.1f}" if member.frames and member.seconds else "–"
    trained = f"{escape(member.trained[:16].replace('T', ' '))}<br><span class='dim'>{where}</span>{run}"
    minutes = f"{sum(member.trainings.values()) / 60:.2f}"
    return [
        f"<strong>{escape(name)}</strong>",
        _file(member.model, links),
        trained,
        minutes,
        f"{member.parameters:,}",
        _file(member.predictions, links),
        speed,
    ]


def _file(artifact: Artifact, links: Links) -> str:
    """A file by its record, which says what made it, and by its digest."""
    return (
        f'<a href="{links.to(artifact.path + SUFFIX)}">{escape(artifact.path)}</a><br>'
        f"<span class='dim'>SHA-256 {code(artifact.sha256[:16])}…<br>record {code(artifact.record[:16])}…</span>"
    )
