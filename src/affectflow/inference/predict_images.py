"""Predict the still pictures of an image corpus with a trained branch."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from affectflow.artifacts.schemas import image_predictions_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.compute.memory import explain_full_memory
from affectflow.config.system.execution import Device, Loader
from affectflow.core.errors import InputError
from affectflow.dataloading.batches import in_order
from affectflow.dataloading.images import StoredFaces
from affectflow.inference.predict import predictions_of
from affectflow.models.folder import load_model


def predict_images(model: Path, pictures: Path, out: Path, *, device: Device, loader: Loader) -> None:
    """Write one row for every stored face, in their order, with all that the branch predicts.

    Args:
        model: folder of a trained branch that sees single faces.
        pictures: Arrow file of `IMAGES`.
        out: Parquet file, as `image_predictions_schema` says.
        device: accelerator, precision and CPU threads.
        loader: how data are read.

    Raises:
        InputError: the branch reads more than single faces, a file is missing or damaged, or memory is full.
    """
    torch.set_num_threads(device.threads)
    trained = load_model(model)
    if not trained.branch.sees_single_faces:
        raise InputError(
            f"{model}: reads {', '.join(trained.branch.streams)} along time; a still picture is a single face, and "
            "needs a branch with stream face alone and without recurrent layers"
        )
    data = StoredFaces(pictures, trained.branch.picture.face_size)
    batches = in_order(np.arange(len(data)), trained.branch.batch)
    values = np.full((len(data), len(trained.tasks.outputs)), np.nan, np.float32)
    with explain_full_memory(f"branch {trained.name}"):
        for raw, scores in predictions_of(trained, data, batches, device, loader.workers):
            values[raw["row"].numpy()] = scores[:, 0].numpy()
    columns = {"image": pa.array(data.names, pa.string())}
    columns |= {name: values[:, column] for column, name in enumerate(trained.tasks.outputs)}
    write_parquet(out, columns, image_predictions_schema(trained.tasks.outputs))
