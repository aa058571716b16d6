"""Sets of sound features: a row for every decoded frame, at the frame's own time; read beside those of faces."""

from pathlib import Path

import numpy as np
import pytest
from artifact_factory import Person, make_corpus
from sound_lab import voice, write_frames, write_sound

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.schemas import SET_FEATURES
from affectflow.artifacts.tables import arrow_writer, read_arrow
from affectflow.config.model.feature_sets import OpenSmileSet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device
from affectflow.config.system.senses import Sense
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.needs import artifacts_of
from affectflow.dataloading.source import Source
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features

RATE = 16000
EGEMAPS = build_extractor(OpenSmileSet(kind="opensmile", set="eGeMAPSv01b"), None, Device())
UNEVEN = np.cumsum([0.0, 0.033, 0.02, 0.05, 0.033, 0.2, 0.7, 0.001, 0.5, 0.25])


def read_stored(path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[bool]], FeatureForm]:
    """Vectors and whether anything was heard, by video, and the file's form."""
    table = read_arrow(path, SET_FEATURES)
    features: dict[str, list[list[float]]] = {}
    heard: dict[str, list[bool]] = {}
    for row in table.to_pylist():
        assert row["frame"] == len(features.setdefault(row["of"], []))
        features[row["of"]].append(row["feature"])
        heard.setdefault(row["of"], []).append(row["found"])
    return {k: np.array(v, np.float32) for k, v in features.items()}, heard, FeatureForm.of(table, path)


def test_every_frame_has_the_numbers_of_a_direct_call_nearest_to_its_time(tmp_path: Path) -> None:
    start, samples = 0.25, voice(1.6)
    sound = write_sound(tmp_path / "sound.arrow", {"b": samples}, RATE, start)
    frames = write_frames(tmp_path / "frames.arrow", {"a": UNEVEN[:3], "b": UNEVEN})
    write_sound_features(sound, frames, EGEMAPS, tmp_path / "out.arrow")
    features, heard, form = read_stored(tmp_path / "out.arrow")
    (times, rows), *rest = EGEMAPS.stream(lambda: [samples], RATE)
    assert not rest
    inside = (start <= UNEVEN) & (start + 1.6 >= UNEVEN)
    assert 0 < inside.sum() < len(UNEVEN)
    assert heard == {"a": [False] * 3, "b": inside.tolist()}
    for column, middle in enumerate(np.broadcast_to(EGEMAPS.middles, 23)):
        nearest = np.abs(UNEVEN[:, None] - start - times - middle).argmin(axis=1)
        np.testing.assert_array_equal(features["b"][inside, column], rows[nearest, column][inside])
    # Where nothing is to be heard, what silence has.
    assert form.sense == "sound"
    assert (features["a"] == form.absent).all()
    assert (features["b"][~inside] == form.absent).all()
    assert not np.array_equal(form.absent, np.zeros(23, np.float32)), "the numbers of silence are not zero"


def test_the_same_sound_gives_the_same_bytes_however_it_is_cut(tmp_path: Path) -> None:
    frames = write_frames(tmp_path / "frames.arrow", {"b": np.arange(50) / 25})
    for block in (700, 40000):
        sound = write_sound(tmp_path / f"{block}.arrow", {"b": voice(1.8)}, RATE, block=block)
        write_sound_features(sound, frames, EGEMAPS, tmp_path / f"{block}.out.arrow")
    assert (tmp_path / "700.out.arrow").read_bytes() == (tmp_path / "40000.out.arrow").read_bytes()


def test_a_shard_without_sound_and_a_track_too_short_for_a_window_are_silent(tmp_path: Path) -> None:
    frames = write_frames(tmp_path / "frames.arrow", {"b": np.arange(5) / 25})
    for name, tracks in (("none", {}), ("short", {"b": voice(0.01)})):
        sound = write_sound(tmp_path / f"{name}.sound.arrow", tracks, RATE)
        write_sound_features(sound, frames, EGEMAPS, tmp_path / f"{name}.arrow")
        features, heard, form = read_stored(tmp_path / f"{name}.arrow")
        assert heard == {"b": [False] * 5}
        assert (features["b"] == form.absent).all()


