"""Tracks in settings, sampling and prediction: what each allows, and what is taken as absent."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
import torch
from artifact_factory import SILENCE, Person, make_corpus

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.load import load_run
from affectflow.config.system.senses import Sense
from affectflow.config.system.settings import Run
from affectflow.config.training.trained import Loss
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.core.tracks import Edition, Release, TrackName, track_of
from affectflow.core.tracks.registry import TRACKS
from affectflow.dataloading.batches import shuffled_batches
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.training.balance import sampling_chances


@pytest.mark.parametrize(
    ("name", "edition", "outputs", "total"),
    [
        ("va", "abaw2", 2, (0.5, 0.5)),
        ("expr", "abaw1", 7, (0.67, 0.33)),
        ("expr", "abaw2", 7, (0.67, 0.33)),
        ("expr", "abaw3", 8, (1.0, 0.0)),
        ("au", "abaw1", 8, (0.5, 0.5)),
        ("au", "abaw2", 12, (0.5, 0.5)),
        ("au", "abaw3", 12, (1.0, 0.0)),
        ("va", "union17", 2, (0.5, 0.5)),
        ("expr", "union17", 7, (0.67, 0.33)),
        ("au", "union17", 17, (0.5, 0.5)),
    ],
)
def test_editions(name: str, edition: str, outputs: int, total: tuple[float, float]) -> None:
    track = track_of(name, edition)  # type: ignore[arg-type]
    assert (len(track.outputs), track.total) == (outputs, total)
    assert len(track.header) == outputs
    covered = [output for target in track.targets for output in track.outputs[track.outputs_of(target)]]
    assert covered == list(track.outputs), "every output belongs to one target"


@pytest.mark.parametrize("name", get_args(TrackName))
def test_a_track_can_be_written_as_json(name: TrackName) -> None:
    """`affectflow trace --json` writes the track of a score."""
    editions = get_args(Edition)
    written = [json.loads(json.dumps(asdict(track_of(name, edition)))) for edition in editions]
    assert [(track["name"], track["edition"]) for track in written] == [(name, edition) for edition in editions]


def test_the_registry_knows_each_track_by_its_name_and_number() -> None:
    tracks = [track_of(name) for name in get_args(TrackName)]
    assert [track.name for track in tracks] == list(TRACKS)
    assert len({track.number for track in tracks}) == len(tracks), "results would replace one another"
    for track in tracks:
        assert len(track.header) == len(track.outputs) and len(track.total) == len(track.scores) - 1
        assert set(track.loss_terms) <= set(Loss.model_fields) and sum(track.total) == pytest.approx(1)


def test_a_name_of_no_track_is_told_with_those_that_are_known() -> None:
    for name in ("gaze", "va+gaze"):
        with pytest.raises(InputError, match=r"'gaze' is no track; known are va, expr, au, eri"):
            tasks_of(name, "abaw2")


def test_the_union_has_the_units_of_every_release() -> None:
    union = track_of("au", "union17").outputs
    assert all(set(track_of("au", release).outputs) < set(union) for release in get_args(Release))
    assert len(set(union)) == 17 and list(union) == sorted(union, key=lambda name: int(name.removeprefix("au")))


def demo(root: Path, **changes: object) -> Run:
    return load_run(root / "config/config.yaml", changes)


def test_a_run_makes_the_tracks_that_it_names(root: Path) -> None:
    assert list(demo(root).used) == ["va", "expr", "au"]
    assert list(demo(root, tracks=["au", "va"]).used) == ["va", "au"]


def test_seeds_follow_one_another_from_the_first_on(root: Path) -> None:
    assert list(demo(root).training_seeds) == [123]
    assert list(demo(root, seeds=3).training_seeds) == [123, 124, 125]
    assert list(demo(root, seed=2**32 - 2, seeds=2).training_seeds) == [2**32 - 2, 2**32 - 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tracks": ["eri"]}, "tracks"),
        ({"tracks": []}, "names none"),
        ({"tracks": ["va", "va"]}, "one twice"),
        ({"seeds": 0}, "seeds: Input should be greater than or equal to 1"),
        ({"seed": 2**32 - 2, "seeds": 3}, "the last would be 4294967296, and the largest is 4294967295"),
        ({"folds": 1}, "nothing would be left to train on"),
        ({"system": {"tracks": {"va": {"branches": {"F": {"select": "f1"}}}}}}, "expected one of ccc_valence"),
        (
            {"system": {"tracks": {"expr": {"branches": {"F": {"loss": {"cross_entropy": 0}}}}}}},
            "nothing to learn from",
        ),
        ({"system": {"tracks": {"au": {"branches": {"F": {"loss": {"embedding": 1}}}}}}}, "for track expr alone"),
        ({"system": {"tracks": {"va": {"branches": {"F": {"sampling": "balanced"}}}}}}, "track va has none"),
        ({"system": {"tracks": {"va": {"cited": {"X": {"f1": 0.5}}}}}}, "figures name f1, known scores ccc_valence"),
    ],
)
def test_settings_that_do_not_fit_a_track(root: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        demo(root, **changes)


def test_random_word_embeddings_are_declared(root: Path) -> None:
    branches = demo(root).used["expr"].branches
    assert "not GloVe" in branches["BCF-emb"].note
    assert not any(entry.note for name, entry in branches.items() if name != "BCF-emb")
    paper = load_run(root / "config/affwild2.yaml").used["expr"].branches["BCF-emb"]
    assert (paper.note, paper.loss.embedding, paper.loss.word_embeddings) == ("", 1.0, "glove_6b_300d")


def branch(*streams: str) -> Branch:
    return Branch.model_validate(
        {"streams": streams, "picture": {"size": 32}, "sequence": {"length": 8, "stride": 8}, "batch": 4}
    )


def test_rare_classes_are_drawn_more_often(tmp_path: Path) -> None:
    manifest, _, work = make_corpus(tmp_path, [Person("p", "train", 40)])
    classes = np.array([0] * 32 + [4] * 8, np.int8)
    columns = {
        "subject": pa.array(["p"] * 40),
        "frame": np.arange(40, dtype=np.int32),
        "expression": pa.array(classes, mask=np.arange(40) < 8),
    }
    track = track_of("expr")
    write_parquet(tmp_path / "labels.parquet", columns, labels_schema(track))
    data = open_sequences(
        Source(read_index(manifest, tmp_path / "labels.parquet", "train", track), work, branch("face"))
    )
    chances = sampling_chances(data, track)
    # 24 annotated frames of class 0 and 8 of class 4 make 4 is three times as rare; sequence 0 has no annotation.
    assert chances.tolist() == pytest.approx([0, 1 / 6, 1 / 6, 1 / 6, 3 / 6])
    counts = Counter(
        int(sample) for epoch in range(400) for part in shuffled_batches(5, 5, 1, epoch, chances) for sample in part
    )
    assert counts[0] == 0
    assert counts[4] / 2000 == pytest.approx(0.5, abs=0.05)
    every = [np.concatenate(shuffled_batches(5, 2, 1, epoch)) for epoch in (0, 1)]
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in every), "all, once, where sampling is off"


@pytest.mark.parametrize("sense", ["face", "body", "sound"])
def test_what_is_absent_looks_as_where_it_is_not_found(tmp_path: Path, sense: Sense) -> None:
    none = frozenset(range(16))
    people = {
        "whole": Person("p", "test", 16),
        "face": Person("p", "test", 16, no_face=none),
        "body": Person("p", "test", 16, no_body=none),
        "sound": Person("p", "test", 16, sound=False),
    }
    settings = branch("face", "body", "context", "mel")
    inputs = {}
    for name, without in (("whole", sense), (sense, None)):
        folder = tmp_path / name
        manifest, _, work = make_corpus(folder, [people[name]])
        data = open_sequences(
            Source(read_index(manifest, None, "test", track_of("va")), work, settings, without=without)
        )
        batch = torch.utils.data.default_collate([data[1]])
        inputs[name] = make_inputs(batch, settings.streams, settings.picture)
    for stream in settings.streams:
        assert torch.equal(inputs["whole"][stream], inputs[sense][stream]), stream
    if sense == "sound":
        assert (inputs["whole"]["mel"] == SILENCE).all()
