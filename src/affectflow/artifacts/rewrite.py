"""Write an artifact anew in the name of the job that made it: notes of a job that only its end could know."""

from dataclasses import replace
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.job import Job, describe_input, relative, running
from affectflow.artifacts.record import Tracked, read_record, record_path


def rewrite(path: Path, text: str, mlflow: Tracked) -> None:
    """Replace what `path` holds; its record, where it has one, then names the run `mlflow` and is else as it was.

    Raises:
        InputError: the file is not what its record says.
    """
    if not record_path(path).exists():
        write_text(path, text)
        return
    describe_input(path)
    record = read_record(record_path(path))
    ledger_folder = ledger.FOLDER if relative(path) in ledger.read(ledger.FOLDER) else None
    job = Job(record.rule, record.options, record.code, record.machine, record.seeds, ledger_folder)
    with running(replace(job.in_the_name_of(record), mlflow=mlflow, end=None)):
        write_text(path, text)
