"""A finished run as a Workflow Run RO-Crate: results, records and workflow in one zip, told in terms that others read.

Sources, models and other artifacts stay where they are: the crate names them by SHA-256 and size. Corpora are licensed
to persons, and a record proves as much about a file as the file in the zip would.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.digest import digest_of, file_digest, folder_digests
from affectflow.artifacts.layout import RESULTS
from affectflow.artifacts.record import SOURCES, Record, record_path
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.code import PACKAGE, package_folder
from affectflow.lineage.crate_files import place_of
from affectflow.lineage.crate_graph import Graph, Passing
from affectflow.lineage.jobs import jobs_of

METADATA = "ro-crate-metadata.json"

# The oldest time that a zip can hold: contents alone decide the bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_LIBRARY = f"src/{PACKAGE}"
_WORKFLOW = (
    "README.md",
    "Snakefile",
    "config",
    "envs",
    "profiles",
    "pyproject.toml",
    "requirements",
    "rules",
    _LIBRARY,
    "workflow",
)
# An installed package carries a template of projects, too.
_NOT_CODE = {"__pycache__", "template"}


@dataclass(frozen=True)
class Written:
    """What a crate holds."""

    jobs: int
    results: int
    records: int
    referenced: int
    """Files that are named and not in it."""
    other_code: int
    """Scripts that ran as they are not in the crate."""


def write_crate(chain: Chain, names: Sequence[str], root: Path, out: Path, passing: Passing) -> Written:
    """Write the crate of everything behind some artifacts; the same files and records give the same bytes.

    In the zip are the artifacts `names`, with those below `results/` behind them, the records of all, and the
    workflow as it is in `root` now. Jobs that other code ran say so.

    Args:
        chain: records of the project.
        names: artifacts, as records spell their paths.
        root: the repository.
        out: the zip.
        passing: who passes the crate on, and under which licence.

    Raises:
        InputError: an artifact has no record, is a source or not what its record says; a record is damaged.
    """
    ancestry = chain.behind(names)
    for name in names:
        record = ancestry[name]
        if record is None or record.rule in SOURCES:
            raise InputError(f"{name}: is a source or has no record; a crate is made of what the workflow made")
    inside = [name for name, record in ancestry.items() if record and (name in names or name.startswith(f"{RESULTS}/"))]
    for name in inside:
        _check(chain, name, ancestry)
    records = {name: record for name, record in ancestry.items() if record is not None}
    files = dict(_payload(chain, root, inside, list(records)))
    jobs = jobs_of(records.values())
    graph = Graph(chain, root, ancestry, inside, files, passing)
    graph.add_run(jobs, names)
    with atomic_path(out, recorded=False) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        _add(archive, METADATA, json.dumps(graph.generate(), indent=1, sort_keys=True, ensure_ascii=False).encode())
        # Readers look for a folder by its own entry.
        for folder in sorted({f"{parent}/" for name in files for parent in Path(name).parents if parent.name}):
            archive.writestr(_entry(folder, 0o40755), b"")
        for name, path in sorted(files.items()):
            _add(archive, name, path.read_bytes())
    return Written(len(jobs), len(inside), len(records), len(ancestry) - len(inside), graph.tools.other_code)


def _check(chain: Chain, name: str, ancestry: Mapping[str, Record | None]) -> None:
    record, path = ancestry[name], chain.folder / name
    if not path.exists():
        raise InputError(f"{name}: is not there, its record is; make it again or take the record away")
    digest = digest_of(folder_digests(path)) if path.is_dir() else file_digest(path)
    if record is None or digest != record.artifact.sha256:
        raise InputError(f"{name}: is not the file that its record is about; see `{affectflow('verify')}`")


def _payload(chain: Chain, root: Path, inside: list[str], recorded_names: list[str]) -> Iterator[tuple[str, Path]]:
    """Every file of the zip by its name there."""
    for part in _WORKFLOW:
        source = package_folder(root) if part == _LIBRARY else root / part
        paths = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in (p for p in paths if p.is_file()):
            place = part / path.relative_to(source)
            if not _NOT_CODE.intersection(place.parts) and ".egg-info" not in place.as_posix():
                yield place.as_posix(), path
    for name in inside:
        path = chain.folder / name
        if path.is_dir():
            yield from ((f"{place_of(name)}/{file}", path / file) for file in folder_digests(path))
        else:
            yield place_of(name), path
    for name in recorded_names:
        yield place_of(record_path(Path(name)).as_posix()), record_path(chain.folder / name)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_entry(name, 0o100644), content, zipfile.ZIP_DEFLATED)


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.external_attr = mode << 16
    entry.create_system = 3  # Unix, on every machine
    return entry
