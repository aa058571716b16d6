"""FER+ on disk: one table of votes, and a folder of faces for each split."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from affectflow.config.data.images import FerPlusImages
from affectflow.core.errors import InputError
from affectflow.datasets.images.rows import Line, read_stills, table_rows, whole
from affectflow.datasets.images.stills import Annotation, Split, Still, find_one
from affectflow.datasets.problems import log_problems

EXPRESSIONS = (0, 4, 6, 5, 1, 2, 3, 7)
"""Number of a class in the order of Aff-Wild2, by FER+'s: neutral, happiness, surprise, sadness, anger, disgust, fear,
contempt."""

TABLE = "fer2013new.csv"
FOLDERS = {"Training": "FER2013Train", "PublicTest": "FER2013Valid", "PrivateTest": "FER2013Test"}
USAGE: dict[Split, str] = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
_VOTES = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf",
)  # fmt: skip
_MOST_VOTES = 10
_LINE = "line"
"""Key of a row's number: a picture without a name is called by it."""


def ferplus_labels(corpus: FerPlusImages, split: Split) -> Path:
    """The table of all votes.

    Raises:
        InputError: it or the split's folder of faces is not there, or twice; says what was looked for.
    """
    _faces(corpus, split)
    return find_one(corpus.root, (TABLE,), TABLE)


def read_ferplus(corpus: FerPlusImages, split: Split) -> list[Still]:
    """The faces of a split by their table, in its order: usage Training, PublicTest for validation, or PrivateTest for
    the test set, of which the official table has two rows of one picture that contradict each other. Such pictures of
    the test set are not annotated, and logged; in the other splits they are an error.

    A row has the usage, the image's name (empty where it was taken out: `line <number>`, not annotated) and the votes
    for eight classes, `unknown` and `NF` (no face). The class is that with more than half of the votes, where a class's
    only vote does not count (majority voting of Barsoum et al. 2016, as in their code); none, or `unknown` or `NF`, is
    "not annotated". The votes are those of the eight classes, again without any that is a class's only one; there are
    none where `unknown` or `NF` has as many as any class.

    Raises:
        InputError: no table, another header, or bad rows that are, or may be, of the split; names the first of them by
            line.
    """
    labels, folder = ferplus_labels(corpus, split), _faces(corpus, split)
    lines = [replace(line, row={**line.row, _LINE: str(line.number)}) for line in table_rows(labels, _columns)]
    contradicted = _contradicted(labels, lines) if split == "test" else {}

    def make_still(row: Mapping[str, str]) -> Still:
        usage, name = _usage(row), row["image name"].strip()
        if "/" in name or "\\" in name:
            raise ValueError(f"Image name is {name!r}, expected the name of a file without folders")
        annotation = _annotation([whole(vote, row[vote], 0, _MOST_VOTES) for vote in _VOTES])
        faces = folder.parent / FOLDERS[usage]
        unusable = not name or (usage, name) in contradicted
        return Still(name or f"line {row[_LINE]}", faces / name, Annotation() if unusable else annotation, "whole")

    all_stills = read_stills(labels, lines, make_still, lambda row: _usage(row) == USAGE[split])
    stills = [still for still in all_stills if folder in (still.path, still.path.parent)]
    if not stills:
        raise InputError(f"{labels}: has no row of usage {USAGE[split]}")
    return stills


def _faces(corpus: FerPlusImages, split: Split) -> Path:
    name = FOLDERS[USAGE[split]]
    return find_one(corpus.root, (name, f"data/{name}"), f"{name}/ or data/{name}/")


def _usage(row: Mapping[str, str]) -> str:
    usage = row["usage"].strip()
    if usage not in FOLDERS:
        raise ValueError(f"Usage is {usage!r}, expected {', '.join(FOLDERS)}")
    return usage


def _columns(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    if missing := [name for name in ("usage", "image name", *_VOTES) if name not in names]:
        raise ValueError(f"lacks the column(s) {', '.join(missing)}; found {','.join(header)[:200]!r}")
    return names


def _contradicted(labels: Path, lines: Sequence[Line[dict[str, str]]]) -> dict[tuple[str, str], list[str]]:
    """The test pictures that have rows with different votes, by usage and name, with these rows' numbers; logged."""
    votes: dict[tuple[str, str], dict[str, list[str]]] = {}
    for line in lines:
        row = line.row
        if not line.fault and row["usage"].strip() == USAGE["test"] and (name := row["image name"].strip()):
            counts = ",".join(row[vote].strip() for vote in _VOTES)
            votes.setdefault((USAGE["test"], name), {}).setdefault(counts, []).append(row[_LINE])
    several = {key: [number for rows in by.values() for number in rows] for key, by in votes.items() if len(by) > 1}
    problems = [f"{name} has other votes in each of lines {', '.join(rows)}" for (_, name), rows in several.items()]
    log_problems(labels, "test picture(s) are left out, as their rows contradict each other", problems)
    return several


def _annotation(votes: list[int]) -> Annotation:
    counted = [count if count > 1 else 0 for count in votes]
    classes, others = counted[: len(EXPRESSIONS)], counted[len(EXPRESSIONS) :]
    if max(classes) <= max(others):
        return Annotation()
    winner = classes.index(max(classes))
    majority = EXPRESSIONS[winner] if 2 * classes[winner] > sum(counted) else None
    by_class = dict(zip(EXPRESSIONS, classes, strict=True))
    return Annotation(expression=majority, votes=tuple(by_class[place] for place in sorted(by_class)))
