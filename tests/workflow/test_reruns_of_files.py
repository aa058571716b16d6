"""What reruns when a file is another one or is gone, on a finished run of the real workflow and on a clone of one."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from miniature import RESULTS, Miniature, jobs_of, make_miniature, read_artifacts
from reruns_lab import LEARNING, OUTPUTS, PREPROCESSING, rules_of

from affectflow.artifacts.record import read_record

pytestmark = pytest.mark.slow


@pytest.fixture
def replace_file() -> Iterator[Callable[[Path, bytes], None]]:
    """A function that puts another file in the place of one, with an older date, as unzip, rsync and tar do; what it
    replaced is put back afterwards."""
    before: dict[Path, tuple[bytes, os.stat_result]] = {}

    def put(path: Path, content: bytes, older: float = 86_400.0) -> None:
        status = path.stat()
        before.setdefault(path, (path.read_bytes(), status))
        beside = path.with_name("another")
        beside.write_bytes(content)
        os.utime(beside, (status.st_atime, status.st_mtime - older))
        beside.replace(path)

    yield put
    for path, (content, status) in before.items():
        put(path, content, older=0.0)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


Replace = Callable[[Path, bytes], None]


def test_a_video_replaced_by_one_of_an_older_date(either: Miniature, replace_file: Replace) -> None:
    videos = sorted((either.folder / "data/demo/videos").glob("*.mp4"))
    replace_file(videos[0], videos[1].read_bytes())
    jobs = either.planned(*RESULTS)
    assert rules_of(jobs) == {*PREPROCESSING, "manifest", *LEARNING}
    assert {wildcards for rule, wildcards in jobs if rule == "decode"} == {f"shard={videos[0].stem}"}
    why = either.affectflow("why", *RESULTS, check=False)
    assert why.returncode == 1
    assert re.search(
        rf"  data/demo/videos/{videos[0].name} changed: SHA-256 was \w+…, is \w+…\n    decode:", why.stdout
    )


def test_a_label_file_replaced_by_one_of_an_older_date(either: Miniature, replace_file: Replace) -> None:
    path = sorted((either.folder / "data/demo/VA_Set/Train_Set").glob("*.txt"))[0]
    lines = path.read_text().splitlines()
    # Of the same length: neither its size nor its date say that it is another file.
    lines[1], lines[2] = lines[2], lines[1]
    assert lines[1] != lines[2]
    replace_file(path, "".join(f"{line}\n" for line in lines).encode())
    assert rules_of(either.planned(*RESULTS)) == {"labels", "manifest", *LEARNING}


GONE = (
    ("models/demo/ntua/va/F/official-123/model.safetensors", {"train", "predict", *OUTPUTS}),
    ("predictions/demo/ntua/va/A/official-123/validation.parquet", {"predict", *OUTPUTS}),
    ("work/demo/va/manifest.parquet", {"manifest", *LEARNING}),
    ("results/submission/track1/Nakata.txt", {"submit"}),
)


@pytest.mark.parametrize(("name", "rules"), GONE)
def test_a_missing_file_is_made_again(either: Miniature, tmp_path: Path, name: str, rules: set[str]) -> None:
    path = either.folder / name
    if "submission" in name:
        path = sorted(path.parent.rglob("*.txt"))[0]
    shutil.move(path, tmp_path)
    try:
        jobs = either.planned(*RESULTS)
        why = either.affectflow("why", *RESULTS, check=False).stdout
    finally:
        shutil.move(tmp_path / path.name, path)
    assert rules_of(jobs) == rules
    assert f"{path.relative_to(either.folder)} is " in why
    assert either.planned(*RESULTS) == set()


def test_frames_that_are_missing_are_made_again(either: Miniature, tmp_path: Path) -> None:
    path = sorted((either.folder / "work/demo/frames").glob("*.arrow"))[0]
    shutil.move(path, tmp_path)
    try:
        jobs = either.planned(*RESULTS)
        others = either.planned("work/demo/va/labels.parquet")
    finally:
        shutil.move(tmp_path / path.name, path)
    assert {wildcards for rule, wildcards in jobs if rule == "decode"} == {f"shard={path.stem}"}
    assert others == set(), "what the target does not need is left alone"


def test_a_line_that_was_cut_off_in_the_ledger_stops_nothing(either: Miniature) -> None:
    notes = sorted((either.folder / ".snakemake/affectflow").glob("ledger-*.jsonl"))[0]
    before = notes.read_bytes()
    notes.write_bytes(before + b'{"path": "work/demo/va/lab')
    try:
        result = either.snakemake("-n", *RESULTS)
        adoption = either.affectflow("adopt", check=False)
    finally:
        notes.write_bytes(before)
    assert jobs_of(result.stdout) == set()
    assert f"line {before.count(bytes([10])) + 1}: torn" in result.stderr + result.stdout
    assert adoption.returncode == 0, adoption.stderr


def test_only_what_a_new_byte_changes_is_made_anew(either: Miniature, tmp_path: Path) -> None:
    shutil.copytree(either.folder, tmp_path / "project")
    project = Miniature(tmp_path / "project")
    label = sorted((project.folder / "data/demo/VA_Set/Train_Set").glob("*.txt"))[0]
    label.write_bytes(b"\xef\xbb\xbf" + label.read_bytes())
    sorted((project.folder / "work/demo/faces").glob("*.arrow"))[0].unlink()
    before = read_artifacts(project.folder)
    records = {path: read_record(path) for path in project.folder.glob("models/demo/ntua/va/*/*/*.record.json")}
    assert len(records) == 3 * 6
    result = project.snakemake(*RESULTS)
    assert rules_of(jobs_of(result.stderr)) == {"labels", "manifest", "align_face", "mask_body", *LEARNING}
    assert read_artifacts(project.folder) == before
    for path, record in records.items():
        # Given back, not trained: it tells when it was made, and of what is there now.
        current = read_record(path)
        assert (current.start, current.end, current.mlflow) == (record.start, record.end, record.mlflow)
        labels = [
            next(i for i in entry.inputs if i.path == "work/demo/va/labels.parquet") for entry in (record, current)
        ]
        assert labels[0].sha256 == labels[1].sha256 and labels[0].record != labels[1].record
    assert project.planned(*RESULTS) == set()
    assert not (project.folder / ".snakemake/affectflow/kept").exists()
    # What the label file holds is another thing than the demo's rule wrote: the one word of it.
    # (Of what was not asked for, and is there in a clone, the links are those of before.)
    findings = project.affectflow("verify", *RESULTS, check=False).stdout.splitlines()
    assert findings[0].startswith(f"altered: {label.relative_to(project.folder)}") and findings[-1].startswith(
        "1 finding(s)"
    )
    forced_run = project.snakemake("--forcerun", "labels", "--", "work/demo/va/labels.parquet")
    assert "kept" not in (project.folder / "logs/demo/va/labels.log").read_text(), forced_run.stdout
    assert rules_of(project.planned(*RESULTS)) == {"manifest", *LEARNING}, "they name another record than there is now"


SNAKEFILE = """
rule first:
    output: "first.txt"
    params: its={!r}
    shell: "echo {{params.its}} > {{output}}"

rule second:
    input: ancient("first.txt")
    output: "second.txt"
    shell: "cp {{input}} {{output}}"
"""


def test_a_run_that_has_not_made_what_was_asked_for_fails(root: Path, tmp_path: Path) -> None:
    project = make_miniature(root, tmp_path / "project")
    rules = (project.folder / "Snakefile").read_text()
    (project.folder / "Snakefile").write_text(rules + SNAKEFILE.format("one"))
    project.snakemake("second.txt")
    (project.folder / "Snakefile").write_text(rules + SNAKEFILE.format("two"))
    (project.folder / "second.txt").unlink()
    result = project.snakemake("second.txt", check=False)
    assert "1 of 1 steps (100%) done" in result.stdout + result.stderr
    assert result.returncode == 1
    assert "failed: second.txt was asked for, and no job of this run has made it" in result.stderr
    assert project.snakemake("second.txt").returncode == 0
