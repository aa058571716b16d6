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
def demo(tmp_path_factory: pytest.TempPathFactory) -> HumeDemoCorpus:
    corpus = miniature(tmp_path_factory.mktemp("demo_hume"))
    make_reactions(corpus)
    return corpus


def list_clips(corpus: HumeCorpus | HumeDemoCorpus) -> Listing:
    return list_corpus(corpus, ["eri"])["eri"]


def by_trait(corpus: HumeDemoCorpus) -> dict[str, list[str]]:
    """The split of each clip with a trait."""
    clips = plan_reactions(corpus)
    traits = {
        "silent": lambda r: r.clip.silent,
        "unreadable": lambda r: r.unreadable,
        "listed only": lambda r: r.listed_only,
    }
    return {name: [reaction.clip.split for reaction in clips if has(reaction)] for name, has in traits.items()}


def test_the_default_has_144_clips_and_one_of_each_awkward_kind() -> None:
    corpus = HumeDemoCorpus(kind="demo_hume")
    clips = plan_reactions(corpus)
    assert [sum(r.clip.split == s for r in clips) for s in ("train", "validation", "test")] == [72, 36, 36]
    assert {r.seconds for r in clips} == {2.0, 4.0} and sum(r.seconds == 2.0 for r in clips) == 48
    assert by_trait(corpus) == {"silent": ["train"], "unreadable": ["validation"], "listed only": ["test"]}


@given(counts=st.tuples(*[st.integers(1, 40)] * 3), seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_plan_has_the_clips_asked_for_and_something_readable_in_every_split(
    counts: tuple[int, int, int], seed: int
) -> None:
    corpus = HumeDemoCorpus(kind="demo_hume", clips=counts, seed=seed)
    clips = plan_reactions(corpus)
    assert tuple(sum(reaction.clip.split == s for reaction in clips) for s in ("train", "validation", "test")) == counts
    names = [reaction.name for reaction in clips]
    assert len(set(names)) == len(names) and all(len(name) == 5 and name.isdigit() for name in names)
    files = reaction_files(corpus)
    assert len(set(files)) == len(files) == sum(counts) + 4 - (counts[2] > 1)
    readable = {reaction.clip.split for reaction in clips if not reaction.unreadable and not reaction.listed_only}
    assert readable == {"train", "validation", "test"}


@given(
    place=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    offsets=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=1, max_size=5),
)
def test_intensities_are_relative_to_the_nearest_reaction(
    place: tuple[float, float], offsets: list[tuple[float, float]]
) -> None:
    path = np.array(place) + np.array(offsets)
    values = intensities(path, REACTIONS)
    distances = np.linalg.norm(np.array([CENTRES[name] for name in REACTIONS]) - path.mean(axis=0), axis=1)
    assert values.max() == 1.0 == values[distances.argmin()] and values.min() >= 0
    assert (np.diff(values[distances.argsort()]) <= 0).all()
    bell = np.exp(-(distances**2) / (2 * REACH**2))
    np.testing.assert_allclose(values, bell / bell.max(), atol=0.005 + 1e-9)


def test_intensities_by_hand() -> None:
    # At the centre of disgust; anxiety is 0.602 away, and e^(-0.602^2 / 0.405) is 0.41.
    values = dict(zip(REACTIONS, intensities(np.array([CENTRES["disgust"]]), REACTIONS), strict=True))
    assert values["disgust"] == 1.0 and values["anxiety"] == 0.41


def test_exactly_the_expected_files_are_written(demo: HumeDemoCorpus) -> None:
    assert set(tree(demo.root)) == {path.as_posix() for path in reaction_files(demo)}
    assert "SYNTHETIC" in (demo.root / "README.txt").read_text()


def test_its_layout_is_that_of_hume_reaction(demo: HumeDemoCorpus) -> None:
    official_listing = list_clips(HumeCorpus(kind="hume", root=demo.root))
    demo_listing = list_clips(demo)
    assert official_listing.held_out is None and demo_listing.held_out == demo.root / "held_out_test_labels"
    assert {**vars(demo_listing), "held_out": None} == vars(official_listing)
    assert len(official_listing.remarks) == 1 and official_listing.remarks[0].startswith(
        "1 clip(s) of the corpus's tables have no file"
    )


