"""Verify in linked folders, in folders that lack something, and where nothing can be written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from miniature import RESULTS, Miniature, make_miniature, rows_of

from affectflow.artifacts.record import record_path

pytestmark = pytest.mark.slow


def affectflow(miniature: Miniature, *arguments: object) -> subprocess.CompletedProcess[str]:
    return miniature.affectflow(*arguments, check=False)


def test_linked_folders_are_followed(finished: Miniature, tmp_path: Path) -> None:
    expected = affectflow(finished, "verify").stdout
    assert expected.startswith("all holds: ")
    work, models = finished.folder / "work/demo", finished.folder / "models/demo"
    places = {work: tmp_path / "disk", models: tmp_path / "other"}
    for folder, place in places.items():
        shutil.move(folder, place)
        folder.symlink_to(place)
    path = sorted((tmp_path / "disk/faces").glob("*.arrow"))[0]
    before = path.read_bytes()
    try:
        output = affectflow(finished, "verify").stdout
        path.write_bytes(before[:-1])
        result = affectflow(finished, "verify")
    finally:
        path.write_bytes(before)
        for folder, place in places.items():
            folder.unlink()
            shutil.move(place, folder)
    assert output == expected
    assert result.returncode == 1 and f"altered: work/demo/faces/{path.name}" in result.stdout


def test_what_is_gone_with_its_record_is_missed(finished: Miniature, tmp_path: Path) -> None:
    path = finished.folder / "results/metrics.json"
    for file in (path, record_path(path)):
        shutil.move(file, tmp_path)
    ledgers = list((finished.folder / ".snakemake/affectflow").glob("ledger-*.jsonl"))
    try:
        result = affectflow(finished, "verify")
        for file in ledgers:
            shutil.move(file, tmp_path)
        copy, complete = affectflow(finished, "verify"), affectflow(finished, "verify", "--complete")
    finally:
        for file in (path, record_path(path), *ledgers):
            shutil.move(tmp_path / file.name, file)
    assert result.returncode == 1
    assert (
        "missing: results/metrics.json: a job of this folder made it, and it is gone with its record" in result.stdout
    )
    # Nobody knows in a copy what was asked for: what the workflow makes is counted, and missed where that is asked.
    counts = re.search(
        r"all holds: (\d+) artifact\(s\).*; the workflow makes (\d+), of which (\d+) are not", copy.stdout
    )
    assert copy.returncode == 0 and counts
    read, makes, absent = map(int, counts.groups())
    assert makes == read + absent and absent > 0
    assert complete.returncode == 1 and "missing: results/metrics.json: it was not made here" in complete.stdout
    assert complete.stdout.count("missing: ") == absent


def test_an_empty_folder_does_not_hold(root: Path, tmp_path: Path) -> None:
    project = make_miniature(root, tmp_path / "project")
    result = affectflow(project, "verify")
    assert result.returncode == 1 and "nothing was verified" in result.stdout


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Size, times of change and of the entry of every file and folder."""
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    stats = {path.relative_to(folder).as_posix(): path.lstat() for path in paths}
    return {name: (status.st_size, status.st_mtime_ns, status.st_ctime_ns) for name, status in stats.items()}


def test_verify_and_seal_write_nothing(finished: Miniature, tmp_path: Path) -> None:
    copy = Miniature(shutil.copytree(finished.folder, tmp_path / "copy"))
    before = state(copy.folder)
    assert affectflow(copy, "verify").returncode == 0
    assert affectflow(copy, "seal", RESULTS[0]).returncode == 0
    assert state(copy.folder) == before
    shutil.rmtree(copy.folder / ".snakemake")
    before = state(copy.folder)
    assert affectflow(copy, "verify").returncode == 0
    assert state(copy.folder) == before


