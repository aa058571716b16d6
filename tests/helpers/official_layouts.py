"""Miniatures of every corpus that a shipped configuration names, each in its official layout: names and labels that a
start of the workflow reads, without media."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import corpus_factory
from affectnet_factory import write_first
from artifact_factory import Person, make_corpus
from hume_factory import write_hume
from omg_factory import make_omg
from stills_factory import WRITERS

from affectflow.config.system.members import members_of
from affectflow.config.system.settings import Run
from affectflow.core.tracks import track_of
from affectflow.datasets.video.layout import CHALLENGE_FOLDERS, SPLIT_FOLDERS, TEST_LISTS
from affectflow.preflight.starts import model_of

SUBJECTS = {"train": ("1-30-1280x720", "2", "3_left"), "validation": ("10", "11"), "test": ("20", "21")}
VIDEOS = ("1-30-1280x720", "2", "3", "10", "11", "20", "21")


def write_affwild2(run: Run) -> None:
    """Aff-Wild2 with test lists and without test labels, which the organisers keep; with the organisers' faces where
    the settings name their folder."""
    root = run.corpus.root
    for video in VIDEOS:
        corpus_factory.empty(root / "videos" / f"{video}.mp4")
    for name in TEST_LISTS:
        header = ",".join(track_of(name, run.edition).header)
        row = ",".join("0" for _ in header.split(","))
        for split in ("train", "validation"):
            folder = root / CHALLENGE_FOLDERS[name][-1] / SPLIT_FOLDERS[split][0]
            for subject in SUBJECTS[split]:
                corpus_factory.write(folder / f"{subject}.txt", f"{header}\n{row}\n")
        corpus_factory.write(root / TEST_LISTS[name], "\n".join(SUBJECTS["test"]) + "\n")
    if faces := getattr(run.corpus, "cropped_aligned", None):
        for subject in (name for names in SUBJECTS.values() for name in names):
            corpus_factory.empty(root / faces / subject / "00001.jpg")


def write_affwild(run: Run) -> None:
    """Aff-Wild, whose test labels are not given out either."""
    corpus_factory.affwild(run.corpus.root, [f"{n:03d}" for n in range(1, 9)], test=["101", "102"])


def write_bp4d(run: Run) -> None:
    """BP4D or BP4D+."""
    corpus_factory.bp4d(run.corpus.root, corpus_factory.TASKS)


VIDEO_CORPORA: dict[str, Callable[[Run], object]] = {
    "affwild2": write_affwild2,
    "affwild": write_affwild,
    "omg": lambda run: make_omg(run.corpus.root),
    "afewva": lambda run: corpus_factory.afewva(run.corpus.root, corpus_factory.VIDEOS),
    "disfa": lambda run: corpus_factory.disfa(run.corpus.root, corpus_factory.PEOPLE),
    "bp4d": write_bp4d,
    "hume": lambda run: write_hume(run.corpus.root),
    "demo": lambda run: None,
    "demo_hume": lambda run: None,
}
"""By kind; those of the demonstrations are made by the workflow."""


def write_corpora(run: Run) -> None:
    """The corpora of a run, and what runs before it leave: the models that it starts from, and the artifacts of other
    video corpora that its branches learn from."""
    VIDEO_CORPORA[run.corpus.kind](run)
    for image_corpus in run.images.values():
        if image_corpus.kind == "affectnet":
            image_corpus.root.mkdir(parents=True, exist_ok=True)
            write_first(image_corpus.root, {"train": 11, "validation": 11})
        elif image_corpus.kind in WRITERS and not image_corpus.root.exists():
            WRITERS[image_corpus.kind](image_corpus.root)
    for system in run.used.values():
        for branch in system.branches.values():
            for name in branch.init.values():
                if "/" in name:
                    corpus_factory.empty(model_of(name, run.seed))
            for corpus, tracks in members_of(branch)[1].items():
                if corpus != run.corpus.name:
                    write_artifacts(Path("work") / corpus, tracks)


def write_artifacts(work: Path, tracks: Iterable[str]) -> None:
    """Manifest, labels and faces of a video corpus, as a run on it leaves them."""
    manifest, labels, _ = make_corpus(work.parent / f"{work.name}.made", [Person("a", "train", 2)])
    shutil.copytree(manifest.parent, work, dirs_exist_ok=True)
    for track in tracks:
        for path in (manifest, labels):
            corpus_factory.empty(work / track / path.name).write_bytes(path.read_bytes())
