"""Results made again from the files below `results/`: what every cell of them is compared with."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.record import Record
from affectflow.config.data.images import ImageSource
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.still_scores import ImageTable, ZeroShot
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.fusion.late_fusion import FusedMethod
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import read_board, stale
from affectflow.report.leaderboard.entry import LeaderboardEntry, read_entry
from affectflow.report.leaderboard.make import asked_of, methods_of, write_entry
from affectflow.report.leaderboard.table import board_csv
from affectflow.report.leaderboard.table_fusion import named_paths, prediction_paths, recorded
from affectflow.report.tables.curves import write_training_curves, write_trajectories
from affectflow.report.tables.held_out import score_held_out
from affectflow.report.tables.image_scores import Predicted, write_image_scores
from affectflow.report.tables.image_table import write_image_table
from affectflow.report.tables.modality_ablation import write_modality_ablation
from affectflow.report.tables.paper_parts import read_parts
from affectflow.report.tables.paper_table import write_paper_table
from affectflow.report.tables.scores import Validation, read_validation
from affectflow.report.tables.spread import write_spread_of
from affectflow.report.tables.uncertainty import write_uncertainty
from affectflow.report.tables.validation import write_metrics, write_validation

_RESULTS = "results"


class Remade:
    """Results of a project, made again in a folder of their own, each once; with `with`, for as long as it lasts.

    What is read is what lies below them: predictions, labels, weights, tables of training, settings as the records of
    the jobs have them. A result that another one is made of is made again, too, and not read.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._scratch = tempfile.TemporaryDirectory(prefix="affectflow-trace-")
        self._written_names: set[str] = set()

    def __enter__(self) -> "Remade":
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    def file(self, name: str) -> Path:
        """A result, made again.

        Raises:
            InputError: it has no record, was made by no rule that makes tables of results, or what it was made of is
                missing or damaged.
        """
        record = recorded(self.chain, name)
        if record.rule not in MAKERS:
            raise InputError(f"{name}: was made by {record.rule}; expected a table of results, by {', '.join(MAKERS)}")
        path = Path(self._scratch.name) / name
        if name not in self._written_names:
            path.parent.mkdir(parents=True, exist_ok=True)
            MAKERS[record.rule](self, record, path)
            self._written_names.add(name)
        if not path.is_file():
            raise InputError(f"{name}: holds for readers what stands in other files of its job; trace one of those")
        return path

    def project_path(self, path: object) -> Path:
        """A file of the project that a record's options name."""
        return self.chain.folder / str(path)

    def validation(self, options: Mapping[str, Any]) -> Validation:
        """What a job scored that was told of weights, predictions and labels."""
        files = {branch: self.project_path(path) for branch, path in prediction_paths(options).items()}
        return read_validation(self.project_path(options["weights"]), files, self.project_path(options["labels"]))

    def fused(self, weights: str) -> dict[str, FusedMethod]:
        """The methods of a training with scores that are computed anew."""
        validation = self.validation({**recorded(self.chain, weights).options, "weights": weights})
        scores = {title: validation.score(title).values for title in validation.methods}
        return {
            title: method.model_copy(update={"scores": scores[title]}) for title, method in validation.methods.items()
        }


