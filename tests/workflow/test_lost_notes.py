"""What is lost of notes and records, by hand or by a power cut: a start sees it, and nothing else tells otherwise."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from miniature import RESULTS, Miniature, plain_yaml
from reruns_lab import OUTPUTS, rules_of

from affectflow.artifacts import ledger
from affectflow.artifacts.record import read_record, record_path

pytestmark = pytest.mark.slow

WEIGHTS = "fusion/demo/ntua/va/official-123/weights.json"


@pytest.fixture
def copy(finished: Miniature, tmp_path: Path) -> Iterator[Miniature]:
    """A copy of a finished run, with its notes."""
    yield Miniature(shutil.copytree(finished.folder, tmp_path / "copy", symlinks=True))


def change_a_setting(project: Miniature) -> None:
    """The weights of the fusion become equal."""
    path = project.folder / "config/config.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["system"]["tracks"]["va"]["fusion"] = {"weights": "equal"}
    path.write_text(plain_yaml(settings))


@pytest.mark.parametrize("lost", ["gone", "empty", "torn"])
def test_other_settings_are_seen_without_snakemake_s_notes(copy: Miniature, lost: str) -> None:
    change_a_setting(copy)
    expected = copy.planned(*RESULTS)
    assert {"fuse", "score"} <= rules_of(expected) <= OUTPUTS
    notes = copy.folder / ".snakemake/metadata"
    files = [path for path in notes.rglob("*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:100] if lost == "torn" else b"")
        if lost == "gone":
            path.unlink()
    assert copy.planned(*RESULTS) == expected
    why = copy.affectflow("why", *RESULTS, check=False)
    assert why.returncode == 1
    message = f"{WEIGHTS}: settings.fusion.weights was search, is equal (Snakemake's notes of it are lost)"
    assert message in why.stdout + why.stderr
    copy.snakemake(*RESULTS)
    assert read_record(record_path(copy.folder / WEIGHTS)).options["fusion"]["weights"] == "equal"
    assert copy.planned(*RESULTS) == set()


def test_lost_notes_alone_make_nothing_anew(copy: Miniature) -> None:
    shutil.rmtree(copy.folder / ".snakemake/metadata")
    assert copy.planned(*RESULTS) == set()


def test_a_file_whose_record_is_gone_is_made_again(copy: Miniature) -> None:
    record_path(copy.folder / WEIGHTS).unlink()
    failure = copy.affectflow("seal", "results/validation_track1.csv", check=False)
    assert failure.returncode == 2 and f"{WEIGHTS}: its record is gone" in failure.stderr
    assert {"fuse", "score"} <= rules_of(copy.planned(*RESULTS)) <= OUTPUTS
    assert f"the record of {WEIGHTS} is gone" in copy.affectflow("why", *RESULTS, check=False).stdout
    copy.snakemake(*RESULTS)
    assert record_path(copy.folder / WEIGHTS).is_file()
    assert copy.affectflow("verify").stdout.startswith("all holds: ")


def test_a_torn_line_of_what_a_job_had_read_is_not_taken_for_nothing(copy: Miniature) -> None:
    (path,) = (copy.folder / ledger.FOLDER).glob("ledger-*.jsonl")
    lines = path.read_text().splitlines()
    of_labels = {json.loads(line)["read"] for line in lines if '"path": "work/demo/va/labels.parquet"' in line}
    reads = {
        n for n, line in enumerate(lines) if "path" not in (entry := json.loads(line)) and entry["read"] in of_labels
    }
    torn_lines = [line[:50] if n in reads else line for n, line in enumerate(lines)]
    assert reads
    path.write_text("".join(f"{line}\n" for line in torn_lines))
    failure = copy.snakemake("-n", *RESULTS, check=False)
    assert failure.returncode != 0
    assert "work/demo/va/labels.parquet: no job of this folder wrote it" in failure.stdout + failure.stderr
    copy.affectflow("adopt")
    assert copy.planned(*RESULTS) == set()


@pytest.mark.parametrize("folder", ["VA_Set/Train_Set", "videos"])
def test_a_file_of_the_demo_that_is_gone_is_told(copy: Miniature, folder: str) -> None:
    missing_file = sorted(path for path in (copy.folder / "data/demo" / folder).iterdir())[0]
    missing_file.unlink()
    failure = copy.snakemake("-n", *RESULTS, check=False)
    assert failure.returncode != 0
    message = f"data/demo/{folder}/{missing_file.name}: gone, while the rest of what demo made is there"
    assert message in failure.stdout + failure.stderr
    why = copy.affectflow("why", *RESULTS, check=False)
    assert why.returncode == 2 and message in why.stderr
    shutil.rmtree(copy.folder / "data/demo")  # as in a clone
    assert copy.planned(*RESULTS) == set()


def test_outputs_keep_the_times_that_records_hold(pristine: Path, tmp_path: Path) -> None:
    """So that no job, and no later start, reads a file again to take its digest."""
    finished = Miniature(shutil.copytree(pristine, tmp_path / "copy", symlinks=True))
    records = [path for path in finished.folder.rglob("*.record.json") if ".snakemake" not in path.parts]
    artifacts = [read_record(path).artifact for path in records]
    files = [artifact for artifact in artifacts if artifact.files is None and not artifact.path.startswith("data/")]
    assert len(files) > 20
    times = {artifact.path: (finished.folder / artifact.path).stat().st_mtime_ns for artifact in files}
    assert times == {artifact.path: artifact.modified for artifact in files}
    (path,) = (finished.folder / ledger.FOLDER).glob("ledger-*.jsonl")
    before = path.read_bytes()
    finished.planned(*RESULTS)
    assert path.read_bytes() == before
