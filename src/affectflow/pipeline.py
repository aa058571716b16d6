"""All stages on any videos, in one process: from a media file to the fused scores of a trained system."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.job import Job, begun
from affectflow.artifacts.predictions import Predictions, read_branches
from affectflow.artifacts.schemas import BODY, FACES, FRAMES
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.audio.mel import spectrogram_shard
from affectflow.body.mask import mask_shard
from affectflow.config.settings import Run
from affectflow.corpus.manifest import manifest_table
from affectflow.corpus.shard import Subject, Video
from affectflow.errors import InputError
from affectflow.face.align import align_shard
from affectflow.media.decode import DecodeOutputs, decode_shard
from affectflow.media.overlay import write_overlay
from affectflow.report.overlay import Overlay
from affectflow.training.late_fusion import FusedMethod, fused, read_weights
from affectflow.training.model_folder import MODEL, SETTINGS
from affectflow.training.predict import predict_split

DECIMALS = 6
"""Digits after the point of scores and times in the tables."""


@dataclass(frozen=True)
class TrainedSystem:
    """A system whose branches are trained and whose fusion weights are found."""

    run: Run
    """Settings of the run that trained it; its preprocessing settings are used again."""
    models: Mapping[str, Path]
    """Model folder by branch, of the branches that the submitted method fuses."""
    method: FusedMethod
    weights: Path
    """Where the fusion weights stand."""

    def files(self) -> list[Path]:
        """What scores are made from, besides the video."""
        return [self.weights, *(model / name for model in self.models.values() for name in (MODEL, SETTINGS))]


def find_trained(run: Run, root: Path) -> TrainedSystem:
    """The system that a run of the workflow in `root` has trained.

    Raises:
        InputError: a model or the fusion weights are missing; says how to make them.
    """
    place = Path(run.corpus.name) / run.system.name / run.system.track
    weights = root / "fusion" / place / "weights.json"
    models = {
        branch: root / "models" / place / branch / f"official-{run.seed}"
        for branch in run.system.methods[run.system.submit].branches
    }
    missing = [path for path in (weights, *models.values()) if not path.exists()]
    if missing:
        raise InputError(
            f"{', '.join(map(str, missing))}: missing; the system {run.system.name} is not trained on corpus "
            f"{run.corpus.name} yet. Run `snakemake --cores 8 --resources gpu=1 results/test_track1.csv` first"
        )
    return TrainedSystem(run, models, read_weights(weights)[run.system.submit], weights)


def predict_video(
    path: Path,
    system: TrainedSystem,
    out: Path,
    work: Path,
    job: Job,
    overlay: bool = True,
    say: Callable[[str], None] = lambda stage: None,
) -> int:
    """Score one video: `<out>/<stem>.csv` with one row for every decoded frame, and `<out>/<stem>.mp4`.

    The table's columns are frame (from 0), time (s), valence, arousal (fused), then both of each branch, and
    whether a face and a body were found.

    Args:
        path: a media file.
        system: what scores it.
        out: folder of results.
        work: an empty folder for artifacts.
        job: whose results these are: each gets a record.
        overlay: whether to write the video with box, landmarks and curves.
        say: told the name of each stage as it begins.

    Returns:
        The number of frames.

    Raises:
        InputError: the file cannot be decoded, or does not fit the trained system.
    """
    run, video = system.run, Video(path.stem, path, (Subject(path.stem),))
    shard = "video"
    files = {kind: work / kind / f"{shard}.arrow" for kind in ("frames", "sound", "faces", "mel")}
    files |= {kind: work / kind / f"{shard}.parquet" for kind in ("videos", "body")}
    say("decode")
    decode_shard([video], run.decode, DecodeOutputs(files["videos"], files["frames"], files["sound"]))
    say("faces")
    align_shard(files["frames"], [video], run.faces, files["faces"])
    say("body")
    mask_shard(files["frames"], files["faces"], files["videos"], [video], run.body, files["body"])
    say("mel")
    spectrogram_shard(files["sound"], run.mel, files["mel"])
    manifest = work / "manifest.parquet"
    manifest_table([(shard, [video])], {path.stem: "test"}, [files["videos"]], None, 0, {}, manifest)
    branches: dict[str, Path] = {}
    for branch, model in system.models.items():
        say(f"predict {branch}")
        branches[branch] = work / f"{branch}.parquet"
        predict_split(model, manifest, work, "test", branches[branch], device=run.device, loader=run.loader)
    scores = read_branches(branches)
    table = _table(scores, system.method, files)
    with begun(job):
        _write_csv(out / f"{path.stem}.csv", table)
        if overlay:
            say("overlay")
            drawing = Overlay(files["faces"], files["body"], table["time"], table["valence"], table["arousal"])
            write_overlay(path, files["frames"], path.stem, drawing.draw, out / f"{path.stem}.mp4")
    return len(table["frame"])


def _table(
    scores: Mapping[str, Predictions], method: FusedMethod, files: Mapping[str, Path]
) -> dict[str, Sequence[float | bool]]:
    frames = read_arrow(files["frames"], FRAMES)
    valence, arousal = fused(scores, method)
    table: dict[str, Sequence[float | bool]] = {
        "frame": _list(frames["frame"]),
        "time": _list(frames["time"]),
        "valence": valence.tolist(),
        "arousal": arousal.tolist(),
    }
    for branch, its in scores.items():
        table |= {f"valence_{branch}": its.valence.tolist(), f"arousal_{branch}": its.arousal.tolist()}
    table["face_found"] = _list(read_arrow(files["faces"], FACES)["found"])
    table["body_found"] = _list(read_parquet(files["body"], BODY)["found"])
    return table


def _list(column: pa.ChunkedArray) -> list[float | bool]:
    values: list[float | bool] = column.to_pylist()
    return values


def _write_csv(path: Path, table: Mapping[str, Sequence[float | bool]]) -> None:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(table)
        rows.writerows([_cell(value) for value in row] for row in zip(*table.values(), strict=True))


def _cell(value: float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f"{value:.{DECIMALS}f}"
