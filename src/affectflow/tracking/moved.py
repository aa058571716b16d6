"""A SQLite store in a folder that was copied or moved: its artifacts are those of the folder in which it lies now.

MLflow stores absolute places of artifacts, also where a relative one is given (`resolve_uri_if_local`). A copy of a
folder would go on writing into the one that it was copied from.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

ARTIFACTS = "mlruns"
"""Folder of artifacts, beside the file of the store."""

# Columns in which MLflow stores places, by table.
_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}


def settle(store: Path) -> int:
    """Name the folder beside a store wherever it names that of another place in which it has lain.

    Such a folder is `…/mlruns`, in which a whole experiment's artifacts lie. Experiments whose artifacts lie elsewhere,
    in a bucket for example, stay as they are.

    Args:
        store: SQLite file of MLflow; nothing happens where there is none yet.

    Returns:
        Experiments whose artifacts are now looked for beside the store.
    """
    if not store.is_file() or not store.stat().st_size:
        return 0
    artifacts = store.absolute().parent / ARTIFACTS
    with closing(sqlite3.connect(store, timeout=60)) as database, database:
        columns = {table: _columns(database, table) for table in _PLACES}
        if not columns["experiments"]:
            return 0
        places = [Path(place) for (place,) in database.execute("SELECT artifact_location FROM experiments") if place]
        moved = [
            location.parent
            for location in places
            if location.parent.name == ARTIFACTS and not _same(location.parent, artifacts)
        ]
        for old in {str(folder) for folder in moved}:
            for table, names in _PLACES.items():
                for name in columns[table] & set(names):
                    database.execute(
                        f"UPDATE {table} SET {name} = ? || substr({name}, ?) WHERE substr({name}, 1, ?) = ?",
                        (str(artifacts), len(old) + 1, len(old) + 1, f"{old}/"),
                    )
    return len(moved)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _same(first: Path, second: Path) -> bool:
    return first == second or first.resolve() == second.resolve()
