"""The network of Antoniadis et al. 2021 (sections 3.1 to 3.3, figure 1)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from affectflow.config.model.networks import CnnRnn
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.initial import below, load_backbone
from affectflow.networks.layers.recurrent import along_time
from affectflow.networks.network import Network, scatter_frames


class CnnRnnNetwork(Network):
    """A ResNet for each stream, features joined frame by frame, an LSTM over time, a linear output.

    With the published sizes, face, body and context through ResNet-50s give 3 x 2048 = 6144 numbers a frame for a
    bidirectional LSTM of 512 units (section 3.2.3); the mel window through ResNet-18 gives 512 (section 3.3).
    A mel window has one channel, and so has its first convolution.

    The output is linear: what it means, and how it becomes a prediction, is the track's.

    Args:
        settings: sizes.
        inputs: shape of one frame of each stream, channels first, in the order in which features are joined.
        outputs: numbers predicted for each frame, by track.
    """

    def __init__(self, settings: CnnRnn, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]) -> None:
        super().__init__()
        backbones = {
            stream: ResNet(settings.backbone, settings.width, channels=shape[0]) for stream, shape in inputs.items()
        }
        self.backbones = nn.ModuleDict(backbones)
        self.joined = sum(backbone.features for backbone in backbones.values())
        self.lstm = nn.LSTM(
            self.joined,
            settings.hidden,
            settings.layers,
            batch_first=True,
            bidirectional=settings.bidirectional,
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.output = nn.Linear(settings.hidden * (1 + settings.bidirectional), sum(outputs.values()))

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Features of every frame, those of the streams one after the other; zero at padding.

        Padding is left out of the ResNets, and so of the statistics of their normalisation.

        Args:
            inputs: (batch, time, channels, height, width) for each stream.
            mask: (batch, time), true for real frames, which come first in every sequence.

        Returns:
            (batch, time, joined).
        """
        features = torch.cat([backbone(inputs[stream][mask]) for stream, backbone in self.backbones.items()], dim=1)
        return scatter_frames(features, mask)

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """Predict every frame from the features of its sequence; padding reaches the LSTM in neither direction.

        Returns:
            (batch, time, outputs); what stands at padding means nothing.
        """
        predictions: Tensor = self.output(self.dropout(along_time(self.lstm, features, mask)))
        return predictions

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start a stream's ResNet from published weights (see `load_backbone`), or from that of the same stream in a
        branch of this kind."""
        own = f"backbones.{part}."
        if any(key.startswith(own) for key in state):
            state = below(state, own)
        load_backbone(self.backbones[part], state, f"{name} (branch init of stream {part})")
