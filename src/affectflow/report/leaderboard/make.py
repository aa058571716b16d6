"""Makes a system's entry on a track: its scores from predictions and labels, its costs from records."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.layout import MODEL
from affectflow.artifacts.record import SOURCES, Record
from affectflow.artifacts.typed import read_typed
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.evaluation.fusion import Method
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.lineage.chain import Chain
from affectflow.metrics.intervals import intervals
from affectflow.report.leaderboard.entry import Artifact, Figure, LeaderboardEntry, Member, Row
from affectflow.report.leaderboard.table_fusion import named_paths, predicted, recorded
from affectflow.report.tables.scores import Validation, read_validation
from affectflow.report.tables.validation import joined_notes

_TRAININGS = ("train", "pretrain")


class _Described(BaseModel):
    """What is read here of a trained branch's `branch.json`."""

    parameters: dict[str, int]


@dataclass(frozen=True)
class Asked:
    """What an entry is made of; paths are relative to the project's folder."""

    corpus: str
    kind: str
    """Of the corpus."""
    system: str
    weights: Path
    labels: Path
    predictions: Mapping[str, Path]
    """Of validation, by branch."""
    described: Mapping[str, Path]
    """`branch.json` of each branch."""
    methods: Mapping[str, Method]
    """Those that have validation scores, in the order of the rows."""
    submitted: str
    notes: Mapping[str, str]
    """What must be said of a branch, by branch."""
    scoring: Scoring
    seed: int

    def inputs(self) -> list[Path]:
        """Files that the entry is read from, besides the records beside and behind them."""
        return [self.weights, self.labels, *self.predictions.values(), *self.described.values()]


def asked_of(options: Mapping[str, Any]) -> Asked:
    """What a job was asked for, from the options that its record holds."""
    return Asked(
        corpus=str(options["corpus"]),
        kind=str(options["kind"]),
        system=str(options["system"]),
        weights=Path(options["weights"]),
        labels=Path(options["labels"]),
        predictions={name: Path(path) for name, path in named_paths(options["prediction"]).items()},
        described={name: Path(path) for name, path in named_paths(options["branch"]).items()},
        methods=methods_of(options["methods"]),
        submitted=str(options["submitted"]),
        notes=options.get("notes", {}),
        scoring=validated(Scoring, options["scoring"], "scoring"),
        seed=int(options["seed"]),
    )


def methods_of(settings: Mapping[str, Any]) -> dict[str, Method]:
    """Methods by title, as a job is told of them."""
    return {title: validated(Method, method, "methods") for title, method in settings.items()}


def write_entry(chain: Chain, asked: Asked, out: Path) -> None:
    """Write a system's entry as JSON.

    Raises:
        InputError: as `make_entry`.
    """
    entry = make_entry(chain, asked, asked.methods)
    write_text(out, json.dumps(entry.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")


def make_entry(chain: Chain, asked: Asked, titles: Iterable[str]) -> LeaderboardEntry:
    """The entry of a system, with the rows of some methods.

    Scores and intervals are made from the same files by the same functions as the run's tables, whose files the next
    run of another system replaces.

    Raises:
        InputError: a file is missing or damaged or has no record, or a method has no score.
    """
    folder = chain.folder
    tables = {branch: folder / path for branch, path in asked.predictions.items()}
    validation = read_validation(folder / asked.weights, tables, folder / asked.labels)
    rows = tuple(_row(asked, validation, title) for title in titles)
    members = dict.fromkeys(name for row in rows for name in row.members)
    return LeaderboardEntry(
        corpus=asked.corpus,
        kind=asked.kind,
        synthetic=asked.kind in SYNTHETIC or _is_synthetic(chain, asked.labels),
        system=asked.system,
        track=validation.track.name,
        edition=validation.track.edition,
        absent_units=validation.track.absent_units,
        seed=asked.seed,
        level=asked.scoring.level,
        weights=_artifact(recorded(chain, asked.weights.as_posix())),
        labels=_artifact(recorded(chain, asked.labels.as_posix())),
        branches={name: _member(chain, asked.predictions[name], asked.described[name]) for name in members},
        rows=rows,
    )


def _row(asked: Asked, validation: Validation, title: str) -> Row:
    method, score = asked.methods[title], validation.score(title)
    level, resamples = asked.scoring.level, asked.scoring.resamples
    ends = intervals(validation.track, score.tallies, level=level, resamples=resamples, seed=asked.seed)
    return Row(
        method=title,
        submitted=title == asked.submitted,
        members=validation.methods[title].branches,
        scores={
            name: Figure(value=_number(value), low=_number(ends[name].low), high=_number(ends[name].high))
            for name, value in score.values.items()
        },
        paper=method.paper,
        note=joined_notes(method.branches, asked.notes),
        frames=score.frames,
        subjects=score.subjects,
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _member(chain: Chain, predictions: Path, described: Path) -> Member:
    table = recorded(chain, predictions.as_posix())
    prediction = predicted(chain, table.artifact.path)
    model = recorded(chain, f"{prediction.options['model']}/{MODEL}")
    measured = prediction.measured
    about = read_typed(chain.folder / described, TypeAdapter(_Described), "a trained branch's settings")
    return Member(
        model=_artifact(model),
        parameters=about.parameters["total"],
        seed=model.seeds.get("seed"),
        mlflow=model.mlflow.run if model.mlflow else None,
        trained=model.end,
        trained_on=model.machine.device,
        trainings=_trainings(chain.behind([table.artifact.path]).values()),
        predictions=_artifact(table),
        predicted_on=prediction.machine.device,
        frames=int(measured["frames"]) if "frames" in measured else None,
        seconds=measured.get("seconds"),
        hosts=tuple(dict.fromkeys((model.machine.host, prediction.machine.host))),
    )


def _trainings(records: Iterable[Record | None]) -> dict[str, float]:
    """Seconds from the start of each training to its model, by the model's path."""
    trainings = (record for record in records if record is not None and record.rule in _TRAININGS)
    models = (record for record in trainings if Path(record.artifact.path).name == MODEL)
    return {record.artifact.path: round(_seconds(record), 3) for record in models}


def _seconds(record: Record) -> float:
    return (datetime.fromisoformat(record.end) - datetime.fromisoformat(record.start)).total_seconds()


def _is_synthetic(chain: Chain, labels: Path) -> bool:
    """Whether a rule has made up what is annotated."""
    return any(record is not None and record.rule in SOURCES for record in chain.behind([labels.as_posix()]).values())


def _artifact(record: Record) -> Artifact:
    return Artifact(path=record.artifact.path, sha256=record.artifact.sha256, record=record.seal)
