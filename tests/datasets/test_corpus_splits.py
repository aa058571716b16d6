"""Splits of corpora that have none of their own, and such corpora from videos to the manifest."""

import json
import subprocess
from pathlib import Path
from typing import Any

import corpus_factory as factory
import pytest
import warm
from corpus_factory import PEOPLE, TASKS, TRACKS, VIDEOS, corpus, list_track
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from affectflow.artifacts.schemas import FRAMES, MANIFEST, labels_schema
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.splits import Splits
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.annotated import split_people
from affectflow.datasets.video.formats import is_partial, reader_settings
from affectflow.datasets.video.registry import list_corpus

names = st.sets(st.text("abcdef0123456789", min_size=1, max_size=4), min_size=1, max_size=40)


@given(names, st.tuples(st.integers(0, 10), st.integers(0, 10), st.integers(1, 10)), st.randoms())
def test_shares_are_kept_and_order_does_not_matter(people: set[str], parts: tuple[int, int, int], order: Any) -> None:
    shares = [part / sum(parts) for part in parts]
    splits = Splits(shares=shares)  # type: ignore[arg-type]
    shuffled = sorted(people)
    order.shuffle(shuffled)
    split_of = split_people(shuffled, splits)
    assert split_of == split_people(people, splits) and split_of.keys() == people
    for name, share in zip(("train", "validation", "test"), shares, strict=True):
        assert abs(list(split_of.values()).count(name) - share * len(people)) <= 1


def test_lists_of_splits_decide_and_must_name_everybody(tmp_path: Path) -> None:
    factory.disfa(tmp_path, PEOPLE)
    lists = {"train": PEOPLE[:6], "validation": PEOPLE[6:8], "test": PEOPLE[8:]}
    listing = list_track("disfa", tmp_path, splits=lists, cameras=("left",))
    assert {name: [s[9:14] for s in listing.subjects(name)] for name in lists} == {n: list(p) for n, p in lists.items()}
    with pytest.raises(InputError, match="names SN010 in no list"):
        list_track("disfa", tmp_path, splits=lists | {"test": PEOPLE[8:9]})
    with pytest.raises(InputError, match="names SN099, not in the corpus"):
        list_track("disfa", tmp_path, splits=lists | {"test": (*PEOPLE[8:], "SN099")})
    with pytest.raises(InputError, match="the validation split is empty"):
        list_track("disfa", tmp_path, splits={"shares": [0.9, 0.0, 0.1]})
    with pytest.raises(ValidationError, match="SN001 is named more than once"):
        Splits(train=("SN001",), test=("SN001",))
    with pytest.raises(ValidationError, match=r"sum to 0\.9, expected 1"):
        Splits(shares=(0.5, 0.2, 0.2))


@pytest.mark.parametrize("kind", ["affwild", "afewva", "bp4d"])
def test_from_videos_to_labels_and_manifest_by_the_rules_scripts(tmp_path: Path, root: Path, kind: str) -> None:
    frames = 8
    if kind == "affwild":
        corpus_root = factory.affwild(tmp_path / "corpus", VIDEOS[:3], ("200",), frames, media=True)
    elif kind == "afewva":
        corpus_root = factory.afewva(tmp_path / "corpus", VIDEOS[:4], frames, media=True)
    else:
        corpus_root = factory.bp4d(tmp_path / "corpus", TASKS[:4:2] + TASKS[5::2], frames, media=True)
    corpus_settings, work = (
        corpus(kind, corpus_root, **({"validation_share": 0.3} if kind == "affwild" else {})),
        tmp_path / "work",
    )
    listing = list_corpus(corpus_settings, [TRACKS[kind]])[TRACKS[kind]]
    track = track_of(TRACKS[kind], getattr(corpus_settings, "edition", "abaw2"))

    def run(script: str, *options: object) -> None:
        subprocess.run([warm.python(), root / f"workflow/scripts/{script}.py", *map(str, options)], check=True)

    track_options = ("--track", track.name, "--edition", track.edition)
    files = json.dumps({subject: list(map(str, paths)) for subject, paths in listing.labels.items()})
    (work / "videos").mkdir(parents=True)
    shard = json.dumps([video.to_json(subjects=False, source=True) for video in listing.videos])
    out = {name: work / name / "all.arrow" for name in ("frames", "sound")} | {"videos": work / "videos/all.parquet"}
    run("decode", "--shard", shard, *(part for name, path in out.items() for part in (f"--{name}", path)))
    settings = json.dumps(reader_settings(corpus_settings.model_dump(mode="json")))
    labels = work / "labels.parquet"
    run("labels", *track_options, "--format", kind, "--reader", settings, "--label-files", files, "--out", labels)
    members = [{"shard": "all", "videos": [video.to_json() for video in listing.videos]}]
    run(
        "manifest", *track_options, "--shards", json.dumps(members), "--splits", json.dumps(listing.splits),
        "--videos", work / "videos", "--labels", labels, "--label-files", files, "--tolerance", 0,
        *(["--partial"] if is_partial(kind) else []), "--out", work / "manifest.parquet",
    )  # fmt: skip
    rows = {row["subject"]: row for row in read_parquet(work / "manifest.parquet", MANIFEST).to_pylist()}
    assert {subject: row["split"] for subject, row in rows.items()} == listing.splits
    annotated = 5 if kind == "bp4d" else frames
    assert {row["rows"] for row in rows.values() if row["split"] != "test"} == {annotated}
    assert {row["frames"] for row in rows.values()} == {frames}
    assert read_arrow(out["frames"], FRAMES).num_rows == frames * len(listing.videos)
    table = read_parquet(labels, labels_schema(track)).to_pylist()
    assert len(table) == annotated * len(listing.labels)
    first = next(row for row in table if row["frame"] == 3)
    assert first["au6"] == 1 if kind == "bp4d" else first["valence"] == pytest.approx(0.3)
