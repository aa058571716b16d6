"""Write an artifact anew in the name of the job that made it: notes of a job that only its end could know."""

from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.job import Job, begun, describe_input, relative
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
    job = Job(
        rule=record.rule,
        options=record.options,
        code=record.code,
        machine=record.machine,
        seeds=record.seeds,
        ledger=ledger.FOLDER if relative(path) in ledger.read(ledger.FOLDER) else None,
        mlflow=mlflow,
        measured=dict(record.measured),
        start=record.start,
        _inputs={used.path: used for used in record.inputs},
    )
    with begun(job):
        write_text(path, text)
