"""Scores of every method on the validation split."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.predictions import read_branches
from affectflow.errors import InputError
from affectflow.training.annotated import TARGETS, lay_labels
from affectflow.training.late_fusion import read_weights


@dataclass(frozen=True)
class Score:
    """Track 1's score of one method."""

    ccc_valence: float
    ccc_arousal: float
    frames: int
    """Annotated frames that were scored, all subjects taken together."""
    subjects: int
    weights: str
    """How the fusion weights were found: `search`, `ccc` or `equal`."""

    @property
    def total(self) -> float:
        """Mean of the two CCCs: the challenge's score."""
        return (self.ccc_valence + self.ccc_arousal) / 2


def score_methods(weights: Path, predictions: Mapping[str, Path], labels: Path) -> dict[str, Score]:
    """Score every method of a weights file on the annotated validation frames.

    Args:
        weights: what the fusion stored.
        predictions: validation predictions by branch.
        labels: label table.

    Raises:
        InputError: a branch has no predictions, or tables do not fit together.
    """
    methods = read_weights(weights)
    names = list(predictions)
    for title, method in methods.items():
        missing = [branch for branch in method.branches if branch not in names]
        if missing:
            raise InputError(f"method {title!r} needs branch {', '.join(missing)}; no predictions are given")
    tables = read_branches(predictions)
    annotated = lay_labels(labels, tables[names[0]])
    every = {target: annotated.moments(list(tables.values()), target) for target in TARGETS}
    scores = {}
    for title, method in methods.items():
        columns = [names.index(branch) for branch in method.branches] + [len(names)]
        ccc = {t: float(every[t].select(columns).ccc(method.vector(t))) for t in TARGETS}
        scores[title] = Score(ccc["valence"], ccc["arousal"], annotated.frames, annotated.subjects, method.found_by)
    return scores
