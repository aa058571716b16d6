"""A trained branch in MLflow: a model with its signature, without a pickle, registered under its name."""

import tempfile
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from affectflow.artifacts.layout import MODEL, SETTINGS
from affectflow.tracking import served

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

ARTIFACT = "model"

_PACKAGES = ("numpy", "pydantic", "ruamel-yaml", "safetensors", "torch", "torchvision")


def log_model(
    api: "MlflowClient",
    run: str,
    folder: Path,
    description: Mapping[str, Any],
    registered: str | None,
    tags: Mapping[str, str],
) -> None:
    """Log the model of a trained branch to its run, once, and register a version of it.

    What is logged is the model's own file and settings, with `affectflow.tracking.served` as loader.

    Args:
        api: of the store.
        run: its id.
        folder: of the trained branch.
        description: what its branch.json holds.
        registered: name in the registry; None to register nothing.
        tags: of the version.
    """
    if registered is not None and any(
        model_version.name == registered for model_version in api.search_model_versions(f"run_id='{run}'")
    ):
        return
    with tempfile.TemporaryDirectory() as temporary:
        data, model = Path(temporary) / "data", Path(temporary) / ARTIFACT
        data.mkdir()
        for name in (MODEL, SETTINGS):
            (data / name).symlink_to((folder / name).absolute())
        _save(model, data, run, description)
        api.log_artifacts(run, str(model), ARTIFACT)
    if registered is not None:
        _register(api, run, registered, tags)


def _save(model: Path, data: Path, run: str, description: Mapping[str, Any]) -> None:
    import mlflow.pyfunc
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    number = np.dtype(np.float32)
    inputs: list[Any] = [
        TensorSpec(number, (-1, -1, *shape), stream) for stream, shape in description["inputs"].items()
    ]
    outputs: list[Any] = [TensorSpec(number, (-1, -1, len(description["outputs"])))]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*input example was not provided.*")  # the signature says it
        mlflow.pyfunc.save_model(
            model,
            loader_module=served.__name__,
            data_path=str(data),
            signature=ModelSignature(Schema(inputs), Schema(outputs)),
            pip_requirements=[f"{name}=={version(name).partition('+')[0]}" for name in _PACKAGES],
            mlflow_model=Model(run_id=run, artifact_path=ARTIFACT),
        )


def _register(api: "MlflowClient", run: str, name: str, tags: Mapping[str, str]) -> None:
    from mlflow.exceptions import MlflowException

    try:
        api.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    api.create_model_version(name, f"runs:/{run}/{ARTIFACT}", run, tags=dict(tags))
