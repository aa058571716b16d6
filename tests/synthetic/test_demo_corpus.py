"""The demo corpus: its plan, its layout, its awkward traits, and that it is the same every time."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import track_of
from affectflow.datasets.video.abaw_labels import read_labels
from affectflow.datasets.video.demo_clips import (
    CLOCK,
    SPLITS,
    TRACKS,
    Clip,
    expected_files,
    frame_ticks,
    label_folder,
    label_path,
    list_path,
    plan,
    sample_path,
)
from affectflow.preprocessing.face.detect import make_detector
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.synthetic.expression import Expression, Face
from affectflow.synthetic.make import affects, make_demo
from affectflow.synthetic.perform import HIDDEN_SHARE, hidden_span, perform
from affectflow.synthetic.portrait import load_portrait
from affectflow.synthetic.signals import NOISE, SIGMA

SCRIPT = ROOT / "workflow" / "scripts" / "demo.py"


def miniature(root: Path, seed: int = 0) -> DemoCorpus:
    return DemoCorpus(kind="demo", root=root, subjects=(3, 2, 1), seconds=2, width=320, height=180, seed=seed)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCorpus:
    corpus = miniature(tmp_path_factory.mktemp("demo"))
    make_demo(corpus)
    return corpus


def tree(root: Path) -> dict[str, bytes]:
    """What a corpus holds, without the records, which tell when and where."""
    files = (p for p in root.rglob("*") if p.is_file() and not p.name.endswith(".record.json"))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files}


def probe(corpus: DemoCorpus, clip: Clip) -> tuple[str, list[int]]:
    """ffmpeg's account of a video, and its presentation times in units of the stream's time base."""
    command = [ffmpeg_binary(), "-hide_banner", "-i", str(corpus.root / clip.path), "-vf", "showinfo"]
    command += ["-fps_mode", "passthrough", "-f", "null", "-"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return output, [int(t) for t in re.findall(r"pts: *(-?\d+)", output)]


def one(clips: list[Clip]) -> Clip:
    assert len(clips) == 1
    return clips[0]


# The plan


def test_default_corpus_has_22_videos_and_24_subjects_in_12_6_6() -> None:
    clips = plan(DemoCorpus(kind="demo"))
    subjects = [actor.subject for clip in clips for actor in clip.actors]
    assert len({clip.video for clip in clips}) == 22
    assert len(set(subjects)) == 24
    assert [sum(len(c.actors) for c in clips if c.split == s) for s in SPLITS] == [12, 6, 6]
    assert len({c.split for c in clips if len(c.actors) == 2}) == 2


@given(counts=st.tuples(*[st.integers(1, 30)] * 3), seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_any_plan_has_the_subjects_asked_for_with_distinct_files(counts: tuple[int, int, int], seed: int) -> None:
    corpus = DemoCorpus(kind="demo", subjects=counts, seed=seed)
    clips = plan(corpus)
    assert tuple(sum(len(c.actors) for c in clips if c.split == s) for s in SPLITS) == counts
    files = expected_files(corpus)
    assert len(set(files)) == len(files)
    for clip in clips:
        names = [a.subject for a in clip.actors]
        assert names in ([clip.video], [f"{clip.video}_left", f"{clip.video}_right"])


@pytest.mark.parametrize("subjects", [(3, 2, 1), (12, 6, 6)])
def test_every_awkward_trait_is_there(subjects: tuple[int, int, int]) -> None:
    clips = plan(DemoCorpus(kind="demo", subjects=subjects))
    silent, variable = one([c for c in clips if c.silent]), one([c for c in clips if c.variable])
    short = one([c for c in clips if any(a.row_short for a in c.actors)])
    assert silent is not variable
    assert short.split == "train"
    assert any(a.gap for c in clips if c.split == "train" for a in c.actors)
    assert sum(len(c.actors) == 2 for c in clips) == 2


def test_planning_loads_no_heavy_package() -> None:
    code = (
        "import sys; from affectflow.config.data.corpora import DemoCorpus;"
        "from affectflow.datasets.video.demo_clips import plan, expected_files;"
        "expected_files(DemoCorpus(kind='demo'));"
        "print(sorted({'numpy', 'cv2', 'dlib', 'torch', 'skimage', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# What is written


def test_exactly_the_expected_files_are_written(demo: DemoCorpus) -> None:
    assert set(tree(demo.root)) == {p.as_posix() for p in expected_files(demo)}
    assert "SYNTHETIC" in (demo.root / "README.txt").read_text()


def test_two_corpora_are_the_same_to_the_byte_and_another_seed_differs(demo: DemoCorpus, tmp_path: Path) -> None:
    copy = demo.model_copy(update={"root": tmp_path / "again"})
    options = [warm.python(), str(SCRIPT), "--corpus", copy.model_dump_json()]
    subprocess.run(options, check=True)
    assert tree(copy.root) == tree(demo.root)
    other = demo.model_copy(update={"root": tmp_path / "other", "seed": 1, "subjects": (1, 1, 1), "seconds": 1.0})
    make_demo(other)
    assert not set(tree(other.root).values()) & {v for k, v in tree(demo.root).items() if k != "README.txt"}


def test_videos_are_h264_and_aac_with_the_planned_frames_at_the_planned_times(demo: DemoCorpus) -> None:
    for clip in plan(demo):
        output, times = probe(demo, clip)
        assert "h264" in output and "320x180" in output
        assert ("Audio: aac" in output) is not clip.silent
        assert f"{CLOCK // 1000}k tbn" in output
        assert times == frame_ticks(demo, clip)


def test_the_variable_clip_is_irregular_and_the_others_are_not(demo: DemoCorpus) -> None:
    for clip in plan(demo):
        gaps = np.diff(frame_ticks(demo, clip))
        assert gaps.min() > 0
        assert (gaps.max() > 2 * gaps.min()) is np.bool_(clip.variable)


def test_labels_have_a_row_a_frame_within_bounds_but_for_the_awkward(demo: DemoCorpus) -> None:
    for clip in plan(demo):
        for actor in clip.actors:
            lines = (demo.root / label_path("va", clip, actor)).read_text().splitlines()
            assert lines[0] == "valence,arousal"
            rows = np.array([[float(v) for v in line.split(",")] for line in lines[1:]])
            assert len(rows) == len(frame_ticks(demo, clip)) - actor.row_short
            missing = (rows == -5).all(1)
            assert missing.any() == actor.gap
            assert (np.abs(rows[~missing]) <= 1).all()
            assert rows[~missing].std(0).min() > 0.01


def test_left_and_right_people_have_different_affect(demo: DemoCorpus) -> None:
    for clip in plan(demo):
        if len(clip.actors) == 2:
            left, right = (p.path(np.linspace(0, 2, 30)) for p in affects(demo, clip))
            assert np.abs(left - right).mean() > 0.2


def test_the_samples_list_every_frame_of_every_test_subject_in_order(demo: DemoCorpus) -> None:
    test = [(c, a.subject) for c in plan(demo) if c.split == "test" for a in c.actors]
    for name in TRACKS:
        assert (demo.root / list_path(name)).read_text().splitlines() == [subject for _, subject in test]
        header, *rows = (demo.root / sample_path(name)).read_text().splitlines()
        assert header == ",".join(("image_location", *track_of(name).header))
        assert rows == [f"{s}/{n + 1:05d}.jpg," for c, s in test for n in range(len(frame_ticks(demo, c)))]


def test_test_labels_are_nowhere_but_in_the_held_out_folder(demo: DemoCorpus) -> None:
    for name, folder in (("va", "VA_Set"), ("expr", "EXPR_Set"), ("au", "AU_Set")):
        held_out = {p.stem for p in (demo.root / label_folder(name, "test")).iterdir()}
        public = {p.stem for p in (demo.root / folder).rglob("*.txt")}
        assert public
        assert held_out == set((demo.root / list_path(name)).read_text().split())
        assert not held_out & public


def test_expressions_and_units_are_annotated_where_valence_and_arousal_are(demo: DemoCorpus) -> None:
    for clip in plan(demo):
        for actor in clip.actors:
            va, expr, au = (
                read_labels(demo.root / label_path(name, clip, actor), track_of(name)) for name in ("va", "expr", "au")
            )
            assert len(va) == len(expr) == len(au)
            missing = np.isnan(va).any(axis=1)
            assert (np.isnan(expr) == missing[:, None]).all()
            assert (np.isnan(au) == missing[:, None]).all()


def test_ffmpeg_that_fails_is_named_and_leaves_nothing(demo: DemoCorpus, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no encoder here >&2\nexit 3\n")
    program.chmod(0o755)
    corpus = demo.model_copy(update={"root": tmp_path / "broken"})
    options = [warm.python(), str(SCRIPT), "--corpus", corpus.model_dump_json(), "--ffmpeg", str(program)]
    result = subprocess.run(options, capture_output=True, text=True)
    assert result.returncode == 2
    assert re.search(r"^error: .*\.mp4: ffmpeg could not write .*no encoder here$", result.stderr, re.MULTILINE)
    assert not list(corpus.root.rglob("*.mp4"))


# What is shown


def test_paths_stay_in_bounds_and_each_stream_shows_them_with_its_own_noise() -> None:
    corpus = DemoCorpus(kind="demo")
    time = np.linspace(0, corpus.seconds, 200)
    people = [p for clip in plan(corpus) for p in affects(corpus, clip)]
    paths = np.stack([p.path(time) for p in people])
    assert np.abs(paths).max() <= 1
    assert 0.4 < paths.std() < 0.6
    noise = {s: np.stack([p.observed(s, time) for p in people]) - paths for s in SIGMA}
    for stream, sigma in SIGMA.items():
        # Clipping of the extremes only takes away.
        np.testing.assert_allclose(noise[stream].std((0, 1)), NOISE * np.array(sigma), rtol=0.2)
    flat = np.stack([noise[s][..., d].ravel() for s in SIGMA for d in (0, 1)])
    assert np.abs(np.corrcoef(flat) - np.eye(len(flat))).max() < 0.5


def test_a_tenth_of_each_clip_hides_the_face() -> None:
    corpus = DemoCorpus(kind="demo")
    for clip in plan(corpus):
        time = np.array(frame_ticks(corpus, clip)) / CLOCK
        for actor in clip.actors:
            start, end = hidden_span(corpus, actor)
            share = ((time >= start) & (time <= end)).mean()
            assert share == pytest.approx(HIDDEN_SHARE, abs=0.025)


def test_left_is_left_of_right_in_every_frame() -> None:
    corpus, portrait = DemoCorpus(kind="demo"), load_portrait()
    clip = next(c for c in plan(corpus) if len(c.actors) == 2)
    time = np.array(frame_ticks(corpus, clip)) / CLOCK
    cast = [perform(corpus, portrait, a, p, time) for a, p in zip(clip.actors, affects(corpus, clip), strict=True)]
    assert [a.side for a in clip.actors] == ["left", "right"]
    assert max(p.x for p in cast[0].postures) < corpus.width / 2 < min(p.x for p in cast[1].postures)


def test_a_face_detector_finds_every_open_face_on_its_side(tmp_path: Path) -> None:
    corpus = DemoCorpus(kind="demo", root=tmp_path, subjects=(2, 1, 1), seconds=2.5, seed=1)
    make_demo(corpus)
    clip = plan(corpus)[0]
    spans = [hidden_span(corpus, actor) for actor in clip.actors]
    film = cv2.VideoCapture(str(corpus.root / clip.path))
    count = 0
    detector = make_detector("blazeface", 0.5)
    for tick in frame_ticks(corpus, clip):
        success, frame = film.read()
        assert success
        if any(start - 0.25 < tick / CLOCK < end + 0.25 for start, end in spans):
            continue
        left, right = sorted((face.left + face.right) / 2 for face in detector.detect(frame))
        assert left < corpus.width / 2 < right
        count += 1
    assert count >= 3


def test_mouth_and_eyes_of_the_warped_face_follow_the_expression() -> None:
    portrait = load_portrait()
    face = Face(portrait)
    closed, opened = (face.show(Expression(0, mouth, 1, 0)) for mouth in (0.0, 1.0))
    x, y = (int(v) for v in 2 * (portrait.landmarks[66] + [0, 4]))
    assert opened[y, x, :3].mean() < 60 < closed[y, x, :3].mean()
    (left, top), (right, bottom) = (f(portrait.landmarks[36:42] * 2, axis=0) for f in (np.min, np.max))
    eye = np.s_[int(top) : int(bottom) + 1, int(left) + 6 : int(right) - 5, :3]
    awake, asleep = (face.show(Expression(0, 0, eyes, 0))[eye] for eyes in (1.0, 0.0))
    assert asleep.mean() > awake.mean() + 15
    brow = np.s_[160:180, 372:430]
    assert (face.show(Expression(0, 0, 0, 0))[brow] == face.show(Expression(0, 0, 1, 0))[brow]).mean() > 0.9
