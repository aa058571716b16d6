"""What the workflow is asked for: results, and what stands behind a target of its own."""

import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from affectflow.artifacts.layout import MODEL, OFFICIAL, Training, result, track_result
from affectflow.config.evaluation.fusion import member_of
from affectflow.workflow.plan.fusions import FusionPlan
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.tables import tables

_SHOWN = re.compile(
    r"results/((validation|intervals|differences|modality_ablation|seeds|folds)_track\d|table\d)\.(csv|md)"
)


def labelled(plan: Plan) -> dict[str, FusionPlan]:
    """The labelled tracks, as the corpus is split, with the first seed."""
    return {track: FusionPlan(plan, plan.first_run(track)) for track in plan.labelled.values()}


def results(plan: Plan) -> list[str]:
    """Every table and prediction file. A corpus without labels has nothing to train or score: its videos are
    preprocessed, and `affectflow predict` scores them with a system that was trained on another."""
    return [*(plan.layout.manifest(track) for track in plan.used), *_of_tracks(plan), *_of_run(plan)]


def _of_tracks(plan: Plan) -> Iterator[str]:
    numbers, run = list(plan.labelled), plan.run
    if numbers:
        yield result("metrics", "json")
    yield from (track_result("test", number) for number in plan.tested)
    yield from (track_result("validation", number) for number in numbers)
    yield from (track_result("demo_test_score", number, "json") for number in plan.held_out)
    yield from (track_result("intervals", number) for number in numbers)
    yield from (track_result("differences", number) for number in numbers)
    yield from (track_result("modality_ablation", number) for number in numbers)
    yield from (track_result("seeds", number) for number in numbers if run.seeds > 1)
    yield from (track_result("folds", number) for number in numbers if run.folds)
    yield from (result(table, suffix) for table in tables(plan) for suffix in ("csv", "md"))
    yield from (track_result("training_curves", number) for number in numbers)
    # A clip that is scored as a whole has no course along its frames.
    framed = [number for number, track in plan.labelled.items() if not plan.tracks[track].per_clip]
    yield from (track_result("trajectories", number) for number in framed)
    yield from (track_result("tracked_scores", number, "json") for number in numbers)


def _of_run(plan: Plan) -> Iterator[str]:
    yield result("report", "html")
    if plan.labelled:
        yield from (result("leaderboard", suffix) for suffix in ("csv", "md", "html"))
    if scores_pictures(plan):
        yield result("images")
        yield from (result(table, suffix) for table in plan.run.system.image_tables for suffix in ("csv", "md"))


def scores_pictures(plan: Plan) -> bool:
    """Whether still pictures are scored."""
    return bool(plan.run.scored and plan.labelled)


def shown_tables(plan: Plan) -> list[str]:
    """The results that the report shows as tables."""
    return list(filter(_SHOWN.fullmatch, results(plan)))


def shown_predictions(plan: Plan) -> dict[str, str]:
    """Validation predictions of every scored branch of every labelled track, by track and branch."""
    by_track = {track: fusion.predictions("validation") for track, fusion in labelled(plan).items()}
    return {f"{track}/{branch}": path for track, paths in by_track.items() for branch, path in paths.items()}


def artifacts_read(plan: Plan) -> list[str]:
    """The artifacts that trainings and predictions of all labelled tracks read, each once."""
    files = []
    for track, fusion in labelled(plan).items():
        scored = fusion.tested if track in plan.held_out.values() else fusion.submitted
        predicted = {member_of(member)[0] for member in scored}
        for name in fusion.system.branches:
            splits = ["train", "validation", *(["test"] if name in predicted else [])]
            files += fusion.member(name).artifacts(*splits)
    return list(dict.fromkeys(files))


def features_read(plan: Plan) -> list[str]:
    """All learnt features that branches of labelled tracks read, each once."""
    tested, files = set(plan.tested.values()), list[str]()
    for fusion in labelled(plan).values():
        for name in fusion.system.branches:
            training = fusion.member(name).training
            files += training.features("train", "validation")
            files += training.features(*(["test"] if tested.intersection(training.tracks) else []), stills=False)
    return list(dict.fromkeys(files))


def models(plan: Plan) -> list[str]:
    """The trained branches of every labelled track."""
    return [
        plan.layout.model(plan.training(Training(track, name, OFFICIAL, plan.run.seed)), MODEL)
        for track, fusion in labelled(plan).items()
        for name in fusion.system.branches
    ]


def submitted_models(plan: Plan, tracks: Iterable[str] | None = None) -> list[str]:
    """The models of the submitted methods' members; of all labelled tracks when not given."""
    chosen = labelled(plan) if tracks is None else {t: f for t, f in labelled(plan).items() if t in set(tracks)}
    return [
        plan.layout.model(fusion.training(member), MODEL) for fusion in chosen.values() for member in fusion.submitted
    ]


def gone_models(plan: Plan, made_again: Container[str]) -> list[str]:
    """Models that are not here though what was made with them is, as in a clone without them: nothing that is here
    needs them. Those that were made here, and so are `made_again`, are left out."""
    fused = [track for track, fusion in labelled(plan).items() if Path(fusion.weights).exists()]
    return [path for path in submitted_models(plan, fused) if not (Path(path).exists() or path in made_again)]
