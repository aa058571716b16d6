"""Each stream by itself: the files that it is read from, and the tensors that it adds to a sample."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from artifact_factory import BANDS, Person, make_corpus

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.layout import artifact_file
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.model.networks import Stream
from affectflow.config.system.branch import Branch
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.index import read_index
from affectflow.dataloading.needs import artifacts_of
from affectflow.dataloading.source import Source
from affectflow.dataloading.streams.readers import Readers
from affectflow.dataloading.streams.registry import STREAMS
from affectflow.dataloading.variation import Variation

PERSON = Person("p", "train", 6, no_face=frozenset({2}), no_body=frozenset({4}), marks=True)
SETS = {"seen": "face", "heard": "sound"}
CLIPS = {"network": {"name": "interaction_transformer"}, "sequence": {"length": 30}}
MARKED = {"name": "multi_rnn", "components": {"X": {"landmarks": True, "fc": [8], "width": 4}}}
BRANCHES: dict[str, dict[str, Any]] = {
    "face": {},
    "body": {},
    "context": {},
    "mel": {"mel": {"seconds": 0.4}},
    "landmarks": {"streams": ["face", "landmarks"], "network": MARKED},
    "features": {"network": {"name": "head_gru", "reads": "all"}, "features": {"sets": ["heard", "seen"]}},
    "sound_features": CLIPS | {"features": {"sets": ["heard"]}},
    "face_features": CLIPS | {"features": {"sets": ["seen"]}},
}
PICTURE = ((3, 32, 32, 3), np.uint8)
FOUND = ((3,), np.bool_)
TENSORS: dict[str, dict[str, tuple[tuple[int, ...], Any]]] = {
    "face": {"face": PICTURE, "face_found": FOUND},
    "body": {"frame": PICTURE},
    "context": {"frame": PICTURE, "box": ((3, 4), np.float32), "body_found": FOUND},
    "mel": {"mel": ((3, 1, BANDS, 20), np.float32)},
    "landmarks": {"face": PICTURE, "face_found": FOUND, "landmarks": ((3, 136), np.float32)},
    "features": {"features": ((3, 3), np.float32)},
    "sound_features": {"sound_features": ((3, 1), np.float32)},
    "face_features": {"face_features": ((3, 2), np.float32)},
}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A video of one person, with a set of features of the face and one of the sound, for no branch in particular."""
    manifest, labels, work = make_corpus(tmp_path, [PERSON])
    for size, (name, sense) in enumerate(reversed(SETS.items()), 1):
        form = FeatureForm(sense, np.zeros(size, np.float32))  # type: ignore[arg-type]
        with arrow_writer(work / artifact_file(f"features/{name}", "p"), form.schema()) as rows:
            for frame in range(PERSON.frames):
                vector = np.full(size, frame, np.float32)
                rows.append({"of": "p", "frame": frame, "found": True, "feature": vector})
    return Source(read_index(manifest, labels, "train", track_of("va")), work, Branch(streams=("face",)))


def source_for(source: Source, stream: str, **changes: Any) -> Source:
    values = {"streams": [stream], "picture": {"size": 32}} | BRANCHES[stream] | changes
    return Source(source.index, source.work, Branch.model_validate(values))


def test_every_stream_has_a_reader() -> None:
    assert set(STREAMS) == set(BRANCHES) == set(get_args(Stream))


@pytest.mark.parametrize("stream", BRANCHES)
def test_a_stream_is_read_from_its_own_artifacts_alone(source: Source, stream: str) -> None:
    stream_source = source_for(source, stream)
    needed = {source.work / artifact_file(name, "p") for name in artifacts_of(stream_source.branch)}
    others = [path for path in source.work.rglob("p.*") if path not in needed]
    assert needed and others
    for path in others:
        path.unlink()
    frames = np.array([1, 2, 2])
    tensors = Readers(stream_source).read(source.index.subjects[0], frames, 0)
    assert {name: (value.shape, value.dtype.type) for name, value in tensors.items()} == TENSORS[stream]
    for value in tensors.values():
        np.testing.assert_array_equal(value[1], value[2], err_msg="the same frame twice")


@pytest.mark.parametrize("stream", BRANCHES)
def test_an_artifact_that_is_missing_is_named(source: Source, stream: str) -> None:
    stream_source = source_for(source, stream)
    names = artifacts_of(stream_source.branch)
    assert names
    for name in names:
        path = source.work / artifact_file(name, "p")
        away = path.rename(path.with_suffix(".away"))
        with pytest.raises(InputError, match=f"{artifact_file(name, 'p')}: no such file"):
            Readers(stream_source)
        away.rename(path)


def test_a_body_can_be_cut_out_of_the_frames(source: Source) -> None:
    stream_source = source_for(source, "body", picture={"size": 32, "body": "crop"})
    assert artifacts_of(stream_source.branch) == ("body", "frames")
    subject = source.index.subjects[0]
    crops = Readers(stream_source).read(subject, np.arange(6), 0)
    whole = Readers(source_for(source, "body")).read(subject, np.arange(6), 0)
    assert list(crops) == ["crop"] and crops["crop"].shape == whole["frame"].shape
    assert abs(crops["crop"][0, 8:24, 8:24].astype(int) - 128).max() <= 4, "the person is grey and fills the box"
    assert abs(crops["crop"][4].astype(int) - whole["frame"][4]).mean() < 4, "of a frame without a body the whole"


def test_body_and_context_share_their_frames_and_memory(source: Source) -> None:
    subject, cost = source.index.subjects[0], 6 * (32 * 32 * 3 + 1)
    stream_source = source_for(source, "context", streams=["body", "context"])
    readers = Readers(stream_source, cache_bytes=cost)
    assert readers.cache_bytes == cost and Readers(stream_source, cache_bytes=cost - 1).cache_bytes == 0
    first = readers.read(subject, np.arange(6), 0)["frame"]
    frames = source.work / artifact_file("resized/32", "p")
    frames.write_bytes(b"")
    np.testing.assert_array_equal(readers.read(subject, np.arange(6), 0)["frame"], first)


def test_what_varies_follows_from_seed_epoch_and_sample() -> None:
    plain, changed = Variation(), Variation(Augment(flip=0.5), seed=3, copies=5)
    assert not plain.augments and changed.augments
    assert {plain.copy(epoch, sample) for epoch in range(3) for sample in range(9)} == {0}
    drawn = [changed.copy(epoch, sample) for epoch in range(3) for sample in range(30)]
    assert set(drawn) == set(range(5))
    assert drawn == [Variation(seed=3, copies=5).copy(epoch, sample) for epoch in range(3) for sample in range(30)]
    assert changed.change(1, 2, None).tolist() == changed.change(1, 2, None).tolist()
