"""Trace says which versions of packages ran where they are not the lock's."""

from pathlib import Path

import pytest
from record_factory import forge_record, make_artifact, source

from affectflow.artifacts.record import Code
from affectflow.cli.main import main


def code(**installed: str) -> Code:
    packages = {"numpy": "2.4.6", "torch": "2.13.0", "networkx": "3.6.1 3.7"}
    return Code(fingerprint="0" * 16, modules={}, packages=packages, installed=installed, lock="0" * 64)


def test_versions_that_are_not_the_lock_s_are_told_with_their_artifacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_artifact(tmp_path, "work/a", "decode", [source(tmp_path, "data/v.mp4")])
    forge_record(tmp_path, "work/a", code=code(numpy="2.4.7", torch="2.13.0+cpu", networkx="3.7"))
    make_artifact(tmp_path, "work/b", "decode", ["work/a"])
    forge_record(tmp_path, "work/b", code=code(numpy="2.4.7"))
    make_artifact(tmp_path, "results/c.csv", "score", ["work/b"])
    forge_record(tmp_path, "results/c.csv", code=code(numpy="2.4.6"))
    assert main(["trace", "results/c.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "package numpy 2.4.7 ran, the lock had 2.4.6: 2 artifact(s)"
    assert sum("package" in line for line in lines) == 1


def test_records_without_installed_versions_stay_as_they_were_sealed(tmp_path: Path) -> None:
    make_artifact(tmp_path, "a", "decode")
    text = (tmp_path / "a.record.json").read_text()
    assert '"installed"' not in text  # as of a run before they were recorded
    forge_record(tmp_path, "a")
    assert (tmp_path / "a.record.json").read_text() == text
