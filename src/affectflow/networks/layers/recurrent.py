"""Recurrent layers over padded sequences."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

_KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}


def along_time(layers: nn.RNNBase, features: Tensor, mask: Tensor) -> Tensor:
    """Recurrent layers along sequences: (batch, time, inputs) and the mask of real frames (batch, time), which come
    first, to (batch, time, units). Padding reaches the layers in neither direction; what stands at it means nothing."""
    states, _ = pad_packed_sequence(layers(_pack(features, mask))[0], batch_first=True, total_length=mask.shape[1])
    return states


def along_time_from(layer: nn.LSTM, features: Tensor, mask: Tensor, begin: Tensor | None) -> tuple[Tensor, Tensor]:
    """As of `along_time`, of one layer in one direction that begins with a state.

    Args:
        layer: an LSTM.
        features: (batch, time, inputs).
        mask: as of `along_time`.
        begin: hidden state and cell before the first frame, (batch, 2, units); zeros where None.

    Returns:
        (batch, time, units), and hidden state and cell after each sequence's last real frame, (batch, 2, units).
    """
    before = None if begin is None else tuple(part.to(features.dtype)[None] for part in begin.unbind(1))
    packed, after = layer(_pack(features, mask), before)
    states, _ = pad_packed_sequence(packed, batch_first=True, total_length=mask.shape[1])
    return states, torch.stack([part[0] for part in after], dim=1)


def _pack(features: Tensor, mask: Tensor) -> PackedSequence:
    return pack_padded_sequence(features, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)


class Recurrent(nn.Module):
    """Recurrent layers in one direction, with dropout after the first of several.

    The layers are modules of their own, so that several processes can share the dropout between them
    (`affectflow.training.global_batch`).

    Args:
        kind: `gru` or `lstm`.
        inputs: numbers of a frame.
        units: of each layer.
        layers: how many.
        dropped: share of the first layer's outputs that dropout sets to 0.
    """

    def __init__(self, kind: str, inputs: int, units: int, layers: int, dropped: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            _KINDS[kind](inputs if layer == 0 else units, units, batch_first=True) for layer in range(layers)
        )
        self.dropout = nn.Dropout(dropped)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `along_time`."""
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, nn.RNNBase)
            features = along_time(layer, features, mask)
            if number == 0 and len(self.layers) > 1:
                features = self.dropout(features)
        return features
