"""Which files say what a track's test set holds: those that settings name, else those that are there."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from affectflow.config.data.corpora import AffWild2Corpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.listing import read_names
from affectflow.datasets.video.official_tests import OfficialTests

_SHOWN = 3
_RUN = re.compile(rb"^([^/\n]+)/.*\n(?:\1/.*\n)*", re.MULTILINE)
"""Rows of one subject: millions of them are looked at whenever the workflow starts."""


@dataclass(frozen=True)
class ChosenTests:
    """What says which test subjects a track has."""

    list: Path | None
    sample: Path | None
    subjects: Sequence[str]
    """From the list, else from the sample; in its order."""
    remarks: tuple[str, ...]
    """What was found, in words; what settings name needs none."""


def choose_tests(
    corpus: AffWild2Corpus, track: TrackName, official_tests: OfficialTests, labelled: Collection[str]
) -> ChosenTests:
    """The list and the sample of a track's test set. A file that settings name goes before those that are found.

    Args:
        corpus: whose settings may name them.
        track: the track.
        official_tests: the files that were found.
        labelled: the track's subjects with labels: a list of these alone is of another split.

    Raises:
        InputError: a file that settings name is not there, or files that say what is tested disagree; names both.
    """
    lists = [path for path in official_tests.lists[track] if not set(read_names(path)) <= set(labelled)]
    test_list = _choose_file(corpus, corpus.test_list.get(track), lists, read_names, f"corpus.test_list.{track}")
    sample = _choose_file(
        corpus, corpus.test_sample.get(track), official_tests.samples[track], _images, f"corpus.test_sample.{track}"
    )
    from_list, from_sample = read_names(test_list) if test_list else [], sample_subjects(sample) if sample else []
    if test_list and sample and set(from_list) != set(from_sample):
        if track in corpus.test_list and track not in corpus.test_sample:
            sample = None
        elif track in corpus.test_sample and track not in corpus.test_list:
            test_list = None
        elif track not in corpus.test_list or set(from_sample) - set(from_list):
            raise InputError(_describe_disagreement(test_list, sample, from_list, from_sample, track))
    sources = {"subjects from {}": None if track in corpus.test_list else test_list}
    sources["rows from {}"] = None if track in corpus.test_sample else sample
    descriptions = [template.format(path) for template, path in sources.items() if path]
    subjects = from_list if test_list else from_sample
    remark = f"track {track}: {len(subjects)} test subjects; found {' and '.join(descriptions)}"
    return ChosenTests(test_list, sample, subjects, (remark,) if descriptions else ())


def sample_subjects(path: Path) -> list[str]:
    """The subjects of a sample prediction file, each once, in its order."""
    _, _, rows = path.read_bytes().partition(b"\n")
    return list(dict.fromkeys(run[1].decode(errors="replace").strip() for run in _RUN.finditer(rows + b"\n")))


def _images(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        return [line.partition(",")[0].strip() for line in islice(lines, 1, None)]


def _choose_file(
    corpus: AffWild2Corpus,
    configured: Path | None,
    candidates: list[Path],
    read_subjects: Callable[[Path], list[str]],
    setting: str,
) -> Path | None:
    """The file that settings name, else the first candidate; all candidates must say the same."""
    if configured:
        if not (corpus.root / configured).is_file():
            raise InputError(f"{corpus.root / configured}: no such file; {setting} names it")
        return corpus.root / configured
    for other in candidates[1:]:
        if read_subjects(other) != read_subjects(candidates[0]):
            raise InputError(
                f"{candidates[0]} and {other}: both could be meant, and they disagree; name one in {setting}, "
                "or remove one"
            )
    return candidates[0] if candidates else None


def _describe_disagreement(
    test_list: Path, sample: Path, from_list: Sequence[str], from_sample: Sequence[str], track: TrackName
) -> str:
    differences = [
        f"{len(names)} subject(s) in {path.name} alone, such as {', '.join(sorted(names)[:_SHOWN])}"
        for path, names in ((test_list, set(from_list) - set(from_sample)), (sample, set(from_sample) - set(from_list)))
        if names
    ]
    return (
        f"{test_list} and {sample}: disagree about the test subjects of track {track}: {'; '.join(differences)}; name "
        f"the one that is meant in corpus.test_list.{track} or corpus.test_sample.{track}, or remove the other"
    )
