"""Sequences, pictures and inputs, from real artifact files."""

from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import torch
from artifact_factory import BANDS, HOP, SILENCE, Person, frame_picture, level, make_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from affectflow.config.model.samples import MelWindow, Picture
from affectflow.config.system.branch import Branch
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import Sequences, open_sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.needs import artifacts_of, resized_sizes
from affectflow.dataloading.sequences import padded, starts
from affectflow.dataloading.source import Source
from affectflow.dataloading.variation import Variation

VA = track_of("va")
IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
IMAGENET_DEVIATION = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def branch(*streams: str, size: int = 32, length: int = 16, stride: int = 16, **more) -> Branch:
    picture = Picture(size=size, **more.pop("picture", {}))
    return Branch(streams=streams, picture=picture, sequence={"length": length, "stride": stride}, **more)


def source_of(root: Path, people: list[Person], branch_settings: Branch) -> Source:
    manifest, labels, work = make_corpus(root, people)
    return Source(read_index(manifest, labels, "train", VA), work, branch_settings)


def sequences(root: Path, people: list[Person], branch_settings: Branch, cache_bytes: int = 0) -> Sequences:
    return open_sequences(source_of(root, people, branch_settings), cache_bytes=cache_bytes)


def one_batch(data: Sequences, *samples: int) -> dict[str, torch.Tensor]:
    return torch.utils.data.default_collate([data[sample] for sample in samples])


@settings(max_examples=100)
@given(st.integers(1, 300), st.integers(1, 40), st.data())
def test_sequences_hold_every_frame_and_only_the_last_is_padded(frames: int, length: int, data):
    stride = data.draw(st.integers(1, length))
    first = starts(frames, length, stride)
    real = [padded(int(start), frames, length) for start in first]
    assert set(np.concatenate([numbers[mask] for numbers, mask in real])) == set(range(frames))
    assert all(mask.all() for _, mask in real[:-1])
    assert all(mask[0] for _, mask in real)
    assert (np.diff(first) == stride).all()


def test_without_overlap_every_frame_is_in_one_sequence():
    assert starts(33, 16, 16).tolist() == [0, 16, 32]
    assert starts(32, 16, 16).tolist() == [0, 16]
    assert starts(0, 16, 16).tolist() == []
    numbers, mask = padded(32, 34, 4)
    assert numbers.tolist() == [32, 33, 33, 33]
    assert mask.tolist() == [True, True, False, False]


def test_a_stride_beyond_the_length_is_refused():
    with pytest.raises(ValueError, match="skipped"):
        starts(10, 4, 5)


def test_streams_of_a_frame(tmp_path: Path):
    person = Person("p", "train", 16, no_face=frozenset({3}), no_body=frozenset({5}))
    branch_settings = branch("face", "body", "context", "mel", size=48, mel=MelWindow(seconds=0.4))
    data = sequences(tmp_path, [person], branch_settings)
    inputs = make_inputs(one_batch(data, 0), branch_settings.streams, branch_settings.picture)
    assert {name: tuple(tensor.shape) for name, tensor in inputs.items()} == {
        "face": (1, 16, 3, 48, 48),
        "body": (1, 16, 3, 48, 48),
        "context": (1, 16, 3, 48, 48),
        "mel": (1, 16, 1, BANDS, round(0.4 / HOP)),
    }
    valence, arousal = person.affect()[8]
    face = (level(valence) / 255 - IMAGENET_MEAN) / IMAGENET_DEVIATION
    assert (inputs["face"][0, 8] - face).abs().max() < 0.05
    assert (inputs["face"][0, 3] == 0).all(), "a missing face is zeros after normalisation"
    red = (level(valence) / 255 - 0.485) / 0.229
    assert inputs["body"][0, 8, 0, 2, 2].item() == pytest.approx(red, abs=0.1)
    black = (-IMAGENET_MEAN / IMAGENET_DEVIATION).expand(3, 12, 12)
    assert torch.allclose(inputs["context"][0, 8, :, 18:30, 18:30], black, atol=1e-6)
    assert torch.equal(inputs["context"][0, 8, :, :8], inputs["body"][0, 8, :, :8])
    assert torch.equal(inputs["context"][0, 5], inputs["body"][0, 5]), "nobody found: unmasked"
    middle = round(0.4 / HOP) // 2
    assert inputs["mel"][0, 8, 0, 0, middle].item() == pytest.approx(arousal, abs=0.1)