def _score(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    validation, methods = remade.validation(options), methods_of(options["methods"])
    write_validation(
        validation.track,
        {title: validation.score(title) for title in validation.methods},
        # A record keeps options in the order of their names; the weights have the methods in the system's.
        {title: methods[title] for title in validation.methods if title in methods} | methods,
        options.get("notes", {}),
        str(options["corpus"]),
        out.with_suffix(".csv"),
        out.with_suffix(".json"),
        bool(options.get("by-video", False)),
    )


def _intervals(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    files = (out.with_name(Path(str(options[name])).name) for name in ("out", "differences"))
    scoring, notes = validated(Scoring, options["scoring"], "scoring"), options.get("notes", {})
    write_uncertainty(remade.validation(options), str(options["method"]), notes, scoring, int(options["seed"]), *files)


def _modality_ablation(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    write_modality_ablation(
        weights=remade.project_path(options["weights"]),
        conditions={
            condition: {branch: remade.project_path(path) for branch, path in paths.items()}
            for condition, paths in options["conditions"].items()
        },
        labels=remade.project_path(options["labels"]),
        manifest=remade.project_path(options["manifest"]) if "manifest" in options else None,
        work=remade.project_path(options["work"]) if "work" in options else None,
        scoring=validated(Scoring, options["scoring"], "scoring"),
        seed=int(options["seed"]),
        out=out,
    )


def _spread(remade: Remade, record: Record, out: Path) -> None:
    runs = {name: remade.fused(path) for name, path in named_paths(record.options["weights"]).items()}
    official = record.options.get("official")
    write_spread_of(runs, out.with_suffix(".csv"), None if official is None else remade.fused(str(official)))


def _paper_table(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    table = validated(PaperTable, options["table"], "table")
    scores, validation = (
        {track: remade.file(path) for track, path in named_paths(options.get(name, [])).items()}
        for name in ("scores", "validation")
    )
    parts, uncertainty = read_parts(table, options["systems"], scores, options["edition"], validation)
    files = out.with_suffix(".csv"), out.with_suffix(".md")
    write_paper_table(table, parts, uncertainty, str(options["corpus"]), str(options["kind"]), *files)


def _score_images(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    zero_shot = validated(ZeroShot, options["zero-shot"], "zero-shot")
    scoring = validated(Scoring, options["scoring"], "scoring")
    tables = {name: remade.project_path(getattr(zero_shot, name)) for name in ("relatedness", "compounds")}
    predictions = [
        Predicted(
            prediction["branch"],
            tasks_of(prediction["learnt"], prediction["edition"], scoring.absent_units),
            prediction["images"],
            remade.project_path(prediction["path"]),
            prediction["note"],
        )
        for prediction in options["predictions"]
    ]
    write_image_scores(
        predictions,
        {name: remade.project_path(path) for name, path in named_paths(options.get("pictures", [])).items()},
        {
            name: validated(ImageSource, {"images": images}, "images").images
            for name, images in options["images"].items()
        },
        zero_shot.model_copy(update=tables),
        scoring,
        int(options["seed"]),
        out.with_suffix(".csv"),
    )


def _image_table(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    intervals = {track: remade.file(path) for track, path in named_paths(options.get("intervals", [])).items()}
    scores, table = remade.file(str(options["scores"])), validated(ImageTable, options["table"], "table")
    write_image_table(table, scores, intervals, str(options["kind"]), out.with_suffix(".csv"), out.with_suffix(".md"))


def _score_held_out(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    score_held_out(
        predictions={branch: remade.project_path(path) for branch, path in prediction_paths(options).items()},
        held_out=remade.project_path(options["held-out"]),
        weights=remade.project_path(options["weights"]),
        method=str(options["method"]),
        corpus=str(options["corpus"]),
        tolerance=int(options["tolerance"]),
        scoring=validated(Scoring, options["scoring"], "scoring"),
        seed=int(options["seed"]),
        out=out,
    )


def _training_curves(remade: Remade, record: Record, out: Path) -> None:
    tables = {branch: remade.project_path(path) for branch, path in named_paths(record.options["metrics"]).items()}
    write_training_curves(tables, out)


def _trajectories(remade: Remade, record: Record, out: Path) -> None:
    options = record.options
    files = {branch: remade.project_path(path) for branch, path in prediction_paths(options).items()}
    weights, labels = remade.project_path(options["weights"]), remade.project_path(options["labels"])
    write_trajectories(weights, str(options["method"]), files, labels, out)


def _metrics(remade: Remade, record: Record, out: Path) -> None:
    paths = record.options["scores"]
    write_metrics([remade.file(str(path)) for path in ([paths] if isinstance(paths, str) else paths)], out)


def _entry(remade: Remade, record: Record, out: Path) -> None:
    write_entry(remade.chain, asked_of(record.options), out)


def _leaderboard(remade: Remade, record: Record, out: Path) -> None:
    """Standings that are stale are read: what they were made of is there no more."""
    chain, paths = remade.chain, record.options["entries"]

    def read(path: Path) -> LeaderboardEntry:
        name = path.relative_to(chain.folder).as_posix()
        return read_entry(path if stale(chain, name) else remade.file(name))

    entries = [Path(path) for path in ([paths] if isinstance(paths, str) else paths)]
    groups = read_board(chain, entries, read)
    write_text(out.with_suffix(".csv"), board_csv(groups, str(record.options["out"])))


def _logged_scores(remade: Remade, record: Record, out: Path) -> None:
    """The scores and the table that were logged; the rest says where and when, and is taken as it is."""
    from affectflow.tracking.scores import logged_scores

    options = record.options
    log = json.loads(remade.project_path(record.artifact.path).read_text(encoding="utf-8"))
    metrics, table = (remade.file(str(options[name])) for name in ("metrics", "table"))
    held_out = remade.file(str(options["held-out"])) if "held-out" in options else None
    log["scores"] = logged_scores(metrics, held_out, log["place"])
    log["table"] = {"name": table.name, "text": table.read_text(encoding="utf-8")}
    write_text(out, json.dumps(log, ensure_ascii=False))


MAKERS: dict[str, Callable[[Remade, Record, Path], None]] = {
    "score": _score,
    "leaderboard_entry": _entry,
    "leaderboard": _leaderboard,
    "intervals": _intervals,
    "modality_ablation": _modality_ablation,
    "spread": _spread,
    "paper_table": _paper_table,
    "score_images": _score_images,
    "image_table": _image_table,
    "score_held_out": _score_held_out,
    "training_curves": _training_curves,
    "trajectories": _trajectories,
    "metrics": _metrics,
    "log_scores": _logged_scores,
}
"""By the rule that makes a table of results; each writes the file and those of its job beside it."""
