"""What a job measures of itself stands in its records, and records that were written before still hold."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from artifact_factory import Person, make_corpus
from record_factory import MACHINE, make_artifact, source, write_record
from training_lab import CPU
from untrained import make_system

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.job import Job, note, running
from affectflow.artifacts.record import Code, Tracked, read_record, record_path, record_text
from affectflow.artifacts.rewrite import rewrite
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.inference.predict import predict_split

CODE = Code(fingerprint="0" * 16, modules={}, packages={}, lock="0" * 64)
# As it was written before jobs measured anything: no key of that name, sealed over just this text.
OLD = {
    "artifact": {"bytes": 3, "files": None, "modified": 7, "path": "a.txt", "sha256": "0" * 64},
    "code": {"commit": None, "dirty": None, "fingerprint": "0" * 16, "lock": "0" * 64, "modules": {}, "packages": {}},
    "end": "2026-11-22T05:29:42.000+00:00", "format": 1, "inputs": [],
    "machine": {"device": "cpu", "host": "h", "platform": "Linux", "python": "3.11.7", "threads": 1},
    "mlflow": None, "options": {"split": "test"}, "rule": "predict", "seeds": {},
    "start": "2026-11-22T05:29:17.000+00:00",
}  # fmt: skip


def text_and_seal(values: dict[str, object]) -> tuple[str, str]:
    """Text of a record, and its seal, by the description in docs/lineage.md."""

    def text(fields: dict[str, object]) -> str:
        return json.dumps(fields, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    seal = hashlib.sha256(text(values).encode()).hexdigest()
    return text({**values, "seal": seal}), seal


def test_an_old_record_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    text, seal = text_and_seal(OLD)
    path = tmp_path / "a.txt.record.json"
    path.write_text(text)
    record = read_record(path)
    assert (record.seal, record_text(record), record.measured) == (seal, text, {})


def test_numbers_are_sealed_with_all_else(tmp_path: Path) -> None:
    source(tmp_path, "a.txt")
    write_record(tmp_path, "a.txt", "predict", measured={"frames": 120, "seconds": 0.1 + 0.2})
    path = record_path(tmp_path / "a.txt")
    record = read_record(path)
    assert record.measured == {"frames": 120.0, "seconds": 0.30000000000000004}
    values = json.loads(path.read_text())
    seal = values.pop("seal")
    assert text_and_seal(values) == (path.read_text(), seal) and record.seal == seal
    path.write_text(path.read_text().replace("120.0", "120.5"))
    with pytest.raises(InputError, match="altered after it was written"):
        read_record(path)


def test_a_job_s_notes_stand_in_what_it_writes_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note("a card", frames=1)  # outside of a job nothing happens
    with running(Job("predict", {}, CODE, MACHINE)):
        write_text(Path("before"), "")
        note(frames=12, seconds=0.5)
        note("a card", seconds=0.75)
        write_text(Path("after"), "")
    before, after = (read_record(record_path(Path(name))) for name in ("before", "after"))
    assert (before.measured, before.machine) == ({}, MACHINE)
    assert (after.measured, after.machine.device) == ({"frames": 12.0, "seconds": 0.75}, "a card")
    assert (after.machine.host, after.machine.threads) == (MACHINE.host, MACHINE.threads)


def test_an_artifact_that_is_written_anew_in_its_job_s_name_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_artifact(Path(), "run.json", "train", measured={"seconds": 2.5})
    rewrite(Path("run.json"), "{}", Tracked(run="0123", uri="sqlite:///x.db"))
    record = read_record(record_path(Path("run.json")))
    assert record.measured == {"seconds": 2.5} and record.mlflow is not None


def test_a_prediction_notes_its_frames_time_and_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_system(Path())
    manifest, _, work = make_corpus(
        Path(), [Person("one", "test", 21), Person("two", "test", 8), Person("else", "validation", 9)]
    )
    out, machine = Path("out.parquet"), MACHINE.model_copy(update={"device": "unknown"})
    with running(Job("predict", {}, CODE, machine)):
        model = Path("models/demo/small/va/BCF/official-123")
        predict_split(model, manifest, work, "test", out, device=CPU, loader=Loader())
    record = read_record(record_path(out))
    assert set(record.measured) == {"frames", "seconds"}
    assert record.measured["frames"] == 21 + 8
    assert record.measured["seconds"] > 0 and np.isfinite(record.measured["seconds"])
    assert record.machine.device == "cpu"
