"""What transformer networks share: attention, an encoder layer, positions ("Attention is all you need", Vaswani et al.
2017)."""

import torch
from torch import Tensor, nn


def attend(attention: nn.MultiheadAttention, x: Tensor, mask: Tensor) -> Tensor:
    """Attention of every step of a sequence to all of its real ones, (batch, time, size) to the same.

    The output is laid out sample by sample, as the one dropout mask for all processes that share a batch is drawn
    (`affectflow.training.global_batch`).

    Args:
        attention: of that size, `batch_first`. It has no dropout on its weights: torch draws that in each process anew.
        x: what attends, and what is attended to.
        mask: true for real steps, shape (batch, time).
    """
    attended: Tensor = attention(x, x, x, key_padding_mask=~mask, need_weights=False)[0]
    return attended.contiguous()


class EncoderLayer(nn.Module):
    """Attention and two fully connected layers with ReLU or GELU between, each added to what it reads: the sum is
    normalised (`post`), or what is read (`pre`).

    Parameters are named as those of `nn.TransformerEncoderLayer`, and so are the numbers that come of them. It differs
    in dropout, so that the processes that share a batch learn what one learns: see `attend`.
    """

    def __init__(
        self, size: int, heads: int, feedforward: int, dropped: float, norm: str = "post", activation: str = "relu"
    ) -> None:
        super().__init__()
        self._before, self._activation = norm == "pre", nn.GELU() if activation == "gelu" else nn.ReLU()
        self.self_attn = nn.MultiheadAttention(size, heads, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(size, feedforward), nn.Linear(feedforward, size)
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.dropout, self.dropout1, self.dropout2 = (nn.Dropout(dropped) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, size) and the mask of real frames, which alone are attended to, to (batch, time, size)."""
        output: Tensor
        if self._before:
            x = x + self._attention(self.norm1(x), mask)
            output = x + self._feed_forward(self.norm2(x))
        else:
            x = self.norm1(x + self._attention(x, mask))
            output = self.norm2(x + self._feed_forward(x))
        return output

    def _attention(self, x: Tensor, mask: Tensor) -> Tensor:
        attended: Tensor = self.dropout1(attend(self.self_attn, x, mask))
        return attended

    def _feed_forward(self, x: Tensor) -> Tensor:
        fed: Tensor = self.dropout2(self.linear2(self.dropout(self._activation(self.linear1(x)))))
        return fed


def sinusoids(time: int, size: int, base: float = 10000) -> Tensor:
    """Positions as sines and cosines (section 3.5), float64 of shape (time, size): at place t the numbers 2i and 2i + 1
    are the sine and the cosine of t / base^(2i / size)."""
    places, doubled = torch.arange(time, dtype=torch.float64), torch.arange(0, size, 2, dtype=torch.float64)
    turns = places[:, None] / base ** (doubled / size)
    positions = torch.empty(time, size, dtype=torch.float64)
    positions[:, 0::2], positions[:, 1::2] = turns.sin(), turns.cos()[:, : size // 2]
    return positions