def test_a_copy_that_cannot_be_written_to_is_read(finished: Miniature, tmp_path: Path) -> None:
    folder = shutil.copytree(finished.folder, tmp_path / "copy")
    mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a folder to be read only")
    words = f"cd {folder} && ! touch x && {sys.executable} -m affectflow.cli.main"
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run_in_namespace(command: str) -> subprocess.CompletedProcess[str]:
        arguments = ["unshare", "-m", "sh", "-c", f"{mount} && {words} {command}"]
        return subprocess.run(arguments, capture_output=True, text=True, env=environment)

    for command in ("verify", f"seal {RESULTS[0]}", f"trace {RESULTS[0]}"):
        result = run_in_namespace(command)
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_path_means_the_artifacts_at_it(finished: Miniature) -> None:
    """A folder, a file within an artifact that is a folder, a record: what is wrong with them is found."""
    table, submission = finished.folder / "results/validation_track1.csv", finished.folder / "results/submission/track1"
    within = sorted(path for path in submission.rglob("*.txt"))[0]
    before = {path: path.read_bytes() for path in (table, within)}
    names = [path.relative_to(finished.folder) for path in (table, within)]
    unchanged = affectflow(finished, "verify", "results")
    try:
        for path in before:
            path.write_bytes(before[path] + b"0")
        results = {
            name: affectflow(finished, "verify", name)
            for name in ("results", "results/submission", str(names[1]), f"{names[0]}.record.json")
        }
    finally:
        for path, content in before.items():
            path.write_bytes(content)
    assert unchanged.returncode == 0 and unchanged.stdout.startswith("all holds: ")
    assert {name: result.returncode for name, result in results.items()} == dict.fromkeys(results, 1)
    altered = {
        name: set(re.findall(r"^altered: ([^:]+)", result.stdout, re.MULTILINE)) for name, result in results.items()
    }
    folder, file = "results/submission/track1", names[0].as_posix()
    assert altered == {
        "results": {folder, file},
        "results/submission": {folder},
        str(names[1]): {folder},
        f"{names[0]}.record.json": {file},
    }


@pytest.mark.parametrize("path", ["config/config.yaml", "config"])
def test_what_no_job_made_is_not_said_to_hold(finished: Miniature, path: str) -> None:
    result = affectflow(finished, "verify", path)
    assert result.returncode == 2 and f"error: {path}: no job of the workflow made it" in result.stderr


def test_a_project_is_all_that_is_in_it_also_where_a_link_leads_to_it(finished: Miniature, tmp_path: Path) -> None:
    result = affectflow(finished, "verify", ".")
    assert result.returncode == 0 and result.stdout.startswith("all holds: "), result.stdout
    link = tmp_path / "link"
    link.symlink_to(finished.folder)
    for command in ("verify", "seal"):
        result = affectflow(finished, command, link / "results/validation_track1.csv")
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_target_that_nothing_makes_is_told_in_a_line(finished: Miniature) -> None:
    for target in ("results/nonsense.csv", "nosuch"):
        result = affectflow(finished, "why", target)
        assert result.returncode == 2 and target in result.stderr and "Traceback" not in result.stderr
    assert affectflow(finished, "why", finished.folder / "results/test_track1.csv").returncode == 0


def test_nothing_but_an_earlier_one_is_written_over(finished: Miniature, tmp_path: Path) -> None:
    """A page, a picture and a list that a command writes take the place of no result and of no file of others."""
    table, mine = "results/validation_track1.csv", tmp_path / "mine.mp4"
    mine.write_bytes(b"mine")
    before = (finished.folder / table).read_bytes()
    image = rows_of(finished.folder / "results/test_track1.csv")[0]["image_location"]
    score = ("trace", "results/test_track1.csv", "--subject", image.split("/")[0], "--frame", "0", "--html")
    commands = {("seal", table, "--out"): "a.seal", ("trace", table, "--graph"): "a.svg", score: "a.html"}
    for command, name in commands.items():
        for out in (table, mine):
            result = affectflow(finished, *command, out)
            assert result.returncode == 2 and f"{command[-1]} {out}: " in result.stderr, result.stdout + result.stderr
        for _ in range(2):
            assert affectflow(finished, *command, tmp_path / name).returncode == 0
    assert (finished.folder / table).read_bytes() == before and mine.read_bytes() == b"mine"


def test_a_digest_that_is_none_is_told(finished: Miniature) -> None:
    result = affectflow(finished, "verify", "--seal", "xyz", "results/validation_track1.csv")
    assert result.returncode == 2 and "--seal xyz: expected 64 hexadecimal digits" in result.stderr
