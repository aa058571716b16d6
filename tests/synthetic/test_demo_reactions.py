"""The demo corpus of reactions: its plan, its layout, its awkward clips, and that it is the same every time."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import ROOT
from test_demo_corpus import probe, tree

from affectflow.config.data.clip_corpora import HumeCorpus, HumeDemoCorpus
from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_reactions import HELD_OUT_LABELS, plan_reactions, reaction_files
from affectflow.datasets.video.hume_tables import read_intensities, read_partition
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.registry import list_corpus
from affectflow.preprocessing.media.probe import UnreadableError
from affectflow.preprocessing.media.probe import probe as opened
from affectflow.synthetic.make_reactions import make_reactions, reaction_affect, reaction_intensities
from affectflow.synthetic.reaction_plane import CENTRES, REACH, intensities
from affectflow.synthetic.signals import Stream

SCRIPT = ROOT / "workflow" / "scripts" / "demo.py"
REACTIONS = track_of("eri").targets
STREAMS: tuple[Stream, ...] = ("face", "voice")
TIMES = np.linspace(0, 1, 40)


def miniature(root: Path, **changes: object) -> HumeDemoCorpus:
    small = {"root": root, "clips": (3, 2, 2), "seconds": 2.4, "width": 320, "height": 180}
    return HumeDemoCorpus.model_validate({"kind": "demo_hume", **small, **changes})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> HumeDemoCorpus:
    corpus = miniature(tmp_path_factory.mktemp("demo_hume"))
    make_reactions(corpus)
    return corpus


def listed(corpus: HumeCorpus | HumeDemoCorpus) -> Listing:
    return list_corpus(corpus, ["eri"])["eri"]


def by_trait(corpus: HumeDemoCorpus) -> dict[str, list[str]]:
    """The split of each clip with a trait."""
    clips = plan_reactions(corpus)
    traits = {
        "silent": lambda r: r.clip.silent,
        "unreadable": lambda r: r.unreadable,
        "listed only": lambda r: r.listed_only,
    }
    return {name: [its.clip.split for its in clips if has(its)] for name, has in traits.items()}


def test_the_default_has_144_clips_and_one_of_each_awkward_kind() -> None:
    corpus = HumeDemoCorpus(kind="demo_hume")
    clips = plan_reactions(corpus)
    assert [sum(its.clip.split == s for its in clips) for s in ("train", "validation", "test")] == [72, 36, 36]
    assert {its.seconds for its in clips} == {2.0, 4.0} and sum(its.seconds == 2.0 for its in clips) == 48
    assert by_trait(corpus) == {"silent": ["train"], "unreadable": ["validation"], "listed only": ["test"]}


@given(counts=st.tuples(*[st.integers(1, 40)] * 3), seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_plan_has_the_clips_asked_for_and_something_readable_in_every_split(
    counts: tuple[int, int, int], seed: int
) -> None:
    corpus = HumeDemoCorpus(kind="demo_hume", clips=counts, seed=seed)
    clips = plan_reactions(corpus)
    assert tuple(sum(its.clip.split == s for its in clips) for s in ("train", "validation", "test")) == counts
    names = [its.name for its in clips]
    assert len(set(names)) == len(names) and all(len(name) == 5 and name.isdigit() for name in names)
    files = reaction_files(corpus)
    assert len(set(files)) == len(files) == sum(counts) + 4 - (counts[2] > 1)
    readable = {its.clip.split for its in clips if not its.unreadable and not its.listed_only}
    assert readable == {"train", "validation", "test"}


@given(
    place=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    moved=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=1, max_size=5),
)
def test_intensities_are_relative_to_the_nearest_reaction(
    place: tuple[float, float], moved: list[tuple[float, float]]
) -> None:
    path = np.array(place) + np.array(moved)
    found = intensities(path, REACTIONS)
    away = np.linalg.norm(np.array([CENTRES[name] for name in REACTIONS]) - path.mean(axis=0), axis=1)
    assert found.max() == 1.0 == found[away.argmin()] and found.min() >= 0
    assert (np.diff(found[away.argsort()]) <= 0).all()
    bell = np.exp(-(away**2) / (2 * REACH**2))
    np.testing.assert_allclose(found, bell / bell.max(), atol=0.005 + 1e-9)


def test_intensities_by_hand() -> None:
    # At the centre of disgust; anxiety is 0.602 away, and e^(-0.602^2 / 0.405) is 0.41.
    found = dict(zip(REACTIONS, intensities(np.array([CENTRES["disgust"]]), REACTIONS), strict=True))
    assert found["disgust"] == 1.0 and found["anxiety"] == 0.41


def test_exactly_the_expected_files_are_written(made: HumeDemoCorpus) -> None:
    assert set(tree(made.root)) == {path.as_posix() for path in reaction_files(made)}
    assert "SYNTHETIC" in (made.root / "README.txt").read_text()


def test_its_layout_is_that_of_hume_reaction(made: HumeDemoCorpus) -> None:
    read = listed(HumeCorpus(kind="hume", root=made.root))
    planned = listed(made)
    assert read.held_out is None and planned.held_out == made.root / "held_out_test_labels"
    assert {**vars(planned), "held_out": None} == vars(read)
    assert len(read.remarks) == 1 and read.remarks[0].startswith("1 clip(s) of the corpus's tables have no file")


def test_it_is_listed_before_it_is_made(made: HumeDemoCorpus, tmp_path: Path) -> None:
    later = made.model_copy(update={"root": tmp_path / "later"})
    assert listed(later).splits == listed(made).splits and not later.root.exists()


def test_tables_hold_what_was_felt_and_test_labels_lie_apart(made: HumeDemoCorpus) -> None:
    shown_labels, held_out = read_intensities(made.root / "labels.csv"), read_intensities(made.root / HELD_OUT_LABELS)
    entries = read_partition(made.root / "partition.csv")
    assert (
        entries
        and list(entries) == sorted(entries)
        and all(its.written == f"[{clip}]" for clip, its in entries.items())
    )
    for its in plan_reactions(made):
        test = its.clip.split == "test"
        known = (held_out if test else shown_labels)[its.name].intensities
        assert known == tuple(reaction_intensities(made, its)) and max(known or ()) == 1.0
        assert entries[its.name].split == its.clip.split
        assert (its.name in shown_labels) is not test and (its.name in held_out) is test


def test_clips_have_their_frames_and_sound_but_for_the_awkward(made: HumeDemoCorpus) -> None:
    for its in plan_reactions(made):
        path = made.root / its.clip.path
        if its.listed_only:
            assert not path.exists()
        elif its.unreadable:
            with pytest.raises(UnreadableError, match="cut short"):
                opened(path)
        else:
            said, times = probe(DemoCorpus(kind="demo", root=made.root), its.clip)
            assert len(times) == round(its.seconds * made.rate) and "320x180" in said
            assert ("Audio: aac" in said) is not its.clip.silent


def test_two_corpora_are_the_same_to_the_byte_and_another_seed_differs(made: HumeDemoCorpus, tmp_path: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    options = ["--corpus", made.model_copy(update={"root": again}).model_dump_json()]
    subprocess.run([warm.python(), SCRIPT, *options], check=True)
    assert tree(again) == tree(made.root)
    make_reactions(miniature(other, seed=1, clips=(1, 1, 1), seconds=1))
    assert not set(tree(other).values()) & {v for k, v in tree(made.root).items() if k != "README.txt"}


def test_the_command_makes_either_layout(tmp_path: Path) -> None:
    command = [warm.python(), "-m", "affectflow.cli.main", "demo", tmp_path / "made", "--layout", "hume"]
    refused = subprocess.run([*command, "--subjects", "1", "1", "1"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2 and "--subjects is not of --layout hume, which counts --clips" in refused.stderr
    said = subprocess.run([*command, "--clips", "1", "1", "1", "--seconds", "1"], capture_output=True, text=True)
    assert said.returncode == 0 and "it is synthetic" in said.stdout
    corpus = HumeDemoCorpus(kind="demo_hume", clips=(1, 1, 1), seconds=1)
    assert set(tree(tmp_path / "made")) == {path.as_posix() for path in reaction_files(corpus)}


def test_face_and_voice_together_tell_more_than_each_alone() -> None:
    corpus = HumeDemoCorpus(kind="demo_hume", clips=(140, 1, 1))
    clips = [its for its in plan_reactions(corpus) if its.clip.split == "train"]
    truth = np.array([reaction_intensities(corpus, its) for its in clips])
    seen = {
        stream: np.array(
            [reaction_affect(corpus, its).observed(stream, TIMES * its.seconds).mean(axis=0) for its in clips]
        )
        for stream in STREAMS
    }

    def score(points: np.ndarray) -> float:
        guess = np.array([intensities(point[None], REACTIONS) for point in points])
        return float(np.mean([np.corrcoef(g, t)[0, 1] for g, t in zip(guess.T, truth.T, strict=True)]))

    alone = {stream: score(points) for stream, points in seen.items()}
    # Of each target what the clearer stream shows: the face's valence, the voice's arousal.
    both = score(np.stack([seen["face"][:, 0], seen["voice"][:, 1]], axis=1))
    assert min(alone.values()) > 0.5 and max(alone.values()) + 0.03 < both < 0.95
    strongest = np.bincount(truth.argmax(axis=1), minlength=len(REACTIONS))
    assert strongest.min() >= 10
