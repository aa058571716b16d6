"""What a record says that cannot be: against itself, against the others of its job, against what its job is told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from affectflow.artifacts.digest import digest_of
from affectflow.artifacts.record import FORMAT, Record
from affectflow.lineage.code import fingerprint_of

_CLOCKS = timedelta(hours=1)
"""By how much clocks of machines may differ."""
_SAME = ("rule", "options", "seeds", "inputs", "code", "machine", "start")
"""What all records of one job say alike: they differ in the artifact, in when it was complete, and in what was measured
until then."""

OUTSIDE = frozenset({"predict_video", "predict_summary"})
"""What makes artifacts with records outside the workflow: `affectflow predict`."""


def contradictions(record: Record, now: datetime | None = None) -> Iterator[str]:
    """What in a record does not go with the rest of it, in words."""
    if record.format != FORMAT:
        yield f"is of format {record.format}, expected {FORMAT}"
    if record.artifact.files is not None and digest_of(record.artifact.files) != record.artifact.sha256:
        yield "its files' digests do not give its own"
    code = record.code
    fingerprint = fingerprint_of(code.modules, code.packages, code.installed)
    if code.fingerprint != fingerprint:
        yield f"its modules and packages give the fingerprint {fingerprint}, it says {code.fingerprint}"
    yield from _check_times(record, now or datetime.now(UTC))
    if record.rule not in OUTSIDE:
        yield from _check_settings(record)


def _check_times(record: Record, now: datetime) -> Iterator[str]:
    try:
        start, end = (datetime.fromisoformat(text) for text in (record.start, record.end))
        late, backwards = end > now + _CLOCKS, end < start
    except (ValueError, TypeError):  # a text that is no time, or a time without a zone
        yield f"its times are {record.start} and {record.end}, expected ISO 8601 with a zone"
        return
    if backwards:
        yield f"ends at {record.end}, before its start at {record.start}"
    if late:
        yield f"ends at {record.end}, which is to come"


def _check_settings(record: Record) -> Iterator[str]:
    """Of a job of the workflow: its script, seeds and threads follow from its rule and options."""
    script = f"workflow/scripts/{record.rule}.py"
    if script not in record.code.modules:
        yield f"names {record.rule} and no code of {script}"
    if wrong := {name: seed for name, seed in record.seeds.items() if seed not in _seeds(record.options)}:
        yield f"names {_list_seeds(wrong)}, its options another seed"
    device = record.options.get("device")
    threads = device.get("threads", 1) if isinstance(device, Mapping) else 1
    if record.machine.threads != threads:
        yield f"names {record.machine.threads} thread(s), its options {threads}"


def _seeds(options: Mapping[str, Any]) -> list[Any]:
    """What a script may take its seed from: an option, or the settings of the corpus that it draws."""
    return [options.get("seed"), *(value.get("seed") for value in options.values() if isinstance(value, Mapping))]


def _list_seeds(seeds: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {seed}" for name, seed in seeds.items())


def disagreement(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """Of the records of one job: the path of each that says other things than most do, and what, in words."""
    for part in _SAME if len(records) > 1 else ():
        texts = [repr(getattr(record, part)) for record in records]
        usual = Counter(texts).most_common(1)[0][0]
        for record, own_text in zip(records, texts, strict=True):
            if own_text != usual:
                typical = next(o for o, text in zip(records, texts, strict=True) if text == usual)
                yield (
                    record.artifact.path,
                    f"its record differs in {part} from that of {typical.artifact.path}, which the same job made",
                )
