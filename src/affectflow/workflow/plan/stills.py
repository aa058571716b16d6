"""What is scored on corpora of still pictures."""

from typing import Any

from affectflow.artifacts.layout import OFFICIAL, Training, pictures, track_result
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.trainings import TrainingPlan


def scored_pictures(plan: Plan) -> dict[str, str]:
    """The stored validation faces of each image corpus that is scored."""
    return {images: pictures(images, "validation") for _, _, images in plan.run.scored}


def image_predictions(plan: Plan) -> list[dict[str, Any]]:
    """What branches say of these, each with what says how to read it."""
    predictions = []
    for task, name, images in plan.run.scored:
        training = Training(task, name, OFFICIAL, plan.run.seed)
        branch = TrainingPlan(plan, training).branch
        about = {"branch": name, "learnt": task, "edition": branch.edition or plan.run.edition, "note": branch.note}
        predictions.append(
            about | {"images": images, "path": plan.layout.image_prediction(training, images, "validation")}
        )
    return predictions


def column_intervals(plan: Plan, table: str) -> dict[str, str]:
    """Our figures on the run's own corpus, for those columns of a table that are of its kind, by track."""
    columns = plan.run.system.image_tables[table].columns.values()
    tracks = {column.track for column in columns if column.corpus == plan.kind}
    return {t: track_result("intervals", number, "json") for number, t in plan.labelled.items() if t in tracks}
