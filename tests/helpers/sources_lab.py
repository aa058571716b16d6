"""Sets of faces for the tests of what learns from them: stored still pictures, and artifacts of a video corpus."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from artifact_factory import Person, face_picture, jpeg, make_corpus

from affectflow.artifacts.schemas import IMAGES, UNITS, labels_schema
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.system.branch import Branch
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import Edition, TrackName, track_of
from affectflow.dataloading.index import Labelled
from affectflow.dataloading.source_members import FaceCorpus, Members

HOLISTIC = tasks_of("va+expr+au", "union17")
NETWORK = {
    "name": "multi_rnn",
    "components": {"X": {"width": 4, "fc": [8], "fc_dropout": 0.0, "rnn": "none"}},
}


def branch(sets: Mapping[str, Mapping[str, Any]], tracks: Sequence[str] = ("va", "expr", "au"), **more: Any) -> Branch:
    """A VGG-16 of width 4 on single faces of 32 x 32 that learns `tracks` of `union17` from `sets`."""
    values: dict[str, Any] = {
        "streams": ["face"],
        "network": NETWORK,
        "sequence": {"length": 1, "stride": 1},
        "picture": {"size": 32, "normalise": "unit"},
        "optimizer": {"name": "adam", "lr": 1e-3, "weight_decay": 0.0},
        "schedule": {"name": "constant"},
        "loss": {"mse": 0.0, "bce_reduction": "frame"},
        "tracks": list(tracks),
        "sources": sets,
        "edition": "union17",
        "batch": 8,
        "epochs": 2,
    }
    return Branch.model_validate(values | more)


def write_stills(folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Stored faces of an image corpus: annotations by split; a face is as bright as its valence, or at random."""
    bare = dict.fromkeys(field.name for field in IMAGES)
    for split, annotations in rows.items():
        random = np.random.default_rng(len(annotations))
        with arrow_writer(folder / f"{split}.arrow", IMAGES) as out:
            for number, row in enumerate(annotations):
                face = jpeg(face_picture(row.get("valence", random.uniform(-1, 1))))
                out.append(bare | {"image": f"{split} {number}", "digest": "0" * 64, "face": face} | row)
    return folder


def units(*present: int, absent: Sequence[int] = ()) -> dict[str, int]:
    return {f"au{unit}": 1 for unit in present} | {f"au{unit}": 0 for unit in absent}


def all_units(*present: int) -> dict[str, int]:
    return {name: int(int(name[2:]) in present) for name in UNITS}


def write_video_corpus(root: Path, people: Sequence[Person], editions: Mapping[TrackName, Edition]) -> FaceCorpus:
    """Artifacts of a video corpus below `root`/work, annotated with tracks of editions: the expression is that of the
    frame's number modulo the classes, unit k is present where the frame's number is a multiple of k."""
    make_corpus(root, people)
    work, sources = root / "work", {}
    for name, edition in editions.items():
        track, folder = track_of(name, edition), work / name
        folder.mkdir()
        rows: list[dict[str, Any]] = []
        for person in people:
            for frame, affect in enumerate(person.affect()):
                values: dict[str, Any] = dict(zip(("valence", "arousal"), affect.tolist(), strict=True))
                values["expression"] = frame % len(track.outputs)
                values |= {unit: int(frame % int(unit[2:]) == 0) for unit in track.targets if unit.startswith("au")}
                if frame in person.unannotated:
                    values = dict.fromkeys(values)
                rows.append({"subject": person.subject, "frame": frame} | {n: values[n] for n in track.targets})
        write_parquet(folder / "labels.parquet", rows, labels_schema(track))
        (folder / "manifest.parquet").write_bytes((work / "manifest.parquet").read_bytes())
        sources[name] = Labelled(folder / "manifest.parquet", folder / "labels.parquet")
    return FaceCorpus(work, sources)


def three_sets(root: Path) -> tuple[dict[str, dict[str, Any]], Members]:
    """A set for each track, of two image corpora and one video corpus of 12 units."""
    expressions = {
        split: [{"expression": number % 7, "valence": 0.25 * (number % 7) - 0.75} for number in range(count)]
        for split, count in (("train", 19), ("validation", 8))
    }
    unit_labels = {
        split: [all_units(1, 2, 25, 26) if number % 2 else all_units(12, 6) for number in range(count)]
        for split, count in (("train", 23), ("validation", 8))
    }
    people = [
        Person("a", "train", 20, no_face=frozenset({3, 4}), unannotated=frozenset({5})),
        Person("b", "train", 9),
        Person("c", "validation", 10),
    ]
    members = Members(
        {"faces": write_stills(root / "faces", expressions), "units": write_stills(root / "units", unit_labels)},
        {"video": write_video_corpus(root, people, {"va": "abaw2", "au": "abaw2"})},
    )
    sets: dict[str, dict[str, Any]] = {
        "VA": {"corpora": ["video"], "tracks": ["va"], "batch": 4},
        "AU": {"images": ["units"], "corpora": ["video"], "tracks": ["au"], "batch": 5, "every": 2},
        "EXPR": {"images": ["faces"], "tracks": ["expr"], "batch": 3},
    }
    return sets, members


def tasks(described: Branch) -> Tasks:
    return tasks_of(described.task("va"), "union17")