PEOPLE = [
    Person("v_left", "train", 12, video="v", no_face=frozenset({3, 4})),
    Person("v_right", "train", 12, video="v"),
]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Artifacts of a video with two people: one set of their faces, one of the sound."""
    _, _, folder = make_corpus(tmp_path, PEOPLE)
    for name, sense in (("seen", "face"), ("heard", "sound")):
        form = FeatureForm("face" if sense == "face" else "sound", np.array([-7, -7], np.float32))
        with arrow_writer(folder / "features" / name / "v.arrow", form.schema()) as rows:
            for place, person in enumerate(PEOPLE if sense == "face" else PEOPLE[:1]):
                for frame in range(12):
                    present = sense == "sound" or frame not in person.no_face
                    of = person.subject if sense == "face" else "v"
                    feature = np.array([frame, place], np.float32) if present else form.absent
                    rows.append({"of": of, "frame": frame, "found": present, "feature": feature})
    return folder


def build_branch(**features: object) -> Branch:
    values = {"streams": ["features"], "features": features, "network": {"name": "head_gru", "reads": "all"}}
    return Branch.model_validate(values | {"sequence": {"length": 8, "stride": 8}})


def read(work: Path, branch: Branch, without: Sense | None = None) -> dict[str, np.ndarray]:
    index = read_index(work / "manifest.parquet", None, "train", track_of("va"))
    data = open_sequences(Source(index, work, branch, without=without))
    names = [subject.subject for subject in index.subjects]
    features: dict[str, list[np.ndarray]] = {}
    for sample in (data[number] for number in range(len(data))):
        features.setdefault(names[int(sample["subject"])], []).append(sample["features"][sample["mask"]].numpy())
    return {name: np.concatenate(parts) for name, parts in features.items()}


def test_sets_are_joined_in_their_order_by_subject_and_by_video(work: Path) -> None:
    branch = build_branch(sets=["heard", "seen"])
    assert artifacts_of(branch) == ("features/heard", "features/seen")
    features = read(work, branch)
    numbers = np.arange(12)
    np.testing.assert_array_equal(
        features["v_right"], np.stack([numbers, 0 * numbers, numbers, 0 * numbers + 1], axis=1)
    )
    # A frame without a face has the nearest one's, of two the earlier; the sound is its own.
    nearest = np.array([0, 1, 2, 2, 5, 5, 6, 7, 8, 9, 10, 11])
    np.testing.assert_array_equal(features["v_left"], np.stack([numbers, 0 * numbers, nearest, 0 * numbers], axis=1))


def test_a_sense_that_is_taken_away_leaves_what_its_sets_have_for_nothing(work: Path) -> None:
    branch = build_branch(sets=["seen", "heard"])
    assert (read(work, branch, without="face")["v_right"][:, :2] == -7).all()
    assert (read(work, branch, without="face")["v_right"][:, 2] == np.arange(12)).all()
    assert (read(work, branch, without="sound")["v_right"][:, 2:] == -7).all()
    assert (read(work, branch, without="sound")["v_right"][:, 0] == np.arange(12)).all()


def test_what_is_not_there_is_named(work: Path) -> None:
    with pytest.raises(InputError, match=r"features/smelt/v\.arrow: no such file, needed by the streams features"):
        read(work, build_branch(sets=["smelt"]))
    with arrow_writer(work / "features" / "heard" / "v.arrow", SET_FEATURES) as rows:
        rows.append({"of": "v", "frame": 0, "found": True, "feature": np.zeros(2, np.float32)})
    with pytest.raises(InputError, match=r"heard/v\.arrow: its schema does not say sense"):
        read(work, build_branch(sets=["heard"]))