def test_body_crop_and_whole_frame(tmp_path: Path):
    person = Person("p", "train", 4, no_body=frozenset({2}))
    branch_settings = branch("body", length=4, stride=4, picture={"body": "crop", "normalise": "unit"})
    data = sequences(tmp_path, [person], branch_settings)
    body = make_inputs(one_batch(data, 0), branch_settings.streams, branch_settings.picture)["body"][0]
    inner = body[0, :, 4:-4, 4:-4]  # JPEG mixes the colours at the box's edge
    assert (inner - (128 / 127.5 - 1)).abs().max() < 0.1, "the person's box is grey"
    corner = torch.tensor(frame_picture(*person.affect()[2])[0, 0] / 127.5 - 1)
    assert (body[2, :, 1, 1] - corner).abs().max() < 0.1, "nobody found: the whole frame"


def test_a_video_without_sound_gives_silence(tmp_path: Path):
    branch_settings = branch("mel", mel=MelWindow(seconds=0.4))
    data = sequences(tmp_path, [Person("p", "train", 16, sound=False)], branch_settings)
    assert (data[0]["mel"] == SILENCE).all()


def test_targets_are_joined_by_frame(tmp_path: Path):
    person = Person("p", "train", 20, rows=22, unannotated=frozenset({4}))
    short = Person("q", "train", 10, rows=8)
    data = sequences(tmp_path, [person, short], branch("face"))
    whole = one_batch(data, 0, 1, 2)
    assert torch.equal(whole["target"][0, :4], torch.tensor(person.affect()[:4]))
    assert whole["target"][0, 4].isnan().all()
    assert whole["mask"].sum(1).tolist() == [16, 4, 10]
    assert whole["target"][1, 4:].isnan().all(), "padding has no target"
    assert whole["target"][2, 7].isfinite().all() and whole["target"][2, 8:].isnan().all()
    assert data.index.frames == 30
    assert data.index.annotated == 19 + 8


def test_sequences_without_annotation_are_left_out_of_training(tmp_path: Path):
    person = Person("p", "train", 48, unannotated=frozenset(range(16, 32)))
    source = source_of(tmp_path, [person], branch("face"))
    assert open_sequences(source, Cutting(annotated_only=True)).samples[:, 1].tolist() == [0, 32]
    assert open_sequences(source).samples[:, 1].tolist() == [0, 16, 32]


def test_two_subjects_of_one_video_in_a_shared_shard(tmp_path: Path):
    people = [
        Person("other", "train", 12, shard="s"),
        Person("v_left", "train", 16, video="v", shard="s"),
        Person("v_right", "train", 16, video="v", shard="s", no_face=frozenset(range(16))),
    ]
    data = sequences(tmp_path, people, branch("face", "body"))
    left, right = data[1], data[2]
    assert torch.equal(left["frame"], right["frame"])
    assert left["face_found"].all() and not right["face_found"].any()
    assert data.describe(0) == "'other' frames 0 to 11"


def test_the_cache_changes_nothing(tmp_path: Path):
    people = [Person("p", "train", 40), Person("q", "train", 30)]
    source = source_of(tmp_path, people, branch("face", "context", length=8, stride=4))
    plain, cached = (open_sequences(source, Cutting(stride=4), cache_bytes=size) for size in (0, 1 << 20))
    assert plain.cache_bytes == 0 and 0 < cached.cache_bytes <= 1 << 20
    for _ in range(2):
        for sample in range(len(plain)):
            first, second = plain[sample], cached[sample]
            assert first.keys() == second.keys()
            assert all(torch.equal(first[k].nan_to_num(9), second[k].nan_to_num(9)) for k in first)
    for shard in ("p", "q"):
        (source.work / f"faces/{shard}.arrow").unlink()
    again = Sequences.__getitem__(cached, 0)
    assert torch.equal(again["face"], plain[0]["face"]), "read from memory, not from the files"