def test_it_is_listed_before_it_is_made(demo: HumeDemoCorpus, tmp_path: Path) -> None:
    later = demo.model_copy(update={"root": tmp_path / "later"})
    assert list_clips(later).splits == list_clips(demo).splits and not later.root.exists()


def test_tables_hold_what_was_felt_and_test_labels_lie_apart(demo: HumeDemoCorpus) -> None:
    shown_labels, held_out = read_intensities(demo.root / "labels.csv"), read_intensities(demo.root / HELD_OUT_LABELS)
    entries = read_partition(demo.root / "partition.csv")
    assert (
        entries
        and list(entries) == sorted(entries)
        and all(row.written == f"[{clip}]" for clip, row in entries.items())
    )
    for reaction in plan_reactions(demo):
        test = reaction.clip.split == "test"
        annotated = (held_out if test else shown_labels)[reaction.name].intensities
        assert annotated == tuple(reaction_intensities(demo, reaction)) and max(annotated or ()) == 1.0
        assert entries[reaction.name].split == reaction.clip.split
        assert (reaction.name in shown_labels) is not test and (reaction.name in held_out) is test


def test_clips_have_their_frames_and_sound_but_for_the_awkward(demo: HumeDemoCorpus) -> None:
    for reaction in plan_reactions(demo):
        path = demo.root / reaction.clip.path
        if reaction.listed_only:
            assert not path.exists()
        elif reaction.unreadable:
            with pytest.raises(UnreadableError, match="cut short"):
                opened(path)
        else:
            output, times = probe(DemoCorpus(kind="demo", root=demo.root), reaction.clip)
            assert len(times) == round(reaction.seconds * demo.rate) and "320x180" in output
            assert ("Audio: aac" in output) is not reaction.clip.silent


def test_two_corpora_are_the_same_to_the_byte_and_another_seed_differs(demo: HumeDemoCorpus, tmp_path: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    options = ["--corpus", demo.model_copy(update={"root": again}).model_dump_json()]
    subprocess.run([warm.python(), SCRIPT, *options], check=True)
    assert tree(again) == tree(demo.root)
    make_reactions(miniature(other, seed=1, clips=(1, 1, 1), seconds=1))
    assert not set(tree(other).values()) & {v for k, v in tree(demo.root).items() if k != "README.txt"}


def test_the_command_makes_either_layout(tmp_path: Path) -> None:
    command = [warm.python(), "-m", "affectflow.cli.main", "demo", tmp_path / "made", "--layout", "hume"]
    failure = subprocess.run([*command, "--subjects", "1", "1", "1"], capture_output=True, text=True, check=False)
    assert failure.returncode == 2 and "--subjects is not of --layout hume, which counts --clips" in failure.stderr
    result = subprocess.run([*command, "--clips", "1", "1", "1", "--seconds", "1"], capture_output=True, text=True)
    assert result.returncode == 0 and "it is synthetic" in result.stdout
    corpus = HumeDemoCorpus(kind="demo_hume", clips=(1, 1, 1), seconds=1)
    assert set(tree(tmp_path / "made")) == {path.as_posix() for path in reaction_files(corpus)}


def test_face_and_voice_together_tell_more_than_each_alone() -> None:
    corpus = HumeDemoCorpus(kind="demo_hume", clips=(140, 1, 1))
    clips = [reaction for reaction in plan_reactions(corpus) if reaction.clip.split == "train"]
    truth = np.array([reaction_intensities(corpus, reaction) for reaction in clips])
    observed = {
        stream: np.array(
            [
                reaction_affect(corpus, reaction).observed(stream, TIMES * reaction.seconds).mean(axis=0)
                for reaction in clips
            ]
        )
        for stream in STREAMS
    }

    def score(points: np.ndarray) -> float:
        guess = np.array([intensities(point[None], REACTIONS) for point in points])
        return float(np.mean([np.corrcoef(g, t)[0, 1] for g, t in zip(guess.T, truth.T, strict=True)]))

    scores = {stream: score(points) for stream, points in observed.items()}
    # Of each target what the clearer stream shows: the face's valence, the voice's arousal.
    both = score(np.stack([observed["face"][:, 0], observed["voice"][:, 1]], axis=1))
    assert min(scores.values()) > 0.5 and max(scores.values()) + 0.03 < both < 0.95
    strongest = np.bincount(truth.argmax(axis=1), minlength=len(REACTIONS))
    assert strongest.min() >= 10
