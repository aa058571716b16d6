"""All settings of one run."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.corpora import Corpus
from affectflow.config.preprocessing import Body, Decode, Faces, Mel, Preview
from affectflow.config.systems import System


class Loader(Settings):
    """How training data reaches the network; changes speed, not results."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """Processes that read ahead; 0 reads in the training process."""
    cache_mb: Annotated[int, Field(ge=0)] = 1024
    """Memory for decoded pictures that are kept from one epoch to the next, in MiB. A split that does not fit
    is decoded anew each epoch."""


class Device(Settings):
    """Where networks run."""

    gpus: Annotated[int, Field(ge=0, le=64)] = 1
    """GPUs that one training job asks for. Without a GPU it runs on the CPU and says so."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    """Lightning's precision; `auto` is bf16-mixed on a GPU that has it and 32-true elsewhere."""
    threads: Annotated[int, Field(ge=1, le=256)] = 4
    """CPU threads of one training or prediction job. Fixed here rather than taken from `--cores`, because sums
    in another order round differently: the same settings give the same bytes whatever the machine's size."""
    deterministic: bool = True
    """Only algorithms that give the same bits each time."""


class Tracking(Settings):
    """MLflow."""

    uri: str = "sqlite:///mlflow.db"
    """Tracking store. A SQLite file is initialised before any training job opens it."""
    experiment: str | None = None
    """Name of the experiment; `<corpus>/<system>` when not given."""

    @model_validator(mode="after")
    def _without_password(self) -> "Tracking":
        if urlsplit(self.uri).password is not None:
            raise ValueError(
                "uri holds a password, which commands, logs and records would repeat; leave it out and give it by the "
                "environment: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD for a server, PGPASSWORD or "
                "~/.pgpass for PostgreSQL"
            )
        return self


class Run(Settings):
    """Everything that a run of the workflow depends on."""

    corpus: Corpus
    videos_per_shard: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Videos that one preprocessing job handles, on average; more means fewer and longer jobs."""
    decode: Decode = Decode()
    faces: Faces = Faces()
    body: Body = Body()
    mel: Mel = Mel()
    preview: Preview = Preview()
    system: System
    seed: int = Field(123, ge=0, le=2**32 - 1)
    """Randomness of training (123: public code of paper 000)."""
    loader: Loader = Loader()
    device: Device = Device()
    tracking: Tracking = Tracking()
    weights: Path = Path("config/weights.yaml")
    """Registry of published weights."""
    weights_dir: Path = Path("weights")
    """Folder where weight files are kept."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Run":
        if self.faces.source == "official" and getattr(self.corpus, "cropped_aligned", None) is None:
            raise ValueError(
                "faces.source is official, but corpus.cropped_aligned is not set: name the folder of official faces, "
                "or set faces.source: detect"
            )
        return self
