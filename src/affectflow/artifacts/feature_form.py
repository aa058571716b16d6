"""What holds for a whole file of a feature set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import SET_FEATURES
from affectflow.core.errors import InputError

Sense = Literal["face", "sound"]


@dataclass(frozen=True)
class FeatureForm:
    """What a set is of, kept in the file's schema."""

    sense: Sense
    absent: NDArray[np.float32]
    """What a frame has where there is nothing to see or hear: of sound the vector of silence, of faces zeros."""

    def schema(self) -> pa.Schema:
        """`SET_FEATURES` with this in its metadata."""
        return SET_FEATURES.with_metadata(
            {b"sense": self.sense.encode(), b"absent": self.absent.astype("<f4").tobytes()}
        )

    @staticmethod
    def of(table: pa.Table, path: Path) -> "FeatureForm":
        """That of a file; InputError where its schema does not say."""
        metadata: dict[bytes, bytes] = table.schema.metadata or {}
        try:
            sense: Sense = "face" if metadata[b"sense"] == b"face" else "sound"
            return FeatureForm(sense, np.frombuffer(metadata[b"absent"], "<f4"))
        except KeyError as error:
            raise InputError(
                f"{path}: its schema does not say {error.args[0].decode()}; it was made by another version: "
                "delete it and run again"
            ) from error
