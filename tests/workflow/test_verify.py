"""Verify finds every altered byte; a start of the workflow refuses what no job wrote."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from miniature import RESULTS, Miniature

from affectflow.artifacts.record import read_record, record_path

pytestmark = pytest.mark.slow

# Runs in the miniature's folder with the miniature's code: plans once, then alters one file after the other.
ALTER = """
import json, os, sys
from pathlib import Path
from affectflow.artifacts.digest import files_of
from affectflow.artifacts.record import read_record, record_path
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import planned
from affectflow.lineage.verify import Evidence, verify

with planned(check=False) as plan:
    today = plan.by_output()
names = Chain(Path()).recorded()
kinds = {}
for name in names:
    path = Path(name)
    file = sorted(files_of(path))[0] if path.is_dir() else path
    kinds.setdefault((read_record(record_path(path)).rule, path.parts[0], path.suffix or path.name), (name, file))

def findings():
    return verify(Chain(Path()), names, Evidence(today), [n for n in today if Path(n).exists()])

untouched = [f.path for f in findings()]
tried = []
for kind, (name, file) in sorted(kinds.items()):
    for what, target in (("artifact", file), ("record", record_path(Path(name)))):
        before, status = target.read_bytes(), target.stat()
        for place in (0, len(before) // 2, len(before) - 1):
            altered = bytearray(before)
            altered[place] ^= 1
            target.write_bytes(altered)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))  # size and time tell nothing
            found = [f for f in findings() if f.path == name]
            tried.append([*kind, what, place, [f.kind for f in found]])
        target.write_bytes(before)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