def test_worker_processes_give_the_same(tmp_path: Path):
    data = sequences(tmp_path, [Person("p", "train", 64)], branch("face", "mel"), cache_bytes=1 << 20)
    here = torch.utils.data.DataLoader(data, batch_sampler=[[0, 1], [2, 3]])
    there = torch.utils.data.DataLoader(data, batch_sampler=[[0, 1], [2, 3]], num_workers=2)
    for one, other in zip(here, there, strict=True):
        assert all(torch.equal(one[k], other[k]) for k in one)


def test_augmentation_follows_from_seed_epoch_and_sample(tmp_path: Path):
    change = Augment(flip=0.5, crop=0.2, brightness=0.3, mel_time=5, mel_bands=4)
    branch_settings = branch("face", "context", "mel", mel=MelWindow(seconds=0.4))
    source = source_of(tmp_path, [Person("p", "train", 64)], branch_settings)

    def draws(seed: int, epoch: int) -> torch.Tensor:
        data = open_sequences(source, variation=Variation(change, seed))
        data.epoch = epoch
        return torch.stack([data[sample]["draw"] for sample in range(4)])

    assert torch.equal(draws(1, 0), draws(1, 0))
    assert not torch.equal(draws(1, 0), draws(1, 1))
    assert not torch.equal(draws(1, 0), draws(2, 0))
    assert len({tuple(row.tolist()) for row in draws(1, 0)}) == 4


def test_all_frames_and_streams_of_a_sequence_change_alike(tmp_path: Path):
    branch_settings = branch("body", "context", size=48, picture={"normalise": "unit"})
    data = sequences(tmp_path, [Person("p", "train", 16)], branch_settings)
    batch = one_batch(data, 0, 0)
    plain = make_inputs(batch, branch_settings.streams, branch_settings.picture)
    # The second sample is mirrored and moved right by a quarter; the first stays.
    still = [0.0, 0.0, 0.0, 1.0, 0, 0, 0, 0]
    batch["draw"] = torch.tensor([still, [1.0, 0.25, 0.0, 1.0, 0, 0, 0, 0]])
    changed = make_inputs(batch, branch_settings.streams, branch_settings.picture)
    for stream in branch_settings.streams:
        assert torch.allclose(changed[stream][0], plain[stream][0], atol=1e-6)
        moved = plain[stream][1].flip(-1)[..., :36]
        assert torch.allclose(changed[stream][1][..., 12:], moved, atol=1e-6)
        edge = changed[stream][1][..., 12:13].expand(-1, -1, -1, 12)
        assert torch.allclose(changed[stream][1][..., :12], edge, atol=1e-6)


def test_a_face_is_seen_nearer_in_its_middle_and_shifted_without_an_edge(tmp_path: Path):
    # As in the public code of paper 002: 134 pixels, of which 112 are seen, the middle of them 11 from each side.
    assert Picture(size=112, zoom=1.2).face_size == 134 and Picture(size=96).face_size == 96
    branch_settings = branch("face", size=40, picture={"normalise": "unit", "zoom": 1.2})
    whole = branch("face", size=48, picture={"normalise": "unit"})
    person = [Person("p", "train", 16)]
    batch = one_batch(sequences(tmp_path, person, branch_settings), 0)
    assert batch["face"].shape == (1, 16, 48, 48, 3)
    batch["face"] = torch.arange(48, dtype=torch.uint8)[:, None].expand(1, 16, 48, 48, 3).contiguous()
    full = make_inputs(batch, whole.streams, whole.picture)["face"]
    zoomed = make_inputs(batch, branch_settings.streams, branch_settings.picture)["face"]
    assert torch.equal(zoomed, full[..., 4:44, 4:44])
    # A tenth of 40 pixels to the right and down, the most that `crop: 0.1` draws: the corner of what is there.
    for mirrored in (0.0, 1.0):
        batch["draw"] = torch.tensor([[mirrored, 0.1, 0.1, 1, 0, 0, 0, 0]])
        moved = make_inputs(batch, branch_settings.streams, branch_settings.picture)["face"]
        expected = full.flip(-1) if mirrored else full
        assert torch.allclose(moved, expected[..., :40, :40], atol=1e-6)


