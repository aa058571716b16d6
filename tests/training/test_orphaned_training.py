"""A training that ended, and whose Snakemake was killed before it noted so, is not done twice."""

import shutil
from pathlib import Path

import pytest
from artifact_factory import make_corpus
from training_lab import PEOPLE, SAME_BYTES, branch, train

from affectflow.training.checkpoints import remove_ended


def test_the_end_of_a_training_is_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_corpus(tmp_path / "corpus", PEOPLE)
    settings = branch(epochs=2)
    out = train(tmp_path / "corpus/work", tmp_path, settings)
    contents = {name: (out / name).read_bytes() for name in SAME_BYTES}
    assert "epoch 2/2" in capsys.readouterr().err
    shutil.rmtree(out)  # as Snakemake does before it runs a job again
    train(tmp_path / "corpus/work", tmp_path, settings)
    stderr = capsys.readouterr().err
    assert "going on from" in stderr and "epoch" not in stderr
    assert {name: (out / name).read_bytes() for name in SAME_BYTES} == contents
    (tmp_path / "checkpoints" / "another").mkdir()
    remove_ended(tmp_path / "another")
    assert (tmp_path / "checkpoints" / "last.ckpt").exists()
    remove_ended(tmp_path)
    assert not (tmp_path / "checkpoints").exists()
