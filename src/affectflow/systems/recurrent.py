"""Recurrent layers over padded sequences."""

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

_KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}


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
        """(batch, time, inputs) and the mask of real frames (batch, time), which come first, to (batch, time, units);
        padding reaches no real frame, and what stands at it means nothing."""
        lengths = mask.sum(1).cpu()
        for number, layer in enumerate(self.layers):
            packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
            features, _ = pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=mask.shape[1])
            if number == 0 and len(self.layers) > 1:
                features = self.dropout(features)
        return features