def test_a_zoom_is_for_faces_alone(tmp_path: Path):
    branch_settings = branch("face", "context", size=32, picture={"zoom": 1.5})
    data = sequences(tmp_path, [Person("p", "train", 16)], branch_settings)
    batch = one_batch(data, 0)
    assert batch["face"].shape[2:4] == (48, 48) and batch["frame"].shape[2:4] == (32, 32)
    inputs = make_inputs(batch, branch_settings.streams, branch_settings.picture)
    assert {tensor.shape[-2:] for tensor in inputs.values()} == {(32, 32)}
    with pytest.raises(ValidationError, match="landmarks lie in the whole face"):
        Branch.model_validate(
            {
                "streams": ["face", "landmarks"],
                "picture": {"zoom": 1.2},
                "network": {"name": "multi_rnn", "components": {"face": {"landmarks": True, "fc": [8]}}},
            }
        )


def test_hidden_columns_and_bands(tmp_path: Path):
    branch_settings = branch("mel", mel=MelWindow(seconds=0.4))
    batch = one_batch(sequences(tmp_path, [Person("p", "train", 16)], branch_settings), 0)
    batch["draw"] = torch.tensor([[0.0, 0, 0, 1, 2, 5, 3, 4]])
    mel = make_inputs(batch, branch_settings.streams, branch_settings.picture)["mel"][0, :, 0]
    assert (mel[:, :, 2:5] == 0).all() and (mel[:, 3] == 0).all()
    bands = [band for band in range(BANDS) if band != 3]
    assert torch.equal(mel[:, bands][:, :, 5:], batch["mel"][0, :, 0][:, bands][:, :, 5:])


def test_missing_artifacts_are_named_before_anything_is_read(tmp_path: Path):
    manifest, labels, work = make_corpus(tmp_path, [Person("p", "train"), Person("q", "train")])
    (work / "body/q.parquet").unlink()
    index = read_index(manifest, labels, "train", VA)
    with pytest.raises(InputError, match=r"body/q\.parquet"):
        open_sequences(Source(index, work, branch("context")))
    open_sequences(Source(index, work, branch("face")))


def test_artifacts_of_another_manifest_are_refused(tmp_path: Path):
    manifest, labels, work = make_corpus(tmp_path, [Person("p", "train", 20)])
    make_corpus(tmp_path / "other", [Person("p", "train", 19)])
    (tmp_path / "other/work/faces/p.arrow").rename(work / "faces/p.arrow")
    data = open_sequences(Source(read_index(manifest, labels, "train", VA), work, branch("face")))
    with pytest.raises(InputError, match="expected frames 0 to 19"):
        data[0]


def test_an_empty_split_is_named(tmp_path: Path):
    manifest, labels, _ = make_corpus(tmp_path, [Person("p", "train")])
    with pytest.raises(InputError, match=r"'validation' holds no subject.*train"):
        read_index(manifest, labels, "validation", VA)


def test_the_index_is_that_of_the_label_table(tmp_path: Path):
    people = [Person(f"s{k}", "train" if k % 2 else "validation", 10 + k, rows=9 + k) for k in range(6)]
    manifest, labels, _ = make_corpus(tmp_path, people)
    index = read_index(manifest, labels, "train", VA)
    rows = pyarrow.parquet.read_table(labels).to_pylist()
    assert [subject.subject for subject in index.subjects] == ["s1", "s3", "s5"]
    for subject in index.subjects:
        own = [[row["valence"], row["arousal"]] for row in rows if row["subject"] == subject.subject]
        targets = index.targets[subject.offset : subject.offset + subject.frames]
        assert np.array_equal(targets[: len(own)], np.array(own, np.float32))
        assert np.isnan(targets[len(own) :]).all() and len(targets) == len(own) + 1


def test_every_stream_says_what_it_needs():
    assert artifacts_of(branch("face", "body", "context", size=48)) == ("body", "faces", "resized/48")
    assert artifacts_of(branch("body", size=48)) == ("resized/48",)
    assert artifacts_of(branch("body", picture={"body": "crop"})) == ("body", "frames")
    assert artifacts_of(branch("mel")) == ("frames", "mel")
    several = [branch("face", size=96), branch("context", size=112), branch("body", "context", size=32)]
    assert resized_sizes(several) == [32, 112]
