"""How a run is carried out: what changes its speed or where it is logged, and not what it finds."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.project import StoreAddress
from affectflow.config.secrets import secret_in


class Loader(Settings):
    """How training data reaches the network. These settings change the speed, not the results."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """Number of processes that read ahead; 0 reads in the training process."""
    cache_mb: Annotated[int, Field(ge=0)] = 1024
    """Memory in MiB for decoded pictures that are kept from one epoch to the next. A split that does not fit is decoded
    again in each epoch."""


class Device(Settings):
    """Where networks run."""

    gpus: Annotated[int, Field(ge=0, le=64)] = 1
    """GPUs that one training job requests. Without a GPU it runs on the CPU and says so."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that share each batch of a training without a GPU, with `threads` threads each. As with several GPUs,
    the result equals that of one process except for rounding."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    """Lightning's precision; `auto` is bf16-mixed on a GPU that supports it and 32-true elsewhere."""
    threads: Annotated[int, Field(ge=1, le=256)] = 4
    """CPU threads of one training or prediction job. This number does not follow from `--cores`, because sums in
    another order round differently: the same settings give the same bytes on machines of any size."""
    deterministic: bool = True
    """Use only algorithms that give the same bits each time."""


class Tracking(Settings):
    """MLflow."""

    uri: StoreAddress = "sqlite:///mlflow.db"
    """Tracking store. An SQLite file is initialised before any training job opens it."""
    experiment: str | None = None
    """Name of the experiment. When not set, `<corpus>/<system>`."""

    @model_validator(mode="after")
    def _without_secret(self) -> "Tracking":
        if (secret := secret_in(self.uri)) is not None:
            raise ValueError(
                f"uri holds {secret}, which commands, logs and records would repeat; leave it out and give it by the "
                "environment: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, for a "
                "server, PGPASSWORD or ~/.pgpass for PostgreSQL"
            )
        return self
