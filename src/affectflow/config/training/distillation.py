"""How a student learns from a teacher (Vu and Beurton-Aimar, section 2.2.2)."""

from typing import Annotated

from pydantic import Field

from affectflow.config.base import Settings


class Distillation(Settings):
    """The loss of a branch with a `teacher`."""

    label_weight: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Weight of the annotations relative to the teacher's predictions, where both exist (lambda of equation 8). Where
    an annotation is missing, only the teacher's prediction counts."""
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.5
    """Divisor of both networks' scores before the softmax (T of equations 4 to 6). Vu and Beurton-Aimar give no value;
    the default is that of their code."""
    temperature_squared: bool = False
    """Whether the teacher's term is multiplied by the square of `temperature`, which keeps its gradients as large as at
    temperature 1. Equations 4 to 6 do not include the factor; the authors' code does."""
