"""How the scores of branches are fused, and the rows of a table that come of it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings


class Fusion(Settings):
    """Weighted late fusion of scores (Antoniadis et al., section 4.1)."""

    weights: Literal["search", "score", "equal"] = "search"
    """`search`: the weights with the best validation score, separately for each target (valence, arousal, the
    expression, every action unit); `score`: proportional to each branch's validation score for the target (Kollias and
    Zafeiriou, equation 3); `equal`."""
    step: Annotated[float, Field(gt=0, le=0.5)] = 0.01
    """Grid of the search: weights are multiples of this step and sum to 1."""
    thresholds: Literal["half", "fitted"] = "half"
    """`au`: probability from which an action unit counts as active. `half`: 0.5; `fitted`: the threshold with the
    unit's best validation score for the fused probabilities. Antoniadis et al. are silent."""

    @model_validator(mode="after")
    def _step_divides_one(self) -> "Fusion":
        if abs(round(1 / self.step) * self.step - 1) > 1e-9:
            raise ValueError(f"step {self.step} does not divide 1: no weights on its grid sum to 1; try 0.01")
        return self


class Method(Settings):
    """One row of a table: the branches that are fused, and the paper's figures."""

    branches: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Branches that are fused. If `targets` is set, these are all branches that it names and may be left out."""
    targets: dict[str, Annotated[tuple[Name, ...], Field(min_length=1)]] = {}
    """Branches that are fused for each target, valence and arousal, if they differ (Meng et al., tables 3 and 4)."""
    folds: bool = False
    """Whether each branch is represented by the mean over its trainings on the run's `folds` (Meng et al., section
    4.6). This is for the test split only: most of these trainings have learnt from every validation subject."""
    paper: dict[str, float] = {}
    """The paper's figures on the validation split of Aff-Wild2, by score."""
    paper_test: dict[str, float] = {}
    """The paper's figures on the test split."""

    @model_validator(mode="before")
    @classmethod
    def _collect_branches(cls, values: object) -> object:
        if isinstance(values, dict) and "branches" not in values and isinstance(values.get("targets"), dict):
            named_branches = [
                branch for group in values["targets"].values() if isinstance(group, list | tuple) for branch in group
            ]
            return values | {"branches": list(dict.fromkeys(named_branches))}
        return values

    @model_validator(mode="after")
    def _agree(self) -> "Method":
        if self.targets and set(self.branches) != {name for names in self.targets.values() for name in names}:
            raise ValueError("branches and targets name others; leave out branches where targets names them")
        return self

    def of(self, target: str) -> tuple[Name, ...]:
        """The branches that are fused for a target."""
        return self.targets[target] if self.targets else self.branches

    def members(self, target: str, folds: int) -> tuple[str, ...]:
        """What is averaged for a target: its branches, or with `folds` each of their trainings, `<branch>:fold<n>`.

        Args:
            target: of the track.
            folds: the run's.
        """
        if not self.folds:
            return self.of(target)
        return tuple(member_name(name, f"fold{number}") for name in self.of(target) for number in range(1, folds + 1))


_JOINT = ":"
"""Between branch and fold; no name of a branch has one."""


def member_name(branch: str, fold: str | None) -> str:
    """The inverse of `member_of`."""
    return branch if fold is None else branch + _JOINT + fold


def member_of(member: str) -> tuple[str, str | None]:
    """The branch of a member of a method, and the fold of its training; none where the method is of no folds."""
    branch, joint, fold = member.partition(_JOINT)
    return branch, fold if joint else None
