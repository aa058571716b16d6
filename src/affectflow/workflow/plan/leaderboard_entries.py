"""The entries behind the leaderboard: of this run, and those that other runs have left in the folder."""

import json
from pathlib import Path

from affectflow.artifacts.layout import LEADERBOARD_ENTRIES
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import stale
from affectflow.workflow.names import literal
from affectflow.workflow.plan.plan import Plan


def own_entries(plan: Plan) -> list[str]:
    """How the system stands on each track that has labels: made by this run."""
    return [plan.layout.leaderboard_entry(track) for track in plan.labelled.values()]


def every_entry(plan: Plan) -> list[str]:
    """These, and all others, in one order whatever runs."""
    paths = {
        path.as_posix()
        for path in Path(LEADERBOARD_ENTRIES).glob("*/*/*.json")
        if not path.name.endswith(".record.json")
    }
    return [literal(path) for path in sorted(paths.union(own_entries(plan)))]


def stale_entries(plan: Plan) -> str:
    """Standings that tell of files which are gone or other ones now, with the first of these, as text. Of its own files
    this run may be about to make others: of these only what is gone counts."""
    chain, own = Chain(), own_entries(plan)
    changes = {path: stale(chain, path) for path in every_entry(plan) if Path(path).exists()}
    return json.dumps(
        {path: str(change) for path, change in changes.items() if change and (change.gone or path not in own)}
    )
