"""The manifest reconciles frames and label rows, and names all that do not fit."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import warm

from affectflow.artifacts.schemas import MANIFEST, VIDEOS, labels_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName, track_of
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Subject, Video


def write_decoded(folder: Path, shard: str, frames: dict[str, int]) -> Path:
    """What decoding a shard found: `frames` by video."""
    fixed: dict[str, Any] = {"digest": "d", "rate": 15.0, "container_rate": 15.0, "width": 64, "height": 48}
    fixed |= {"source_width": 64, "source_height": 48, "has_audio": True, "audio_seconds": 1.0, "damaged": 0}
    path = folder / f"{shard}.parquet"
    rows = [{"video": v, "path": f"videos/{v}.mp4", "frames": n, **fixed} for v, n in frames.items()]
    write_parquet(path, rows, VIDEOS)
    return path


def labels(path: Path, rows: dict[str, int], track: TrackName = "va") -> Path:
    """A label table with so many rows of each subject, none of them annotated."""
    schema = labels_schema(track_of(track))
    empty = dict.fromkeys(schema.names)
    write_parquet(path, [empty | {"subject": s, "frame": f} for s, n in rows.items() for f in range(n)], schema)
    return path


class Corpus:
    """Two shards, three videos, four subjects."""

    def __init__(self, folder: Path, rows: dict[str, int], tolerance: int = 1) -> None:
        pair = (Subject("duo_left", "left"), Subject("duo_right", "right"))
        self.out = folder / "manifest.parquet"
        self.arguments: dict[str, Any] = {
            "shards": [
                ("one", [Video("duo", Path("videos/duo.mp4"), pair)]),
                ("two", [Video("solo", Path("videos/solo.mp4"), (Subject("solo"),)),
                         Video("unseen", Path("videos/unseen.mp4"), (Subject("unseen"),))]),
            ],
            "splits": {"duo_left": "train", "duo_right": "train", "solo": "validation", "unseen": "test"},
            "videos": [write_decoded(folder, "one", {"duo": 10}),
                       write_decoded(folder, "two", {"solo": 8, "unseen": 5})],
            "labels": labels(folder / "labels.parquet", rows),
            "track": track_of("va"),
            "tolerance": tolerance,
            "label_files": {s: (Path(f"labels/{s}.txt"),) for s in rows},
            "out": self.out,
        }  # fmt: skip

    def make(self, **changes: Any) -> list[dict[str, Any]]:
        manifest_table(**{**self.arguments, **changes})
        return read_parquet(self.out, MANIFEST).to_pylist()


def test_reconciles(tmp_path: Path) -> None:
    rows = Corpus(tmp_path, {"duo_left": 10, "duo_right": 9, "solo": 9}).make()
    columns = ("subject", "video", "shard", "split", "frames", "rows", "difference")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("duo_left", "duo", "one", "train", 10, 10, 0),
        ("duo_right", "duo", "one", "train", 10, 9, 1),
        ("solo", "solo", "two", "validation", 8, 9, -1),
        ("unseen", "unseen", "two", "test", 5, None, None),
    ]  # fmt: skip
    assert rows[0]["path"] == "videos/duo.mp4"


def test_names_every_subject_whose_counts_differ(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        Corpus(tmp_path, {"duo_left": 8, "duo_right": 10, "solo": 10}).make()
    message = str(error.value)
    assert "subject duo_left: videos/duo.mp4 has 10 frames, labels/duo_left.txt has 8 rows" in message
    assert "subject solo: videos/solo.mp4 has 8 frames, labels/solo.txt has 10 rows" in message
    assert "duo_right" not in message
    assert not (tmp_path / "manifest.parquet").exists()


def test_tolerance(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, {"duo_left": 8, "duo_right": 10, "solo": 10})
    assert [row["difference"] for row in corpus.make(tolerance=2)] == [2, 0, -2, None]
    with pytest.raises(InputError, match="at most 0"):
        corpus.make(tolerance=0)


def test_many_are_counted(tmp_path: Path) -> None:
    names = [f"s{n:02d}" for n in range(25)]
    videos_table = write_decoded(tmp_path, "all", dict.fromkeys(names, 10))
    with pytest.raises(InputError) as error:
        manifest_table(
            [("all", [Video(name, Path(f"{name}.mp4"), (Subject(name),)) for name in names])],
            dict.fromkeys(names, "train"),
            [videos_table],
            labels(tmp_path / "labels.parquet", dict.fromkeys(names, 5)),
            track_of("va"),
            1,
            {},
            tmp_path / "manifest.parquet",
        )
    assert all(f"subject {name}:" in str(error.value) for name in names[:20])
    assert "5 more subjects" in str(error.value)


@pytest.mark.parametrize(
    ("rows", "changed", "message"),
    [
        ({"duo_left": 10, "solo": 8}, {}, "subject duo_right of the train split has no labels"),
        ({"duo_left": 10, "duo_right": 10, "solo": 8, "gone": 3}, {}, "subject gone has labels and is in no split"),
        ({"solo": 8}, {"splits": {"solo": "validation", "gone": "test"}}, "gone of the test split has no video"),
        ({"solo": 8}, {"track": track_of("au")}, r"holds the columns subject .*valence.*expected .*au1"),
        ({"duo_left": 10, "duo_right": 10, "solo": 8}, {"videos": []}, "shard one has no decoded"),
    ],
)  # fmt: skip
def test_refuses(tmp_path: Path, rows: dict[str, int], changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Corpus(tmp_path, rows).make(**changed)


def test_a_track_has_rows_of_its_own_subjects_and_needs_only_their_videos(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, {"duo_left": 10})
    au = labels(tmp_path / "au.parquet", {"duo_left": 9}, "au")
    changes = {"labels": au, "track": track_of("au"), "splits": {"duo_left": "validation"}}
    changes["videos"] = corpus.arguments["videos"][:1]
    (row,) = corpus.make(**changes)
    assert (row["subject"], row["split"], row["rows"], row["difference"]) == ("duo_left", "validation", 9, 1)


def test_without_labels(tmp_path: Path) -> None:
    video = Video("clip", Path("clip.mp4"), (Subject("clip"),))
    videos_table = write_decoded(tmp_path, "clip", {"clip": 7})
    out = tmp_path / "manifest.parquet"
    manifest_table([("clip", [video])], {"clip": "test"}, [videos_table], None, track_of("va"), 1, {}, out)
    (row,) = read_parquet(out, MANIFEST).to_pylist()
    assert (row["frames"], row["rows"], row["difference"]) == (7, None, None)


def test_a_clip_has_one_row_whatever_its_frames(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, {"duo_left": 10})
    eri = labels(tmp_path / "eri.parquet", dict.fromkeys(("duo_left", "duo_right", "solo"), 1), "eri")
    rows = corpus.make(labels=eri, track=track_of("eri"), tolerance=0)
    assert [(row["frames"], row["rows"], row["difference"]) for row in rows] == [
        (10, 1, None),
        (10, 1, None),
        (8, 1, None),
        (5, None, None),
    ]
    with pytest.raises(InputError, match=r"videos/duo\.mp4: subject duo_right of the train split has no labels"):
        fewer = labels(tmp_path / "fewer.parquet", dict.fromkeys(("duo_left", "solo"), 1), "eri")
        corpus.make(labels=fewer, track=track_of("eri"))


def test_a_video_without_frames_is_named_and_allowed_where_settings_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = Corpus(tmp_path, {"duo_left": 10, "duo_right": 10, "solo": 8})
    videos = [corpus.arguments["videos"][0], write_decoded(tmp_path, "two", {"solo": 0, "unseen": 0})]
    with pytest.raises(
        InputError, match=r"2 subject\(s\): solo \(validation\), unseen \(test\); set decode.unreadable"
    ):
        corpus.make(videos=videos)
    rows = corpus.make(videos=videos, leave_out=True)
    assert [(row["subject"], row["frames"], row["rows"], row["difference"]) for row in rows[2:]] == [
        ("solo", 0, 8, None),
        ("unseen", 0, None, None),
    ]
    assert "of 2 subject(s), which are left out: solo (validation), unseen (test)" in caplog.text
    # Its labels may have been laid on its frames, of which there are none.
    expanded = labels(tmp_path / "laid.parquet", {"duo_left": 10, "duo_right": 10})
    assert corpus.make(videos=videos, labels=expanded, leave_out=True)[2]["rows"] is None


def test_script(tmp_path: Path, root: Path) -> None:
    corpus = Corpus(tmp_path, {"duo_left": 10, "duo_right": 9, "solo": 9})
    expected = corpus.make()
    arguments = corpus.arguments
    shards = [{"shard": name, "videos": [v.to_json() for v in videos]} for name, videos in arguments["shards"]]
    (tmp_path / "shards.json").write_text(json.dumps(shards))
    out = tmp_path / "by script.parquet"
    command = [
        warm.python(), root / "workflow/scripts/manifest.py", "--shards", f"@{tmp_path / 'shards.json'}",
        "--splits", json.dumps(arguments["splits"]), "--videos", arguments["videos"][0].parent,
        "--labels", arguments["labels"],
        "--label-files", json.dumps({s: list(map(str, paths)) for s, paths in arguments["label_files"].items()}),
        "--track", "va", "--edition", "abaw2", "--out", out,
    ]  # fmt: skip
    subprocess.run([*command, "--tolerance", "1"], check=True)
    assert read_parquet(out, MANIFEST).to_pylist() == expected
    failure = subprocess.run([*command, "--tolerance", "0"], capture_output=True, text=True)
    assert failure.returncode == 2
    assert failure.stderr.startswith("error: subject duo_right")
    write_decoded(tmp_path, "two", {"solo": 8, "unseen": 0})
    for word, status in (("fail", 2), ("leave_out", 0)):
        result = subprocess.run([*command, "--unreadable", word], capture_output=True, text=True)
        assert result.returncode == status and "unseen (test)" in result.stderr
