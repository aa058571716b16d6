"""A training that outlived its Snakemake, and ended before anybody looked, is not done twice."""

import shutil
from pathlib import Path

import pytest
from artifact_factory import make_corpus
from training_lab import PEOPLE, SAME_BYTES, branch, train

from affectflow.processes import SNAKEMAKE


def test_the_end_of_a_training_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path / "corpus", PEOPLE)
    described = branch(epochs=2)
    monkeypatch.setenv(SNAKEMAKE, "1@0.0")  # a process that has ended: number 1 is another
    out = train(tmp_path / "corpus/work", tmp_path, described)
    made = {name: (out / name).read_bytes() for name in SAME_BYTES}
    assert "epoch 2/2" in capsys.readouterr().err
    shutil.rmtree(out)  # as Snakemake does before it runs a job again
    monkeypatch.delenv(SNAKEMAKE)
    train(tmp_path / "corpus/work", tmp_path, described)
    said = capsys.readouterr().err
    assert "going on from" in said and "epoch" not in said
    assert {name: (out / name).read_bytes() for name in SAME_BYTES} == made
    assert not (tmp_path / "checkpoints").exists()
