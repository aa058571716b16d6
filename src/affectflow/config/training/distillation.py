"""How a student learns from a teacher (Vu and Beurton-Aimar, section 2.2.2)."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings


class Distillation(Settings):
    """The loss of a branch that names a `teacher`."""

    label_weight: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Weight of the annotations against the teacher's word, where both are there (lambda of equation 8); where an
    annotation is missing the teacher's word counts alone."""
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.5
    """What both networks' scores are divided by before the softmax (T of equations 4 to 6). The paper gives no value;
    this one is its public code's."""
    temperature_squared: bool = False
    """Whether the teacher's word is multiplied by the square of `temperature`, which keeps its gradients as large as at
    1. Equations 4 to 6 do not; the public code does."""
