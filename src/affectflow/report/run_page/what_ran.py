"""What was run, as the records beside the artifacts tell it: code, lock, settings, machines, minutes by stage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from affectflow.artifacts.record import SOURCES, Record
from affectflow.lineage.chain import Chain
from affectflow.lineage.jobs import DoneJob, jobs_of
from affectflow.lineage.settings import flat, settings_of
from affectflow.report.drawing.page import code
from affectflow.report.drawing.result_tables import framed

# What the reader of a score may ask for; the records have the versions of all other packages.
_PACKAGES = ("torch", "torchvision", "lightning", "numpy", "opencv-contrib-python-headless", "librosa", "openvino",
             "dlib-bin", "pyarrow", "plotly")  # fmt: skip

_NAMED = {"train": "branch-name", "pretrain": "name"}
"""Rules of trainings, with the option that names what is trained."""


@dataclass(frozen=True, eq=False)
class Run:
    """Every job behind some files."""

    records: tuple[Record, ...]
    jobs: tuple[DoneJob, ...]
    """In the order of their ends."""

    @property
    def synthetic(self) -> bool:
        """Whether the corpus is the demo's, which the workflow draws."""
        return any(record.rule in SOURCES for record in self.records)

    @property
    def end(self) -> str:
        """When the last job ended; empty without records."""
        return max((job.end for job in self.jobs), default="")


def read_run(chain: Chain, names: Sequence[str]) -> Run:
    """The jobs behind files.

    Raises:
        InputError: a record is damaged or altered.
    """
    records = tuple(record for record in chain.behind(names).values() if record)
    return Run(records, tuple(jobs_of(records)))


def as_html(run: Run) -> Iterator[str]:
    """Facts, stages and settings."""
    if not run.jobs:
        yield '<p class="note">The files of this run have no records: nothing is known of what made them.</p>'
        return
    yield "<dl>"
    for name, values in _facts(run):
        yield f"<dt>{escape(name)}</dt><dd>{'<br>'.join(values)}</dd>"
    yield "</dl>"
    yield "<h3>Minutes by stage</h3>"
    yield _stages(run)
    trainings = [job for job in run.jobs if job.rule in _NAMED]
    if trainings:
        yield "<h3>Trainings</h3>"
        yield _trainings(trainings)
    yield "<h3>Settings</h3>"
    for rule in dict.fromkeys(job.rule for job in run.jobs):
        if lines := list(_settings([job.first for job in run.jobs if job.rule == rule])):
            yield f"<details><summary>{escape(rule)}</summary>{framed(['setting', 'value'], lines, rule)}</details>"


def _facts(run: Run) -> Iterator[tuple[str, list[str]]]:
    codes = [record.code for record in run.records]
    commits = dict.fromkeys((c.commit, bool(c.dirty)) for c in codes)
    yield (
        "commit",
        [
            "none: not a git repository" if commit is None else code(commit) + (" with changes" if dirty else "")
            for commit, dirty in commits
        ],
    )
    yield "lock (SHA-256)", [code(lock) for lock in dict.fromkeys(c.lock for c in codes)]
    packages: dict[str, dict[str, None]] = {}
    for c in codes:
        for name, version in c.packages.items():
            packages.setdefault(name, {})[version] = None
    versions = [f"{name} {', '.join(packages[name])}" for name in _PACKAGES if name in packages]
    yield "packages", [escape(", ".join(versions))]
    machines = [record.machine for record in run.records]
    yield "devices", [escape(", ".join(sorted({m.device for m in machines})))]
    yield (
        "hosts",
        [escape(f"{m[0]}: {m[1]}, Python {m[2]}") for m in sorted({(m.host, m.platform, m.python) for m in machines})],
    )
    seeds = dict.fromkeys(f"{name} {value}" for record in run.records for name, value in sorted(record.seeds.items()))
    yield "seeds", [escape(", ".join(seeds)) or "none"]
    yield (
        "sequences in prediction",
        [escape(description) for description in _describe_windowing(run.records)] or ["not recorded"],
    )
    yield "from", [_moment(min(job.start for job in run.jobs))]
    yield "to", [_moment(run.end)]


def _describe_windowing(records: Sequence[Record]) -> list[str]:
    """How sequences were laid in predictions, each way once."""
    settings = (flat(record.options["windowing"]) for record in records if "windowing" in record.options)
    return list(dict.fromkeys(", ".join(f"{name} {value}" for name, value in values.items()) for values in settings))


def _stages(run: Run) -> str:
    by_rule: dict[str, list[DoneJob]] = {}
    for job in run.jobs:
        by_rule.setdefault(job.rule, []).append(job)
    minutes = {rule: sum(map(_minutes, jobs)) for rule, jobs in by_rule.items()}
    largest = max(minutes.values()) or 1
    rows = []
    for rule, jobs in by_rule.items():
        devices = ", ".join(sorted({job.first.machine.device for job in jobs}))
        bar = f'<span class="meter" style="--share:{minutes[rule] / largest:.3f}">{minutes[rule]:.2f}</span>'
        longest = f"{60 * max(map(_minutes, jobs)):.1f}"
        rows.append([escape(rule), str(len(jobs)), bar, longest, escape(devices)])
    rows.append(["<strong>all</strong>", str(len(run.jobs)), f"{sum(minutes.values()):.2f}", "", ""])
    return framed(["stage", "jobs", "minutes", "longest job, s", "device"], rows, "Minutes by stage", (1, 3))


def _trainings(jobs: Sequence[DoneJob]) -> str:
    heads = ["track", "branch", "seed", "minutes", "device", "MLflow run", "store"]
    rows = []
    for job in jobs:
        record, options = job.first, job.first.options
        tracked = next((record.mlflow for record in job.records if record.mlflow), None)
        seeds = ", ".join(str(seed) for seed in record.seeds.values())
        cells = [options.get("tracks", ""), _read_name(record), seeds, f"{_minutes(job):.2f}"]
        run = [code(tracked.run), code(tracked.uri)] if tracked else ["none", ""]
        rows.append([*(escape(str(cell)) for cell in cells), escape(record.machine.device), *run])
    return framed(heads, sorted(rows), "Trainings", (2, 3))


def _settings(records: Sequence[Record]) -> Iterator[list[str]]:
    """Each setting with its value, or with its values and the trainings that had them."""
    values_by_setting: dict[str, dict[str, list[str]]] = {}
    for record in records:
        training = "/".join(filter(None, (str(record.options.get("tracks", "")), _read_name(record))))
        for name, value in flat(settings_of(record)).items():
            values_by_setting.setdefault(name, {}).setdefault(_text(value), []).append(training)
    for name, values in sorted(values_by_setting.items()):
        if name in ("tracks", "branch-name") or len(values) > 20:
            continue
        if len(values) == 1 and len(next(iter(values.values()))) == len(records):
            yield [escape(name), escape(next(iter(values)))]
        else:
            lines = (
                f"{value} ({', '.join(sorted(set(trainings)))})" if any(trainings) else value
                for value, trainings in values.items()
            )
            yield [escape(name), "<br>".join(map(escape, lines))]


def _read_name(record: Record) -> str:
    """Name of the branch or pre-training that a job trained; empty of other jobs."""
    return str(record.options.get(_NAMED.get(record.rule, ""), ""))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    return "none" if value is None else str(value)


def _minutes(job: DoneJob) -> float:
    return (datetime.fromisoformat(job.end) - datetime.fromisoformat(job.start)).total_seconds() / 60


def _moment(text: str) -> str:
    return escape(f"{text[:10]} {text[11:19]} UTC")
