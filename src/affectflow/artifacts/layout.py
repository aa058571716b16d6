"""Where everything lies that the workflow writes, relative to the project's folder: the library takes its paths from
here. (The rules spell their own patterns so far.)

Paths are text, as Snakemake takes them. Any part may be a wildcard in braces, so that the same function gives a rule's
pattern and, of a typed value, a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WORK, MODELS, FEATURES, PREDICTIONS = "work", "models", "features", "predictions"
FUSION, LEADERBOARD_ENTRIES, RESULTS, CHECKPOINTS, LOGS = (
    "fusion",
    "leaderboard_entries",
    "results",
    "checkpoints",
    "logs",
)

RECORDED = (WORK, MODELS, FEATURES, PREDICTIONS, FUSION, LEADERBOARD_ENTRIES, RESULTS)
"""Top folders in which every file has a record."""
WRITTEN = (*RECORDED, CHECKPOINTS, LOGS)
"""Top folders of a project that its workflow writes."""

OFFICIAL = "official"
"""The fold of a training on the corpus's own split."""

MODEL, SETTINGS, METRICS, RUN_NOTES = "model.safetensors", "branch.json", "metrics.csv", "run.json"
"""Files of a trained branch."""

RESIZED = "resized"
_PARQUET = ("videos", "body", "shots")
_IMAGES = "images"

TrackTable = Literal[
    "validation",
    "test",
    "demo_test_score",
    "intervals",
    "differences",
    "modality_ablation",
    "seeds",
    "folds",
    "training_curves",
    "trajectories",
    "tracked_scores",
]
"""Results of which each track has one."""


def is_made(name: str) -> bool:
    """Whether a file, by its path in the project, lies where jobs of the workflow write, each file with a record."""
    return name.partition("/")[0] in RECORDED


@dataclass(frozen=True)
class Training:
    """One training of a branch: what it learns (`va`, `va+expr+au`), its name, the fold and the seed."""

    task: str
    branch: str
    fold: str
    seed: int | str

    @property
    def folder(self) -> str:
        """Path of what is made by it or with it, below a folder of a system."""
        return f"{self.task}/{self.branch}/{self.fold}-{self.seed}"

    @property
    def name(self) -> str:
        """In names of logs."""
        return f"{self.task}-{self.branch}-{self.fold}-{self.seed}"


@dataclass(frozen=True)
class TrackRun:
    """One fusion of a track: its branches' trainings of one fold and seed."""

    track: str
    fold: str
    seed: int | str

    @property
    def folder(self) -> str:
        """Path of what is made by it, below a folder of a system."""
        return f"{self.track}/{self.fold}-{self.seed}"

    def of(self, branch: str) -> Training:
        """What a branch predicts of the track: named as a training that learns this track alone."""
        return Training(self.track, branch, self.fold, self.seed)


ANY_TRAINING = Training("{task}", "{branch}", "{fold}", "{seed}")
ANY_RUN = TrackRun("{track}", "{fold}", "{seed}")
"""Of rules: all parts are wildcards."""


def artifact_file(artifact: str, shard: str) -> str:
    """Path of a shard's artifact below `work/<corpus>/`, or below the folder of a single video's artifacts."""
    suffix = "jpg" if artifact == "preview" else "parquet" if artifact in _PARQUET else "arrow"
    return f"{artifact}/{shard}.{suffix}"


def resized(size: object) -> str:
    """The artifact of frames resized to a square of `size` pixels."""
    return f"{RESIZED}/{size}"


def feature_set(name: str) -> str:
    """The artifact of a set of features that an extractor gives."""
    return f"{FEATURES}/{name}"


def feature_file(split: str, copy: int = 0, images: str | None = None) -> str:
    """Path, below the folder of a branch's features, of those of a split, as it is or as another copy shows it; of the
    run's own corpus, or of a corpus of still pictures."""
    name = f"{split}{copy_suffix(copy)}.arrow"
    return name if images is None else f"{_IMAGES}/{images}/{name}"


def copy_suffix(copy: int) -> str:
    """What the names of a copy's features end with; nothing of the first."""
    return f"-copy{copy}" if copy else ""


