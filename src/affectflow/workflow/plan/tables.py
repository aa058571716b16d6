"""What the tables of a paper are filled from, by track."""

from typing import Any

from affectflow.artifacts.layout import track_result
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.workflow.plan.plan import Plan


def tables(plan: Plan) -> dict[str, PaperTable]:
    """The tables that a run can fill: those of a labelled track."""
    labelled = set(plan.labelled.values())
    return {name: table for name, table in plan.run.system.tables.items() if labelled.intersection(table.tracks)}


def scores(plan: Plan, table: PaperTable) -> dict[str, str]:
    """Our figures."""
    if table.split == "test":
        return {
            track: track_result("demo_test_score", number, "json")
            for number, track in plan.held_out.items()
            if track in table.tracks
        }
    kind = "intervals" if table.over == "subjects" else table.over
    return {t: track_result(kind, number, "json") for number, t in plan.labelled.items() if t in table.tracks}


def validation(plan: Plan, table: PaperTable) -> dict[str, str]:
    """Our figures on the validation split that stand beside a paper's of a test split, whose labels are withheld."""
    tracks = table.tracks if table.split == "test" else ()
    return {t: track_result("intervals", number, "json") for number, t in plan.labelled.items() if t in tracks}


def systems(plan: Plan, table: PaperTable) -> dict[str, Any]:
    """Methods, figures of others and notes."""
    validated = table.split == "validation"
    return {
        track: {
            "methods": {
                title: method.model_dump(mode="json")
                for title, method in (system.validated if validated else system.methods).items()
            },
            "cited": system.cited if validated else system.cited_test,
            "notes": {name: note for name in system.branches if (note := plan.note(track, name))},
        }
        for track in table.tracks
        if (system := plan.used.get(track)) is not None
    }
