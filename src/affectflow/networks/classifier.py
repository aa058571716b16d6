"""An encoder with a linear layer: what pre-training learns from still pictures."""

from collections.abc import Mapping

from torch import Tensor, nn

from affectflow.config.model.backbones import Encoder
from affectflow.networks.encoders import build_encoder, feature_length

_ENCODER = "encoder."


class Classifier(nn.Module):
    """Pictures to outputs. What starts from it, or reads its features, takes all but the classifier.

    Args:
        name: of the encoder.
        width: as of `build_encoder`.
        size: as of `build_encoder`.
        outputs: numbers predicted for each picture.
    """

    def __init__(self, name: Encoder, width: int, size: int, outputs: int) -> None:
        super().__init__()
        self.encoder = build_encoder(name, width, size)
        self.classifier = nn.Linear(feature_length(name, width), outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, size, size) to (batch, outputs)."""
        outputs: Tensor = self.classifier(self.encoder(x))
        return outputs


def as_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of a `Classifier` with the names that the encoder's are published with, `conv1.weight` of
    `encoder.conv1.weight`, and `classifier.weight` and `classifier.bias`."""
    return {key.removeprefix(_ENCODER): tensor for key, tensor in state.items()}
