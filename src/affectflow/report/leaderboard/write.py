"""Writes the leaderboard in its three forms."""

from collections.abc import Sequence
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.job import relative
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import read_board
from affectflow.report.leaderboard.page import board_page
from affectflow.report.leaderboard.table import board_csv, board_markdown


def write_leaderboard(chain: Chain, entries: Sequence[Path], table: Path, markdown: Path, page: Path) -> None:
    """Write every method of some entries; the same files and records give the same bytes.

    Args:
        chain: the records.
        entries: files, relative to the chain's folder.
        table: CSV file.
        markdown: Markdown file.
        page: HTML file, which opens offline; links in it are relative, to files of the same folder of a project.

    Raises:
        InputError: an entry is missing or is none.
    """
    groups = read_board(chain, entries)
    write_text(table, board_csv(groups, relative(table)))
    write_text(markdown, board_markdown(groups))
    write_text(page, board_page(groups, relative(table), len(Path(relative(page)).parent.parts)))
