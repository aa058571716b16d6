"""Word vectors: extracted from a file of GloVe's form, kept alone, and the declared random ones."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from affectflow.config.model.weights import WeightSource
from affectflow.config.training.trained import RANDOM_INIT
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.pretrained.weights import fetch, load_state, verify, word_vectors
from affectflow.pretrained.word_embeddings import LENGTH, extract_words, random_init

NAMES = track_of("expr", "abaw3").outputs
REGISTRY = {
    "glove": WeightSource(
        title="GloVe", licence="PDDL", used_by="equation 5", format="words", member="glove.6B.300d.txt", how="bring it"
    )
}


def glove(words: tuple[str, ...] = ("the", ",", *NAMES, "zebra"), length: int = LENGTH) -> bytes:
    random = np.random.default_rng(0)
    lines = [f"{word} " + " ".join(f"{v:.5f}" for v in random.normal(size=length)) for word in words]
    return ("\n".join(lines) + "\n").encode()


def test_only_the_words_of_the_classes_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "glove.6B.300d.txt"
    source.write_bytes(glove())
    stored = fetch("glove", REGISTRY, tmp_path / "weights", source)
    assert stored.stat().st_size < 12_000, "eight vectors, not the file"
    lines = dict(line.split(" ", 1) for line in source.read_text().splitlines())
    vectors = word_vectors("glove", ("fear", "neutral"), REGISTRY, tmp_path / "weights")
    for row, word in zip(vectors, ("fear", "neutral"), strict=True):
        np.testing.assert_array_equal(row, np.array(lines[word].split(), np.float32))
    with pytest.raises(InputError, match="not the weights of a network"):
        load_state("glove", REGISTRY, tmp_path / "weights")
    stored.write_bytes(b"altered" + stored.read_bytes()[7:])
    with pytest.raises(InputError, match="does not agree with the digest"):
        verify("glove", REGISTRY, tmp_path / "weights")


def test_the_archive_is_taken_too(tmp_path: Path) -> None:
    archive = tmp_path / "glove.6B.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("glove.6B.300d.txt", glove())
    fetch("glove", REGISTRY, tmp_path, archive)
    assert word_vectors("glove", NAMES, REGISTRY, tmp_path).shape == (8, LENGTH)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as out:
        out.writestr("readme.txt", "x")
    with pytest.raises(InputError, match=r"holds no glove.6B.300d.txt; it has readme.txt"):
        fetch("glove", REGISTRY, tmp_path / "b", tmp_path / "other.zip")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (glove(("the", *NAMES[:5])), "no vector of sadness, surprise, other"),
        (glove(length=50), "line 3: the vector of 'neutral' has 50 numbers, expected 300"),
        (glove().replace(b"neutral ", b"neutral x"), "line 3: .*is not made of numbers"),
    ],
)
def test_another_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        extract_words(io.BytesIO(content), "file")


def test_missing_words_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"loss\.embedding to 0"):
        word_vectors("glove", NAMES, REGISTRY, tmp_path)


def test_random_ones_are_the_same_every_time_and_tells_classes_apart() -> None:
    vectors = word_vectors(RANDOM_INIT, NAMES, {}, Path("nowhere"))
    np.testing.assert_array_equal(vectors, random_init(NAMES))
    assert len(np.unique(vectors, axis=0)) == 8
    assert vectors.std() == pytest.approx(0.4, abs=0.02)
