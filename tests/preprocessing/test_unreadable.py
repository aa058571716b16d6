"""Files of which no frame can be decoded: an error, or left out and named, with nothing else of their shard changed."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
import warm
from faces_lab import find_and_align
from media_factory import clip
from repository import ROOT

from affectflow.artifacts.schemas import BODY, FACES, FRAMES, MEL, RESIZED, SET_FEATURES, SOUND, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.config.data.preprocessing import Body, Decode, Faces, Mel, Preview, Resize
from affectflow.config.model.feature_sets import FaceSet, OpenSmileSet
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_reaction_listing import list_reactions
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Subject, Video
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.lineage.chain import Chain
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.face.official import official_shard
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.preprocessing.media.kept import Kept
from affectflow.preprocessing.media.pictures import Frames
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.report.drawing.preview import preview_shard
from affectflow.report.run_page.quality import conditions, members_of, summary
from affectflow.report.run_page.streams import seen_subjects
from affectflow.report.run_page.write import ReportFiles, write_report
from affectflow.synthetic.make_reactions import make_reactions

DECODE = ROOT / "workflow/scripts/decode.py"
ERI = track_of("eri")
CPU = Device(gpus=0, threads=1)
SEEN = FaceSet(kind="face", weights="random_init", backbone="iresnet18", width=4, size=32)
SCHEMAS = {
    "videos": VIDEOS, "frames": FRAMES, "sound": SOUND, "faces": FACES, "body": BODY, "mel": MEL, "resized": RESIZED,
    "heard": SET_FEATURES, "seen": SET_FEATURES,
}  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """Videos, and what all stages make of them."""

    videos: tuple[Video, ...]
    folder: Path

    def path(self, kind: str) -> Path:
        return self.folder / kind / f"one.{'parquet' if kind in ('videos', 'body') else 'arrow'}"

    def table(self, kind: str) -> list[dict]:
        read = read_parquet if kind in ("videos", "body") else read_arrow
        return read(self.path(kind), SCHEMAS[kind]).to_pylist()

    def make(self) -> "Shard":
        out, (frames, sound, faces) = self.path, map(self.path, ("frames", "sound", "faces"))
        decode_shard(self.videos, Decode(), DecodeOutputs(out("videos"), frames, sound), leave_out=True)
        find_and_align(frames, self.videos, Faces(), faces)
        mask_shard(frames, faces, out("videos"), self.videos, Body(), out("body"))
        resize_shard(frames, 32, Resize(), out("resized"))
        spectrogram_shard(sound, Mel(), mel_filters(Mel(), Decode().sample_rate), out("mel"))
        extractor = build_extractor(OpenSmileSet(kind="opensmile", set="eGeMAPSv01b"), None, CPU)
        write_sound_features(sound, frames, extractor, out("heard"))
        write_face_features(faces, SEEN, FaceWeights(None, Path(), Path()), out("seen"), device=CPU)
        inputs = (frames, faces, out("body"), out("mel"))
        preview_shard(*inputs, self.videos, Preview(columns=2), 1.0, self.folder / "preview/one.jpg")
        return self


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Video, ...]:
    """Clips of the demo: two good ones, one without sound, one that cannot be decoded."""
    root = tmp_path_factory.mktemp("demo_hume")
    corpus = HumeDemoCorpus(kind="demo_hume", root=root, clips=(2, 2, 1), seconds=1, rate=5, width=480, height=270)
    make_reactions(corpus)
    return list_reactions(corpus).videos


@pytest.fixture(scope="module")
def whole(videos: tuple[Video, ...], tmp_path_factory: pytest.TempPathFactory) -> Shard:
    return Shard(videos, tmp_path_factory.mktemp("whole")).make()


def bad_one(shard: Shard) -> Video:
    (name,) = (row["video"] for row in shard.table("videos") if not row["frames"])
    return next(video for video in shard.videos if video.video == name)


def test_its_row_says_that_there_is_nothing(whole: Shard) -> None:
    rows = {row["video"]: row for row in whole.table("videos")}
    assert list(rows) == [video.video for video in whole.videos]
    row = rows.pop(bad_one(whole).video)
    assert len(row["digest"]) == 64 and row["path"].endswith(f"{row['video']}.mp4")
    unknown = ("rate", "container_rate", "width", "height", "source_width", "source_height")
    assert all(row[name] is None for name in unknown)
    assert (row["has_audio"], row["audio_seconds"], row["damaged"]) == (False, 0.0, 0)
    assert all(other["frames"] == 5 for other in rows.values())


def test_the_others_are_as_if_it_were_not_there(whole: Shard, tmp_path: Path) -> None:
    bad = bad_one(whole)
    without = Shard(tuple(video for video in whole.videos if video != bad), tmp_path).make()
    for kind in SCHEMAS:
        key = SCHEMAS[kind].names[0]
        rows = [row for row in whole.table(kind) if row[key] != bad.video]
        assert rows and repr(rows) == repr(without.table(kind)), kind
        assert kind == "videos" or len(rows) == len(whole.table(kind)), kind
    assert any(row["found"] for row in whole.table("faces")) and any(row["found"] for row in whole.table("seen"))
    # The sheet has a line for it.
    sheets = [cv2.imread(str(shard.folder / "preview/one.jpg")) for shard in (whole, without)]
    assert 0 < sheets[0].shape[0] - sheets[1].shape[0] < 60


def test_a_shard_of_nothing_else_passes_every_stage(whole: Shard, tmp_path: Path) -> None:
    shard = Shard((bad_one(whole),), tmp_path).make()
    assert [row["frames"] for row in shard.table("videos")] == [0]
    assert all(shard.table(kind) == [] for kind in SCHEMAS if kind != "videos")
    assert cv2.imread(str(tmp_path / "preview/one.jpg")).size > 0
    official_shard(
        shard.path("frames"), shard.videos, tmp_path / "none", Faces(source="official"), tmp_path / "o.arrow"
    )
    assert read_arrow(tmp_path / "o.arrow", FACES).num_rows == 0
    assert Frames(shard.path("frames")).count(shard.videos[0].video) == 0


def test_the_report_names_it_first_and_counts_it(whole: Shard, tmp_path: Path) -> None:
    bad, manifest = bad_one(whole).video, tmp_path / "manifest.parquet"
    names = [video.video for video in whole.videos]
    videos_tables = [whole.path("videos")]
    manifest_table(
        [("one", whole.videos)], dict.fromkeys(names, "test"), videos_tables, None, ERI, 0, {}, manifest, leave_out=True
    )
    members = members_of([manifest])
    subjects = seen_subjects(whole.folder, members)
    assert {name: len(subject.times) for name, subject in subjects.items()} == {
        name: 5 * (name != bad) for name in names
    }
    video_conditions = conditions(whole.folder, members, subjects, {ERI: manifest}, {})
    assert video_conditions[0].member.subject == bad
    assert video_conditions[0].oddities == ["cannot be decoded: in no training, prediction or score"]
    figures = dict(summary(video_conditions))
    assert figures["videos"] == str(len(names)) and figures["videos that cannot be decoded"] == "1"
    assert figures["decoded frames"] == str(5 * len(names) - 5) and figures["videos without sound"] == "1"
    write_report(
        ReportFiles(whole.folder, {ERI: manifest}, {}, []), "clips", "none", Chain(tmp_path), tmp_path / "report.html"
    )
    page = (tmp_path / "report.html").read_text()
    rows = [line for line in page.splitlines() if "cannot be decoded: in no" in line]
    assert len(rows) == 1 and bad in page


def cut_short(path: Path) -> Path:
    clip(path)
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def no_video(path: Path) -> Path:
    path.write_text("File_ID,Adoration\n" * 50)
    return path


def no_picture(path: Path) -> Path:
    clip(path)
    content = bytearray(path.read_bytes())
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    return path


def script(out: Path, videos: dict[str, Path], *words: object) -> subprocess.CompletedProcess[str]:
    shard = json.dumps([{"video": name, "path": str(path)} for name, path in videos.items()])
    files = {"videos": "v.parquet", "frames": "f.arrow", "sound": "s.arrow"}
    command = [warm.python(), DECODE, "--shard", shard, *map(str, words)]
    command += [word for name, file in files.items() for word in (f"--{name}", str(out / file))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("spoil", [cut_short, empty, no_video, no_picture])
def test_what_ffmpeg_said_is_in_the_log(tmp_path: Path, spoil: Callable[[Path], Path]) -> None:
    videos = {"bad": spoil(tmp_path / "bad.mp4"), "good": clip(tmp_path / "good.mp4", count=4)}
    failure = script(tmp_path / "out", videos)
    assert failure.returncode == 2 and not (tmp_path / "out/v.parquet").exists()
    message = failure.stderr.splitlines()[1].split("@ 0x")[0]  # what follows is another address each time
    assert message.startswith(f"{videos['bad']}: ")
    result = script(tmp_path / "out", videos, "--unreadable", "leave_out")
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith(f"bad: left out (decode.unreadable: leave_out): {message}")
    assert [row["frames"] for row in read_parquet(tmp_path / "out/v.parquet", VIDEOS).to_pylist()] == [0, 4]


def test_a_file_that_is_missing_fails_all_the_same(tmp_path: Path) -> None:
    videos = {"bad": empty(tmp_path / "bad.mp4"), "gone": tmp_path / "gone.mp4"}
    result = script(tmp_path / "out", videos, "--unreadable", "leave_out")
    assert result.returncode == 2 and "gone.mp4: no such file" in result.stderr


def test_ffmpeg_that_is_stopped_from_outside_says_nothing_of_the_file(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\ncase "$*" in *good.mp4*) kill -9 $$ ;; esac\nexec {ffmpeg_binary()} "$@"\n')
    program.chmod(0o755)
    settings = ("--decode", json.dumps({"ffmpeg": str(program)}))
    result = script(tmp_path / "out", {"good": clip(tmp_path / "good.mp4")}, "--unreadable", "leave_out", *settings)
    assert result.returncode == 2 and "ffmpeg was stopped after 0 frames; free memory" in result.stderr


def test_what_was_decoded_before_is_kept_and_what_gave_nothing_is_tried_again(tmp_path: Path) -> None:
    bad, good = empty(tmp_path / "bad.mp4"), clip(tmp_path / "good.mp4", count=4)
    out = DecodeOutputs(tmp_path / "v.parquet", tmp_path / "f.arrow", tmp_path / "s.arrow")
    shard = [Video("bad", bad, (Subject("bad"),)), Video("gone", tmp_path / "gone.mp4"), Video("good", good)]
    with pytest.raises(InputError, match="1 of 3 videos"):
        decode_shard(shard, Decode(), out, Kept(tmp_path / "kept", "1"), leave_out=True)
    assert [row["video"] for row in json.loads((tmp_path / "kept/kept.json").read_text())["videos"]] == ["good"]
    with pytest.raises(InputError, match="the file is empty"):  # as the settings say now
        decode_shard(shard[::2], Decode(), out, Kept(tmp_path / "kept", "1"))
    decode_shard(shard[::2], Decode(), out, Kept(tmp_path / "kept", "1"), leave_out=True)
    assert [row["frames"] for row in read_parquet(out.videos, VIDEOS).to_pylist()] == [0, 4]
    assert not (tmp_path / "kept").exists()


def test_the_setting_is_no_part_of_what_was_kept(tmp_path: Path) -> None:
    videos = {"bad": empty(tmp_path / "bad.mp4"), "good": clip(tmp_path / "good.mp4", count=4)}
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\nexec {ffmpeg_binary()} "$@"\n')
    program.chmod(0o755)
    words = ("--kept", tmp_path / "kept", "--decode", json.dumps({"ffmpeg": str(program)}))
    assert script(tmp_path / "out", videos, *words).returncode == 2
    assert "/good.mp4" in (tmp_path / "calls").read_text()
    # Of the good one nothing is left but what was kept; it is not decoded again.
    (tmp_path / "calls").write_text("")
    result = script(tmp_path / "out", videos, *words, "--unreadable", "leave_out")
    assert result.returncode == 0, result.stderr
    assert "/good.mp4" not in (tmp_path / "calls").read_text()
    assert [row["frames"] for row in read_parquet(tmp_path / "out/v.parquet", VIDEOS).to_pylist()] == [0, 4]