print(json.dumps({"untouched": untouched, "tried": tried}))
"""


def affectflow(miniature: Miniature, *arguments: object) -> subprocess.CompletedProcess[str]:
    return miniature.affectflow(*arguments, check=False)


def test_one_byte_in_every_kind_of_artifact_and_record_is_found(finished: Miniature) -> None:
    result = finished.python("-c", ALTER, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    data = json.loads(result.stdout.splitlines()[-1])
    assert data["untouched"] == []
    kinds = {tuple(row[:3]) for row in data["tried"]}
    rules = {rule for rule, _, _ in kinds}
    assert rules >= {"decode", "find_people", "align_face", "mask_body", "resize", "spectrogram"}
    assert rules >= {"labels", "manifest", "train", "predict"}
    assert rules >= {"demo", "fuse", "apply_fusion", "score", "submit", "score_held_out"}
    missed = [row for row in data["tried"] if not row[-1]]
    print(
        f"found {len(data['tried']) - len(missed)} of {len(data['tried'])} alterations, {len(kinds)} kinds of artifact"
    )
    assert missed == []


def test_all_holds_after_a_run_and_a_finding_names_what_it_touches(finished: Miniature) -> None:
    assert affectflow(finished, "verify").returncode == 0
    path = sorted((finished.folder / "work/demo/faces").glob("*.arrow"))[0]
    before = path.read_bytes()
    path.write_bytes(before[:-1])
    try:
        result = affectflow(finished, "verify")
        single_result = affectflow(finished, "verify", "results/demo_test_score_track1.json")
    finally:
        path.write_bytes(before)
    assert result.returncode == single_result.returncode == 1
    assert f"altered: work/demo/faces/{path.name}" in result.stdout
    assert "touches results/" in result.stdout


def test_missing_orphaned_and_broken_links_are_found(finished: Miniature, tmp_path: Path) -> None:
    mel = sorted((finished.folder / "work/demo/mel").glob("*.arrow"))[0]
    stray = finished.folder / "work/demo/mel/stray.arrow"
    shutil.move(mel, tmp_path / "kept")
    shutil.copy(tmp_path / "kept", stray)
    shutil.copy(record_path(mel), record_path(stray))
    try:
        output = affectflow(finished, "verify").stdout
    finally:
        shutil.move(tmp_path / "kept", mel)
        stray.unlink()
        record_path(stray).unlink()
    assert f"missing: work/demo/mel/{mel.name}" in output
    assert "broken link: work/demo/mel/stray.arrow: its record is that of" in output
    assert "orphaned: work/demo/mel/stray.arrow" in output
    assert affectflow(finished, "verify").returncode == 0


def test_other_settings_and_code_are_found_and_explained(finished: Miniature) -> None:
    finished.settings(mel={"mean": -10.5})
    try:
        verification, why = affectflow(finished, "verify"), affectflow(finished, "why", *RESULTS)
    finally:
        finished.settings()
    assert verification.returncode == why.returncode == 1
    assert "settings.mel.mean was -14.8, is -10.5" in verification.stdout
    assert "settings.mel.mean was -14.8, is -10.5" in why.stdout
    assert why.stdout.count("spectrogram:") == 1  # all shards together
    assert "train" not in why.stdout  # no first cause
    source = finished.folder / "src/affectflow/losses/terms.py"
    before = source.read_text()
    source.write_text(f"{before}\nCHANGED = 1\n")
    try:
        why = affectflow(finished, "why", "results/test_track1.csv")
    finally:
        source.write_text(before)
    assert "code of affectflow.losses.terms changed" in why.stdout
    assert affectflow(finished, "why", *RESULTS).returncode == 0


def test_why_names_a_changed_label_file(finished: Miniature) -> None:
    path = sorted((finished.folder / "data/demo/VA_Set/Train_Set").glob("*.txt"))[0]
    before = path.read_text()
    path.write_text(before.replace("\n", "\n-5,-5\n", 1).rsplit("\n", 2)[0] + "\n")
    try:
        output = affectflow(finished, "why", "results/test_track1.csv").stdout
    finally:
        path.write_text(before)
    assert f"data/demo/VA_Set/Train_Set/{path.name} changed: SHA-256 was" in output


@pytest.mark.parametrize(
    "name",
    [
        "results/test_track1.csv",
        "results/submission/track1/abaw5/predictions.txt",
        "fusion/demo/ntua/va/official-123/weights.json",
    ],
)
def test_an_edited_file_is_not_built_on(finished: Miniature, name: str) -> None:
    path = finished.folder / name
    before = path.read_bytes()
    path.write_bytes(before.replace(b"0.", b"0.9", 1))
    try:
        result = finished.snakemake("-n", *RESULTS, check=False)
        assert result.returncode != 0
        assert f"{name}: changed after its job ended" in result.stdout + result.stderr
        assert "affectflow adopt" in result.stdout + result.stderr
        failure = affectflow(finished, "adopt")
        assert failure.returncode == 1 and "refused" in failure.stderr
    finally:
        path.write_bytes(before)
    assert finished.planned(*RESULTS) == set()  # the same bytes under a new time


def test_a_file_that_no_job_wrote_is_not_built_on(finished: Miniature) -> None:
    ledgers = list((finished.folder / ".snakemake/affectflow").glob("ledger-*.jsonl"))
    assert ledgers
    before = {path: path.read_text() for path in ledgers}
    for path, text in before.items():
        path.write_text("".join(f"{line}\n" for line in text.splitlines() if "body/" not in line))
    try:
        result = finished.snakemake("-n", *RESULTS, check=False)
        assert "no job of this folder wrote it" in result.stdout + result.stderr
        assert affectflow(finished, "adopt").returncode == 0
        assert finished.planned(*RESULTS) == set()
    finally:
        for path, text in before.items():
            path.write_text(text)


def test_a_clone_without_snakemakes_notes_is_taken_over(finished: Miniature) -> None:
    notes, backup = finished.folder / ".snakemake", finished.folder / ".kept"
    shutil.move(notes, backup)
    try:
        assert finished.snakemake("-n", *RESULTS, check=False).returncode != 0
        result = affectflow(finished, "adopt")
        assert result.returncode == 0, result.stdout + result.stderr
        assert finished.planned(*RESULTS) == set()
        assert affectflow(finished, "verify").returncode == 0
        finished.settings(mel={"n_mels": 40})
        assert {rule for rule, _ in finished.planned(*RESULTS)} >= {"spectrogram", "train"}
    finally:
        finished.settings()
        shutil.rmtree(notes)
        shutil.move(backup, notes)


def test_every_artifact_of_every_rule_has_a_record(finished: Miniature) -> None:
    folders = ("data", "work", "models", "predictions", "fusion", "results")
    files = [p for folder in folders for p in (finished.folder / folder).rglob("*") if p.is_file()]
    artifacts = [
        p
        for p in files
        if not p.name.endswith(".record.json") and "benchmarks" not in p.parts and "submission" not in p.parts
    ]
    assert len(artifacts) > 60
    for path in [*artifacts, finished.folder / "results/submission/track1"]:
        record = read_record(record_path(path))
        assert record.artifact.path == path.relative_to(finished.folder).as_posix()
        assert record.inputs or record.rule in ("demo", "mel_filters"), path
        assert record.start <= record.end and len(record.code.lock) == 64
