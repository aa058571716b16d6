"""What the methods of a track are fused from, and that they fit the run: targets, folds, validation."""

from affectflow.config.evaluation.fusion import Method
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.system.systems import TrackSystem
from affectflow.core.tracks import Track, TrackName


def check_methods(where: str, system: TrackSystem, track: Track, folds: int) -> None:
    """ValueError where a method cannot be fused as it says.

    Args:
        where: the track in the settings, for messages.
        system: how it is predicted.
        track: what is predicted.
        folds: the run's.
    """
    for title, method in system.methods.items():
        setting = f"{where}.methods.{title}"
        _check_targets(f"{setting}.targets", method, track)
        if method.folds and not folds:
            raise ValueError(
                f"{setting} is the mean over trainings of folds, and folds is 0; set folds: 5, or leave it out"
            )
        if method.folds and (
            mixed := [b for b in method.branches if system.branches[b].fit_on == "train_and_validation"]
        ):
            raise ValueError(
                f"{setting}.folds: {', '.join(mixed)} learns from all folds; set fit_on: train, or folds: false"
            )
    _check_unvalidated(where, system)
    if strange := [title for title in system.folded if title not in system.validated]:
        raise ValueError(
            f"{where}.folded names {', '.join(strange)}, which nobody can validate: of a fold all people are known to "
            "fit_on: train_and_validation, and folds: true is of all folds together; leave it out"
        )


def _check_targets(where: str, method: Method, track: Track) -> None:
    if method.targets and set(method.targets) != set(track.targets):
        raise ValueError(
            f"{where} has {', '.join(method.targets)}, expected all targets of the track and no other: "
            f"{', '.join(track.targets)}"
        )
    for target, branches in method.targets.items():
        if twice := sorted({name for name in branches if branches.count(name) > 1}):
            raise ValueError(f"{where}.{target} names {', '.join(twice)} twice; remove one")


def _check_unvalidated(where: str, system: TrackSystem) -> None:
    unvalidated = [title for title in system.methods if title not in system.validated]
    if not unvalidated:
        return
    titles = ", ".join(map(repr, unvalidated))
    reason = "no validation subject is new to their branches (folds: true, fit_on: train_and_validation)"
    if len(unvalidated) == len(system.methods):
        raise ValueError(f"{where}.methods: of {titles} {reason}; add a method that can be validated")
    if system.fusion.weights != "equal":
        raise ValueError(
            f"{where}.fusion.weights is {system.fusion.weights}, and for {titles} {reason}: set fusion.weights: equal"
        )
    if system.fusion.thresholds != "half":
        raise ValueError(
            f"{where}.fusion.thresholds is {system.fusion.thresholds}, and for {titles} {reason}: set half"
        )
    if wrong := [title for title in unvalidated if system.methods[title].paper]:
        raise ValueError(
            f"{where}.methods.{wrong[0]}.paper has validation scores, and {reason}; give paper_test, or leave it out"
        )


def check_rows(where: str, table: PaperTable, systems: dict[TrackName, TrackSystem], folds: int) -> None:
    """ValueError where a table of validation scores, or of folds, has a row that no score of ours belongs to.

    Args:
        where: the table in the settings, for messages.
        table: its settings.
        systems: of those of its tracks that the run makes.
        folds: the run's.
    """
    for track, system in systems.items() if table.split == "validation" else ():
        if unscored := [row for row in table.methods if row in system.methods and row not in system.validated]:
            raise ValueError(
                f"{where}.methods names {', '.join(unscored)}, which has no validation score on track {track}; leave "
                "it out, or set split: test"
            )
        if table.over != "folds":
            continue
        if not folds:
            raise ValueError(f"{where}.over is folds, and folds is 0; set folds: 5, or leave out the table")
        if system.folded and table.methods[0] not in system.folded:
            raise ValueError(
                f"{where}.methods names {table.methods[0]}, which tracks.{track}.folded leaves out; add it"
            )
        if table.methods[0] not in system.methods:
            raise ValueError(
                f"{where}.methods names {table.methods[0]}, no method of track {track}, which has "
                f"{', '.join(system.methods)}"
            )
