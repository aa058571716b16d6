"""Forges one thing after the other in a finished miniature and prints what finds it, as JSON: run in its folder.

Every forgery has its record sealed anew, so that text and seal fit each other. `start`, `verify`, `trace`, `seal` are
what these do; `copy` is verify in a copy of the folder without its ledger.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from affectflow.artifacts import ledger
from affectflow.artifacts.job import describe_artifact
from affectflow.artifacts.record import Record, read_record, record_path, record_text
from affectflow.lineage.aside import aside
from affectflow.lineage.chain import Chain
from affectflow.lineage.code import fingerprint_of
from affectflow.lineage.outdated import outdated
from affectflow.lineage.plan import planned
from affectflow.lineage.seal import digest_of_list, seal_list
from affectflow.lineage.start import existing_outputs, strangers
from affectflow.lineage.verify import Evidence, verify
from affectflow.lineage.witness import history
from affectflow.report.trace.cell_trace import trace_cell

TABLE = "results/validation_track1.csv"
CELL = ("Audio + Visual (F + BCF)", "total")
SUBMISSION = "results/submission/track1"
INNER = Path(SUBMISSION, "abaw5/predictions.txt")
SOURCE = min(Path("data/demo/VA_Set/Train_Set").glob("*.txt"), default=Path())
MODEL = "models/demo/ntua/va/F/official-123/model.safetensors"
Forge = Callable[[Record], dict[str, Any]]


def versions(record: Record) -> dict[str, Any]:
    """Another version of numpy ran, and the fingerprint says so too."""
    code = record.code
    installed = code.installed | {"numpy": "1.0"}
    fingerprint = fingerprint_of(code.modules, code.packages, installed)
    return {"code": code.model_copy(update={"installed": installed, "fingerprint": fingerprint})}


STATEMENTS: dict[str, Forge] = {
    "seed": lambda r: {"seeds": {"seed": 7}},
    "device": lambda r: {"machine": r.machine.model_copy(update={"device": "NVIDIA H200"})},
    "inputs": lambda r: {"inputs": r.inputs[1:]},
    "`dirty`": lambda r: {"code": r.code.model_copy(update={"commit": "1" * 40, "dirty": False})},
    "versions": versions,
    "`end`": lambda r: {"end": r.end[:-12] + "59.999+00:00"},
}


def rewrite_record(name: str, changes: dict[str, Any]) -> None:
    path = record_path(Path(name))
    path.write_text(record_text(read_record(path).model_copy(update=changes)), encoding="utf-8")


def change_digit(name: str) -> None:
    """Another last digit in the cell."""
    path = Path(name)
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{CELL[0]},"))
    column = lines[0].split(",").index(CELL[1])
    cells = lines[place].split(",")
    cells[column] = cells[column][:-1] + str((int(cells[column][-1]) + 1) % 10)
    lines[place] = ",".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


def update_record(name: str) -> None:
    """Its record tells of the bytes that are there."""
    rewrite_record(name, {"artifact": describe_artifact(Path(name), Path(name))})


def enter_in_ledger(name: str) -> None:
    """A line of the ledger, too."""
    record = read_record(record_path(Path(name)))
    ledger.append(ledger.FOLDER, ledger.entries_of(record.artifact, record.seal, ledger.inputs_of(record, ())))


def digit_and_record() -> None:
    change_digit(TABLE)
    update_record(TABLE)


def whole_chain() -> None:
    """Every record says another host, in the order of the chain, and the ledger has the seal of each."""
    chain = Chain()
    names = [name for name, record in chain.behind(chain.recorded()).items() if record is not None]
    for name in names:
        record = read_record(record_path(Path(name)))
        inputs = tuple(
            item
            if item.record is None
            else item.model_copy(update={"record": read_record(record_path(Path(item.path))).seal})
            for item in record.inputs
        )
        rewrite_record(name, {"inputs": inputs, "machine": record.machine.model_copy(update={"host": "elsewhere"})})
        enter_in_ledger(name)


def forging(name: str, forge: Forge) -> Callable[[], None]:
    """Something else in the record of an artifact."""
    return lambda: rewrite_record(name, forge(read_record(record_path(Path(name)))))


def swap_source() -> None:
    """Another file in a source's place, with an older date."""
    other = SOURCE.with_name("other")
    other.write_text(SOURCE.read_text().replace("\n", "\n0.5,0.25\n", 1).rsplit("\n", 2)[0] + "\n")
    os.utime(other, (0, 0))
    other.replace(SOURCE)


ACTS: dict[str, Callable[[], None]] = {
    "a source, swapped for one of an older date": swap_source,
    "a file deleted in a folder output": INNER.unlink,
    "a digit of a result": lambda: change_digit(TABLE),
    "a digit of a result, and its own record": digit_and_record,
    "the same, and its line of the ledger": lambda: (digit_and_record(), enter_in_ledger(TABLE))[0],
    **{f"{what} in a record within the chain": forging(MODEL, forge) for what, forge in STATEMENTS.items()},
    **{f"{what} in the result's own record": forging(TABLE, forge) for what, forge in STATEMENTS.items()},
    "every record of the chain, and every line of the ledger": whole_chain,
}


@contextmanager
def restore_afterwards() -> Iterator[None]:
    """All that is forged is as it was behind the block, with its times."""
    files = [*Path().glob("*/**/*.record.json"), Path(TABLE), SOURCE, INNER, *ledger.FOLDER.glob("ledger-*.jsonl")]
    before = {path: (path.read_bytes(), path.stat()) for path in files}
    try:
        yield
    finally:
        for path, (content, status) in before.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def main() -> None:
    with aside(), planned(check=False) as plan:
        today, rules = plan.by_output(), plan.rules()
    shards = {"shard": {job.wildcards["shard"] for job in today.values() if "shard" in job.wildcards}}
    seal_before = digest_of_list(seal_list(Chain(), [TABLE, SUBMISSION]))
    ledger_history = history(ledger.FOLDER)

    def verify_against(past: Any) -> list[str]:
        names = Chain().recorded()
        return sorted({f"{f.kind}: {f.path}" for f in verify(Chain(), names, Evidence(today, past))})

    def run_checks() -> dict[str, Any]:
        outputs, entries = existing_outputs(rules, shards, Path()), ledger.read(ledger.FOLDER)
        start = {**strangers(outputs, entries, Path()), **outdated(outputs, entries, Path())}
        try:
            seal = digest_of_list(seal_list(Chain(), [TABLE, SUBMISSION]))
        except Exception as error:
            seal = str(error)
        current_history = history(ledger.FOLDER)
        return {
            "start": sorted(start),
            "verify": verify_against(current_history),
            "copy": verify_against({}),
            "trace": not trace_cell(Chain(), TABLE, *CELL).agrees,
            "seal": seal != seal_before,
        }

    assert ledger_history
    results = {"nothing": run_checks()}
    for act, forge in ACTS.items():
        with restore_afterwards():
            forge()
            results[act] = run_checks()
    results["put back"] = run_checks()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