def feature_files(folders: Mapping[str, Path], split: str, copies: int = 1, images: Iterable[str] = ()) -> list[Path]:
    """All features that are read of a split.

    Args:
        folders: of each branch's features, by its name.
        split: `train`, `validation` or `test`.
        copies: how many of them.
        images: corpora of still pictures that are read too.
    """
    places = [None, *images]
    return [
        folder / feature_file(split, copy, place)
        for folder in folders.values()
        for place in places
        for copy in range(copies)
    ]


def manifest_file(track: str, fold: str = OFFICIAL) -> str:
    """Path of a track's manifest below `work/<corpus>/`: of the corpus's own split, or of a fold's."""
    return f"{track}/{'manifest' if fold == OFFICIAL else f'folds/{fold}'}.parquet"


def labels_file(track: str) -> str:
    """Path of a track's labels of frames below `work/<corpus>/`."""
    return f"{track}/labels.parquet"


@dataclass(frozen=True)
class CorpusLayout:
    """What preprocessing makes of one corpus: `work/<corpus>/`."""

    corpus: str

    @property
    def work(self) -> str:
        """The folder."""
        return f"{WORK}/{self.corpus}"

    def artifact(self, artifact: str, shard: str = "{shard}") -> str:
        """A shard's artifact."""
        return f"{self.work}/{artifact_file(artifact, shard)}"

    def folder(self, artifact: str) -> str:
        """Where the artifacts of a kind lie."""
        return f"{self.work}/{artifact}"

    @property
    def mel_filters(self) -> str:
        """The mel filter bank."""
        return f"{self.work}/mel_filters.npz"

    def manifest(self, track: str = "{track}", fold: str = OFFICIAL) -> str:
        """Subjects, splits and frames of a track: the corpus's own split, or a fold's."""
        return f"{self.work}/{manifest_file(track, fold)}"

    def labels(self, track: str = "{track}") -> str:
        """Labels of frames."""
        return f"{self.work}/{labels_file(track)}"

    def utterance_labels_as_read(self, track: str = "{track}") -> str:
        """Labels of utterances as they were read."""
        return f"{self.work}/{track}/utterances/as_read.parquet"

    def utterance_labels(self, track: str = "{track}") -> str:
        """Labels with a row an utterance, as they are scored."""
        return f"{self.work}/{track}/utterances/labels.parquet"

    def utterance_manifest(self, track: str = "{track}") -> str:
        """The manifest with a row a video, whose frames are utterances."""
        return f"{self.work}/{track}/utterances/manifest.parquet"

    def log(self, name: str) -> str:
        """A job's log."""
        return f"{LOGS}/{self.corpus}/{name}.log"

    def times(self, name: str) -> str:
        """What Snakemake measures of a job."""
        return f"{self.work}/benchmarks/{name}.tsv"

    def job_checkpoints(self, name: str) -> str:
        """Folder in which an interrupted job of a shard finds what it had made."""
        return f"{CHECKPOINTS}/{self.corpus}/{name}"


