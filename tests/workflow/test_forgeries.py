"""The table of docs/lineage.md: what finds each forgery, and what does not, on a finished run of the workflow."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from forgery_lab import ACTS, MODEL, TABLE
from miniature import Miniature
from repository import HELPERS

from affectflow.artifacts.record import record_path

pytestmark = pytest.mark.slow

FORGE = "import sys; sys.path.insert(0, sys.argv[1]); import forgery_lab; forgery_lab.digit_and_record()"
COLUMNS = ("start", "verify", "copy", "trace", "seal")


@pytest.fixture(scope="module")
def findings(root: Path, finished: Miniature) -> dict[str, dict[str, Any]]:
    """What finds each forgery."""
    result = finished.python(HELPERS / "forgery_lab.py", check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return dict(json.loads(result.stdout.splitlines()[-1]))


def read_documented_table(root: Path) -> dict[str, tuple[str, ...]]:
    text = (root / "docs/lineage.md").read_text(encoding="utf-8")
    table = text.partition("## What finds what")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    return {act: tuple(cells) for act, *cells in rows[2:]}


def test_nothing_is_found_where_nothing_is_forged(findings: dict[str, dict[str, Any]]) -> None:
    honest = {"start": [], "verify": [], "copy": [], "trace": False, "seal": False}
    assert findings["nothing"] == findings["put back"] == honest


def test_the_table_has_a_line_for_each_forgery(root: Path) -> None:
    assert list(read_documented_table(root)) == list(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_a_line_of_the_table(root: Path, findings: dict[str, dict[str, Any]], act: str) -> None:
    outcomes = tuple("found" if findings[act][by] else "past" for by in COLUMNS)
    assert outcomes == read_documented_table(root)[act], findings[act]


def test_a_forged_record_within_the_chain_is_named_with_what_was_made_from_it(
    findings: dict[str, dict[str, Any]],
) -> None:
    acts = [act for act in ACTS if act.endswith("within the chain")]
    assert acts
    for act in acts:
        assert f"contradicted: {MODEL}" in findings[act]["verify"]  # the ledger has another seal
        broken = [line for line in findings[act]["copy"] if line.startswith("broken link: predictions/")]
        assert len(broken) == 2, act  # of validation and test


def test_adopt_takes_over_no_result_that_the_ledger_knows_otherwise(finished: Miniature) -> None:
    path = finished.folder / TABLE
    before = {file: file.read_bytes() for file in (path, record_path(path))}
    finished.python("-c", FORGE, HELPERS)
    try:
        failure = finished.affectflow("adopt", check=False)
    finally:
        for file, content in before.items():
            file.write_bytes(content)
    assert failure.returncode == 1
    assert re.search(rf"refused: {TABLE}: no job of this folder wrote {TABLE} so: SHA-256 is", failure.stderr)
    assert finished.affectflow("adopt").returncode == 0


def test_a_seal_that_was_kept_and_its_list_say_what_differs(finished: Miniature, tmp_path: Path) -> None:
    seal = finished.affectflow("seal", TABLE, "--out", f"{TABLE}.seal").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", seal)
    verification = finished.affectflow("verify", TABLE, "--seal", seal)
    assert f"sealed: the seal of these files is {seal}" in verification.stdout
    mismatch = finished.affectflow("verify", TABLE, "--seal", "0" * 64, check=False)
    assert mismatch.returncode == 1 and f"the seal of these files is {seal}, not {'0' * 64}" in mismatch.stdout
    shutil.copytree(finished.folder, tmp_path / "copy", symlinks=True)
    copy = Miniature(tmp_path / "copy")
    shutil.rmtree(copy.folder / ".snakemake")
    copy.python("-c", FORGE, HELPERS)
    copy_verification = copy.affectflow("verify", TABLE)
    assert "all holds" in copy_verification.stdout  # of a copy that is forged like this only the seal tells
    failure = copy.affectflow("verify", TABLE, "--seal", seal, check=False)
    assert failure.returncode == 1 and "not what was sealed" in failure.stdout
    assert f"  {TABLE}: SHA-256 was " in failure.stdout and f"  {TABLE}.record.json: SHA-256 was " in failure.stdout
    (finished.folder / f"{TABLE}.seal").unlink()
