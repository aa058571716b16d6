"""Outputs that must be made again although Snakemake does not see why.

Snakemake makes an output again where an input is newer and another file than it was, and where one that it is about to
read is missing. It does not see a source that was replaced by one of an older date, a picture that was overwritten
within a folder, a record that was written anew, or an intermediate file or record that is gone. What each job had read
stands in the ledger. Where Snakemake's own notes of an output are lost, it does not see other settings or code either:
those stand in the record.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from affectflow.artifacts import ledger
from affectflow.artifacts.record import SUFFIX, read_record, record_path
from affectflow.artifacts.sources import Sources
from affectflow.core.errors import InputError
from affectflow.lineage.differences import option_differences
from affectflow.lineage.options import job_options
from affectflow.remote.objects import SCHEME

_SHOWN = 10


def outdated(outputs: Mapping[str, str], entries: Mapping[str, ledger.Entry], folder: Path) -> dict[str, str]:
    """Compare what each output was made from with what is there.

    Args:
        outputs: files that are there and that a rule makes: the path of each, and the output that it is or lies in.
        entries: of the ledger.
        folder: the project's.

    Returns:
        By its path, why an output must be made again, in words. A file that is gone is named with all folders that it
        lay in, one of which may be the output.
    """
    outdated_outputs: dict[str, str] = {}
    for name in entries.keys() - outputs.keys():
        if not (folder / name).exists():
            outdated_outputs |= dict.fromkeys((name, *map(str, PurePosixPath(name).parents)), f"{name} is gone")
    sources = Sources(folder, folder / ledger.FOLDER)
    reasons: dict[int, str | None] = {}
    for name in sorted(outputs):
        inputs = entries[name].inputs if name in entries else None
        if inputs is not None:
            # The files of one job share what it had read.
            if id(inputs) not in reasons:
                reasons[id(inputs)] = _describe_change(inputs, entries, sources.digest)
            if (reason := reasons[id(inputs)]) is not None:
                outdated_outputs[outputs[name]] = reason
    sources.save()
    for output in sorted({outputs[name] for name in outputs.keys() & entries.keys() if entries[name].seal is not None}):
        if not os.path.exists(os.path.join(folder, output + SUFFIX)):  # noqa: PTH110, PTH118  there are thousands
            outdated_outputs[output] = f"the record of {output} is gone"
    return outdated_outputs


def _describe_change(
    inputs: ledger.Inputs, entries: Mapping[str, ledger.Entry], digest: Callable[[str], str | None]
) -> str | None:
    """What is another file now; None where nothing is. What is gone is Snakemake's to say, which knows whether anything
    reads it."""
    for path, sha256 in inputs.sources.items():
        current = None if path.startswith(SCHEME) else digest(path)
        if current is not None and current != sha256:
            return f"{path} changed: SHA-256 was {sha256[:16]}…, is {current[:16]}…"
    for path, seal in inputs.made.items():
        entry = entries.get(path)
        if entry is not None and entry.seal is not None and entry.seal != seal:
            return f"{path} was made again under another record"
    return None


def made_otherwise(workflow: Any) -> dict[str, str]:
    """Outputs that Snakemake would keep because its notes of them are lost, though other settings or code made them, by
    path, each with the reason.

    Args:
        workflow: Snakemake's, with its plan.
    """
    reasons: dict[str, str] = {}
    for job in workflow.dag.jobs:
        if job.rule.shellcmd is None or workflow.dag.needrun(job) or _has_note(workflow.persistence, job.output):
            continue
        for path in map(str, job.output):
            try:
                record = read_record(record_path(Path(path)))
            except (FileNotFoundError, InputError):
                continue  # what has no sound record is told elsewhere
            if record.code.fingerprint != job.params.get("code", record.code.fingerprint):
                reasons[path] = f"{path}: its code changed (Snakemake's notes of it are lost)"
            elif lines := option_differences(record.options, job_options(job.shellcmd, job.rule.name)):
                reasons[path] = f"{path}: {lines[0]} (Snakemake's notes of it are lost)"
    return reasons


def _has_note(persistence: Any, outputs: Iterable[str]) -> bool:
    """Whether Snakemake has a whole note of each output: a JSON object, of which a power cut may leave a part.

    Snakemake's own `has_metadata` reads and checks every word of it, for the second time in a start.
    """
    for output in outputs:
        note = persistence._record_path(persistence._metadata_path, persistence._get_key(output))
        try:
            with open(note, "rb") as stream:  # noqa: PTH123  there are thousands
                stream.seek(-1, os.SEEK_END)
                if stream.read() != b"}":
                    return False
        except OSError:
            return False
    return True


def force(workflow: Any, outputs: dict[str, str], say: Callable[[str], object]) -> None:
    """Let Snakemake make `outputs` again where the targets that it is asked for depend on them, and say why.

    Its own option `--forcerun` would make targets of them.

    Args:
        workflow: Snakemake's.
        outputs: by path, each with the reason.
        say: called with each reason once, of very many with the first.
    """
    prepare, build = workflow._prepare_dag, workflow._build_dag
    arguments: dict[str, Any] = {}

    def prepare_and_force(**keywords: Any) -> None:
        arguments.update(keywords)
        prepare(**keywords)
        workflow._dag.forcefiles.update(outputs)

    def build_and_force() -> None:
        build()
        if unnoted := made_otherwise(workflow):
            outputs.update(unnoted)
            prepare_and_force(**arguments)
            build()
        remade = {str(path) for job in workflow.dag.needrun_jobs() for path in job.output}
        unique = sorted({reason for path, reason in outputs.items() if path in remade})
        for reason in unique[:_SHOWN]:
            say(reason)
        if len(unique) > _SHOWN:
            say(f"… and {len(unique) - _SHOWN} more files behind this run changed or are gone")

    workflow._prepare_dag, workflow._build_dag = prepare_and_force, build_and_force
