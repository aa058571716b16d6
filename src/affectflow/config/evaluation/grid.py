"""Many branches from one: the same network on one choice of feature sets after another (Meng et al., table 5)."""

from typing import Annotated, Any

from pydantic import Field

from affectflow.config.base import Name, Settings


class GridRow(Settings):
    """One branch of a grid, and the method that consists of this branch alone."""

    sets: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Feature sets that the branch reads: its `features.sets`."""
    paper: dict[str, float] = {}
    """The paper's figures for the branch on the validation split of Aff-Wild2, by score."""


class Grid(Settings):
    """Branches that differ only in the feature sets that they read. Each is named after the grid and its sets,
    `<grid>-<set>-<set>`. For each there is a method, `<title>: <set>, <set>`, that consists of this branch alone."""

    title: str | None = None
    """Title of the methods. When not set, the grid's name."""
    branch: dict[str, Any]
    """Settings of each branch, as in `branches`, without `features.sets`."""
    rows: Annotated[tuple[GridRow, ...], Field(min_length=1)]
    """The branches of the grid."""


def expanded(values: dict[str, Any]) -> dict[str, Any]:
    """The settings of a track with the branches and methods of its grids; what is not as expected is left for the
    checks of the single settings.

    Raises:
        ValueError: a branch or method of a grid is also given by itself, with other settings.
    """
    branches, methods = values.get("branches") or {}, values.get("methods") or {}
    result = {"branches": dict(branches), "methods": dict(methods)}
    for name, grid in (values.get("grids") or {}).items():
        if not isinstance(grid, dict) or not isinstance(grid.get("branch"), dict):
            return values
        for row in grid.get("rows") or ():
            if not isinstance(row, dict) or not isinstance(row.get("sets"), list | tuple):
                return values
            branch, sets = grid["branch"], [str(feature_set) for feature_set in row["sets"]]
            branch_name = "-".join([name, *sets])
            features = {**(branch.get("features") or {}), "sets": sets}
            _add(result["branches"], branch_name, {**branch, "features": features}, f"grids.{name}")
            title = f"{grid.get('title') or name}: {', '.join(sets)}"
            _add(
                result["methods"], title, {"branches": [branch_name], "paper": row.get("paper") or {}}, f"grids.{name}"
            )
    return {**values, **result}


def _add(entries: dict[str, Any], name: str, settings: dict[str, Any], origin: str) -> None:
    if name in entries and entries[name] != settings:
        raise ValueError(f"{origin} makes {name}, which is given by itself or by another grid, too; rename one")
    entries[name] = settings
