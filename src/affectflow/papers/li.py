"""The network of Li et al. for the intensity of reactions (Li et al., section 3.1.1, figure 1)."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from affectflow.config.model.reaction import InteractionTransformer
from affectflow.networks.initial import copy_whole
from affectflow.networks.layers.standardised import Standardised
from affectflow.networks.layers.transformer import EncoderLayer, attend, sinusoids
from affectflow.networks.network import Network


class InteractionTransformerNetwork(Network):
    """An encoder for each modality, and one for both together; what they say is projected and joined, and two fully
    connected layers read intensities and the strongest emotion from it.

    Args:
        settings: sizes.
        inputs: how many features a step has, by modality.
        outputs: numbers predicted for a clip: of track eri, twice its emotions.
    """

    def __init__(
        self, settings: InteractionTransformer, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]
    ) -> None:
        super().__init__()
        size, sizes = settings.embedded, {name: shape[0] for name, shape in inputs.items()}
        self.joined = size * len(sizes)
        self._sizes, self._pool, self._steps = sizes, settings.pool, settings.steps
        self._positions, self._base = settings.positions == "sinusoidal", settings.position_base
        self.standardised = nn.ModuleDict(
            {name: Standardised(count) for name, count in sizes.items() if settings.standardise}
        )
        self.embeddings = nn.ModuleDict(
            {
                name: nn.Conv1d(count, size, settings.kernel, padding=settings.kernel // 2)
                for name, count in sizes.items()
            }
        )
        build = partial(_Encoder, settings)
        heads, depth, dropped = settings.heads, settings.depth, settings.dropout
        self.encoders = nn.ModuleDict({name: build(size, heads, depth, dropped) for name in sizes})
        self.projection, projected = nn.Linear(3 * self.joined, settings.projected), settings.projected
        self.interaction: _Encoder | None = None
        if settings.interaction and len(sizes) > 1:
            depth, dropped = settings.interaction_depth, settings.interaction_dropout
            self.interaction = build(self.joined, settings.interaction_heads, depth, dropped)
            self.interaction_projection = nn.Linear(3 * self.joined, settings.projected)
            projected += settings.projected
        pooled = projected * (settings.steps if settings.pool == "flatten" else 1)
        emotions = sum(outputs.values()) // 2
        self.intensities, self.strongest = nn.Linear(pooled, emotions), nn.Linear(pooled, emotions)

    def prepare(self, moments: Callable[[], tuple[Tensor, Tensor]]) -> None:
        """As of `Network`; the moments go with the parameters."""
        if not len(self.standardised):
            return
        sizes = list(self._sizes.values())
        both = zip(self._sizes, *(moment.split(sizes) for moment in moments()), strict=True)
        for name, mean, deviation in both:
            layer = self.standardised[name]
            assert isinstance(layer, Standardised)
            layer.take(mean, deviation)

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """Equations 1 and 5: {modality: (batch, time, features)} to the embedded steps, (batch, time, joined)."""
        parts = []
        for name in self._sizes:
            features = inputs[name]
            if name in self.standardised:
                features = self.standardised[name](features)
            # Padding is nothing, not the last step again, to a convolution that reaches into it.
            steps = (features * mask[..., None]).transpose(1, 2)
            embedded = self.embeddings[name](steps).transpose(1, 2)
            if self._positions:
                embedded = embedded + sinusoids(embedded.shape[1], embedded.shape[2], self._base).to(embedded)
            parts.append(embedded)
        return torch.cat(parts, dim=-1)

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """Equations 4, 6 and 7, and the output: (batch, time, joined) to one step, (batch, 1, outputs)."""
        each = features.chunk(len(self.encoders), dim=-1)
        encoded = [encoder(h, mask) for encoder, h in zip(self.encoders.values(), each, strict=True)]
        projected = [self.projection(torch.cat(encoded, dim=-1)).relu()]
        if self.interaction is not None:
            projected.append(self.interaction_projection(self.interaction(features, mask)).relu())
        clip = self._pooled(torch.cat(projected, dim=-1), mask)
        return torch.cat([self.intensities(clip), self.strongest(clip)], dim=-1)[:, None]

    def _pooled(self, steps: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, numbers) to (batch, numbers of a clip)."""
        real = steps * mask[..., None]
        return real.flatten(1) if self._pool == "flatten" else real.sum(1) / mask.sum(1, keepdim=True)

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start all of it, the moments of the features too, from a branch of the same network and features."""
        copy_whole(self, state, f"{name} (branch init of {part})")


class _Encoder(nn.Module):
    """What is read, its attention, and what transformer layers make of it, side by side (equations 2 and 3)."""

    def __init__(self, settings: InteractionTransformer, size: int, heads: int, depth: int, dropped: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(size, heads, batch_first=True)
        layer = size, heads, settings.feedforward * size, dropped, settings.norm, settings.activation
        self.transformer = nn.ModuleList(EncoderLayer(*layer) for _ in range(depth))
        self.dropout, self.attention_dropout = nn.Dropout(dropped), nn.Dropout(dropped)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, size) and the mask of real steps to (batch, time, 3 size)."""
        x = transformed = self.dropout(x)
        attended = self.attention_dropout(attend(self.attention, x, mask))
        for layer in self.transformer:
            transformed = layer(transformed, mask)
        return torch.cat([x, attended, transformed], dim=-1)
