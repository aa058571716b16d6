"""The worked audit of docs/lineage.md: what the commands print today, in the form that the page has."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from miniature import Miniature, rows_of
from repository import ROOT

from affectflow.core.errors import InputError

sys.path.append(str(ROOT / "benchmarks"))

import demo_table
from worked_audit import BEGIN, END, audit, command, placed, run_command

_VARYING = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:]+|\b[0-9a-f]{8,64}\b|-?\d+\.\d+|\bframes? \d+( to \d+)?( of \d+)?|video\d+(_left|_right)?"
    r"|shard-\d+-of-\d+|\d{5}\.jpg|\b\d+\b"
)


def form(text: str, *names: str) -> list[str]:
    """Blocks of a page without what differs between runs, such as `names`: how their lines begin, folds undone."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    for name in names:
        blocks = blocks.replace(name, "#")
    unfolded = re.sub(r"\n {6,}", " ", blocks)
    return [_VARYING.sub("#", line)[:28] for line in unfolded.splitlines() if line.strip()]


@pytest.mark.slow
def test_the_page_has_the_form_of_what_the_commands_print(finished: Miniature, root: Path, tmp_path: Path) -> None:
    image = rows_of(finished.folder / "results/test_track1.csv")[5]["image_location"]
    subject, frame = image.split("/")[0], int(image.split("/")[1][:5]) - 1
    text = audit(finished.folder, subject, frame)
    assert run_command(finished.folder, "verify") in text and f"`{image}`" in text
    page = (root / "docs/lineage.md").read_text(encoding="utf-8")
    page_audit = page[page.index(BEGIN) + len(BEGIN) : page.index(END)]
    # What follows them are names of this run's files.
    commands = [
        [line.split()[1:3] for line in part.splitlines() if line.startswith("$ affectflow")]
        for part in (page_audit, text)
    ]
    assert commands[0] == commands[1] and len(commands[0]) >= 4
    missing = set(form(text, subject, subject.rpartition("_")[0])) - set(form(page_audit))
    assert not missing, "the page is older than the commands: run make docs-audit"
    shutil.copy(root / "docs/lineage.md", tmp_path / "lineage.md")
    updated_page = placed((tmp_path / "lineage.md").read_text(), text)
    assert (
        updated_page.count(text) == 1
        and updated_page.startswith(page[: page.index(BEGIN)])
        and updated_page.endswith(page[page.index(END) :])
    )


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(InputError, match="expected one"):
        placed("nothing", "text")
    assert placed(f"a\n{BEGIN}\nold\n{END}\nb", "new\n") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb"


def test_commands_are_typed_as_a_shell_reads_them() -> None:
    assert command(["trace", "x.csv", "--row", "A + B (C)"]) == 'affectflow trace x.csv --row "A + B (C)"'


def test_the_demo_s_table_has_the_figures_of_the_run_s_tables(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "config", tmp_path / "config")
    results = tmp_path / "results"
    results.mkdir()
    method = "Audio + Visual (F + BCF)"
    for number in (1, 2, 3):
        (results / f"intervals_track{number}.csv").write_text(
            f"method,score,value\n{method},total,0.{number}516\n{method},other,0.9\nShuffled,total,0.0435\n"
        )
        (results / f"differences_track{number}.csv").write_text(
            "one,other,score,difference,low,high\n"
            f"{method},Constant,total,0.7,0.7,0.7\n{method},Shuffled,total,0.2081,-0.6661,0.9524\n"
        )
        (results / f"modality_ablation_track{number}.csv").write_text(
            "method,condition,total\nVisual (F),frames without a face,0.1\nVisual (BCF),frames without a face,0.2\n"
            "Visual (F),without face,0.3\nVisual (BCF),without face,0.4\nVisual (F),as recorded,0.5\n"
        )
    table_lines = demo_table.table(tmp_path).splitlines()
    assert table_lines[2:] == [
        f"| `{track}` | 0.{number}52 | 0.043 | 0.208 [-0.666, 0.952] | 0.100, 0.200 | 0.300, 0.400 |"
        for number, track in enumerate(("va", "expr", "au"), 1)
    ]
    page = (root / "docs/demo.md").read_text(encoding="utf-8")
    assert "\n".join(table_lines[:2]) in page and page.count(demo_table.BEGIN) == page.count(demo_table.END) == 1