@dataclass(frozen=True)
class Layout(CorpusLayout):
    """What a system makes on one corpus, too."""

    system: str

    @property
    def place(self) -> str:
        """Of the system's folders below each top folder."""
        return f"{self.corpus}/{self.system}"

    def model(self, training: Training, file: str | None = None) -> str:
        """A trained branch's folder, or a file in it."""
        return _inside(f"{MODELS}/{self.place}/{training.folder}", file)

    def checkpoints(self, training: Training) -> str:
        """Folder in which an interrupted training finds its last checkpoint."""
        return f"{CHECKPOINTS}/{self.place}/{training.folder}"

    def features(self, training: Training, file: str | None = None) -> str:
        """Folder of the features that a branch has learnt, or a file in it."""
        return _inside(f"{FEATURES}/{self.place}/{training.folder}", file)

    def predictions(self, track: str, file: str | None = None) -> str:
        """Folder of all predictions of a track, or a file in it."""
        return _inside(f"{PREDICTIONS}/{self.place}/{track}", file)

    def prediction(self, training: Training, split: str, part: Literal["", "smoothed", "utterances"] = "") -> str:
        """Scores of a split by a branch: of frames as predicted, smoothed along time, or of utterances."""
        return f"{PREDICTIONS}/{self.place}/{training.folder}/{f'{part}/' if part else ''}{split}.parquet"

    def image_prediction(self, training: Training, images: str, split: str) -> str:
        """What a branch says of the still pictures of a split."""
        return f"{PREDICTIONS}/{self.place}/{training.folder}/{_IMAGES}/{images}/{split}.parquet"

    def smoothing(self, training: Training) -> str:
        """The windows by which a branch's predictions are smoothed."""
        return f"{PREDICTIONS}/{self.place}/{training.folder}/smoothed/smoothing.json"

    def postprocess(self, training: Training) -> str:
        """The steps that turn a branch's predictions of frames into those of utterances."""
        return f"{PREDICTIONS}/{self.place}/{training.folder}/utterances/postprocess.json"

    def weights(self, run: TrackRun) -> str:
        """The fusion's weights."""
        return f"{FUSION}/{self.place}/{run.folder}/weights.json"

    def fused_test(self, run: TrackRun) -> str:
        """The fused test scores."""
        return f"{FUSION}/{self.place}/{run.folder}/test.parquet"

    def leaderboard_entry(self, track: str) -> str:
        """What the run leaves of a track for the leaderboard."""
        return f"{LEADERBOARD_ENTRIES}/{self.place}/{track}.json"


def training_of(model: Path) -> Training:
    """The training whose folder this is: the inverse of `Layout.model`."""
    fold, _, seed = model.name.rpartition("-")
    return Training(model.parent.parent.name, model.parent.name, fold, seed)


def layout_of_branch(address: str) -> tuple[Layout, str, str]:
    """Layout, task and name of a branch CORPUS/SYSTEM/TASK/BRANCH.

    Raises:
        ValueError: the address has not four parts.
    """
    corpus, system, task, branch = address.split("/")
    return Layout(corpus, system), task, branch


@dataclass(frozen=True)
class ImageLayout:
    """What a system makes of still pictures, which are of no corpus of videos."""

    system: str

    def encoder(self, pretraining: str, seed: int | str, file: str | None = None) -> str:
        """Folder of an encoder that is trained on still pictures, or a file in it."""
        return _inside(f"{MODELS}/{_IMAGES}/{self.system}/{pretraining}/{seed}", file)

    def checkpoints(self, pretraining: str, seed: int | str) -> str:
        """Folder in which its interrupted training finds its last checkpoint."""
        return f"{CHECKPOINTS}/{_IMAGES}/{self.system}/{pretraining}/{seed}"


def pictures(images: str = "{images}", split: str = "{split}") -> str:
    """The stored faces of a split of an image corpus."""
    return f"{picture_folder(images)}/{split}.arrow"


def picture_folder(images: str = "{images}") -> str:
    """Where the stored faces of an image corpus lie."""
    return f"{WORK}/{_IMAGES}/{images}"


def left_out_pictures(images: str = "{images}", split: str = "{split}") -> str:
    """The pictures of a split that are not stored, each with the reason."""
    return f"{picture_folder(images)}/{split}.left_out.csv"


def image_log(name: str) -> str:
    """The log of a job on still pictures."""
    return f"{LOGS}/{_IMAGES}/{name}.log"


def image_times(name: str) -> str:
    """What Snakemake measures of a job on still pictures."""
    return f"{WORK}/{_IMAGES}/benchmarks/{name}.tsv"


def track_result(kind: TrackTable, number: object = "{number}", suffix: str = "csv") -> str:
    """A result of one track, by the challenge's number."""
    return f"{RESULTS}/{kind}_track{number}.{suffix}"


def submission(number: object = "{number}") -> str:
    """Folder of a track's test scores in the official forms."""
    return f"{RESULTS}/submission/track{number}"


def result(name: str, suffix: str = "csv") -> str:
    """A result of the whole run: a table of the paper, `metrics`, `images`, `leaderboard`, `report`."""
    return f"{RESULTS}/{name}.{suffix}"


def _inside(folder: str, file: str | None) -> str:
    return folder if file is None else f"{folder}/{file}"
