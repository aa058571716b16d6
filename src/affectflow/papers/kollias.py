"""The networks of Kollias and Zafeiriou (sections V and VI): CNNs, and GRUs on several of their levels."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from affectflow.config.model.networks import Component, FusionLayers, MultiRnn
from affectflow.core.errors import InputError
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.backbones.vgg import Vgg16, torchvision_names
from affectflow.networks.initial import below, copy_shared, load_backbone
from affectflow.networks.layers.recurrent import Recurrent
from affectflow.networks.network import Network, scatter_frames

_PARTS = "components."


class MultiRnnNetwork(Network):
    """Components side by side, what joins them, and a linear output layer (figures 2 and 3).

    One component without a recurrent network is a CNN alone (VGG-16, MT-VGG); with a GRU on its fully connected layer,
    which the landmarks join, it is AffWildNet; with one on three levels CNN-1RNN or CNN-3RNN. Two components with a
    GRU on both are model-level fusion, or A/V-MT-VGG-GRU.

    Args:
        settings: sizes.
        inputs: shape of one frame of each stream, channels first.
        outputs: numbers predicted for each frame, by track.
    """

    def __init__(self, settings: MultiRnn, inputs: Mapping[str, tuple[int, ...]], outputs: Mapping[str, int]) -> None:
        super().__init__()
        self.components = nn.ModuleDict(
            {name: _Component(component, inputs) for name, component in settings.components.items()}
        )
        self.joined = sum(component.joined for component in self._components())
        features = sum(component.features for component in self._components())
        self.fusion = _Fusion(settings.fusion, features)
        self.output = nn.Linear(self.fusion.features, sum(outputs.values()))

    def _components(self) -> "Iterable[_Component]":
        for component in self.components.values():
            assert isinstance(component, _Component)
            yield component

    def encode(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """What each component reads of every frame: its levels of the CNN and the landmarks; zero at padding.

        Args:
            inputs: (batch, time, …) for each stream.
            mask: (batch, time), true for real frames, which come first in every sequence.

        Returns:
            (batch, time, joined).
        """
        return torch.cat([component.look(inputs, mask) for component in self._components()], dim=-1)

    def temporal(self, features: Tensor, mask: Tensor) -> Tensor:
        """As of `Network`; what stands at padding means nothing."""
        outputs: Tensor = self.output(self._fused(features, mask))
        return outputs

    def features(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """What the output layer reads."""
        return self._fused(self.encode(inputs, mask), mask) * mask[..., None]

    def _fused(self, features: Tensor, mask: Tensor) -> Tensor:
        parts = features.split([component.joined for component in self._components()], dim=-1)
        states = [component(part, mask) for component, part in zip(self._components(), parts, strict=True)]
        fused: Tensor = self.fusion(torch.cat(states, dim=-1), mask)
        return fused

    def load_initial(self, part: str, state: Mapping[str, Tensor], name: str) -> None:
        """Start a part from published weights (a component's CNN alone), or from a branch of this kind.

        Of a branch a component takes the CNN and those of the fully connected and recurrent layers that both have, from
        the component of its name, or from the only one; `<component>.cnn` takes the CNN alone; `fusion` and `output`
        take those parts.

        Raises:
            InputError: names or shapes do not fit; `name` tells whose.
        """
        title = f"{name} (branch init of {part})"
        if part in ("fusion", "output"):
            copy_shared(self.get_submodule(part), below(state, f"{part}."), title)
            return
        own, _, alone = part.partition(".")
        component = self.components[own]
        assert isinstance(component, _Component)
        if not any(key.startswith(_PARTS) for key in state):
            component.load_cnn(state, title)
            return
        names = sorted({key.split(".")[1] for key in state if key.startswith(_PARTS)})
        if own not in names and len(names) > 1:
            raise InputError(f"weights {title} have the components {', '.join(names)} and none named {own}")
        parameters = below(state, f"{_PARTS}{own if own in names else names[0]}.")
        if alone:
            copy_shared(component.backbone, below(parameters, "backbone."), title)
        else:
            copy_shared(component, parameters, title, whole="backbone.")


class _Component(nn.Module):
    """A component: CNN, fully connected layers, recurrent networks."""

    def __init__(self, settings: Component, inputs: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        shape = inputs[settings.stream]
        self.stream, self.landmarks, self.levels = settings.stream, settings.landmarks, settings.levels
        self.backbone: Vgg16 | ResNet
        if settings.backbone == "vgg16":
            if min(shape[1:]) < 32:
                raise InputError(f"stream {settings.stream}: a frame is {shape[1]} x {shape[2]}, VGG-16 needs 32 x 32")
            self.backbone = Vgg16(settings.width, shape)
            sizes = dict(self.backbone.sizes)
        else:
            self.backbone = ResNet(settings.backbone, settings.width, channels=shape[0])
            sizes = {"last_pool": self.backbone.features}
        # What is kept of every frame, in this order: what follows reads nothing else.
        frame_levels = ["last_pool"] if settings.fc else []
        frame_levels += [level for level in settings.levels if level not in ("fc", *frame_levels)]
        self.level_sizes = {level: sizes[level] for level in frame_levels}
        marks = inputs["landmarks"][0] if settings.landmarks else 0
        self.joined = sum(self.level_sizes.values()) + marks
        widths = [sizes["last_pool"] + marks, *settings.fc]
        self.fc = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.dropout = nn.Dropout(settings.dropped(settings.fc_dropout))
        sizes["fc"] = widths[-1]
        sizes_read = [sizes[level] for level in settings.levels]
        if settings.rnn != "none":
            each = sizes_read if settings.rnns == "each" else [sum(sizes_read)]
            dropped = settings.dropped(settings.rnn_dropout)
            rnns = [Recurrent(settings.rnn, size, settings.hidden, settings.layers, dropped) for size in each]
            self.rnns = nn.ModuleList(rnns)
            sizes_read = [settings.hidden] * len(rnns)
        else:
            self.rnns = nn.ModuleList()
        self.features = sum(sizes_read)

    def look(self, inputs: Mapping[str, Tensor], mask: Tensor) -> Tensor:
        """(batch, time, joined): what is kept of the CNN, then the landmarks; zero at padding, which no CNN sees."""
        frames = inputs[self.stream][mask]
        features = self.backbone(frames)
        levels = features if isinstance(features, dict) else {"last_pool": features}
        parts = [levels[level] for level in self.level_sizes]
        if self.landmarks:
            parts.append(inputs["landmarks"][mask].to(parts[0].dtype))
        return scatter_frames(torch.cat(parts, dim=1), mask)

    def forward(self, joined: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, joined) to (batch, time, features)."""
        marks = self.joined - sum(self.level_sizes.values())
        parts = joined.split([*self.level_sizes.values(), *([marks] if marks else [])], dim=-1)
        levels = dict(zip(self.level_sizes, parts, strict=False))
        if len(self.fc):
            x = torch.cat([levels["last_pool"], parts[-1]], dim=-1) if marks else levels["last_pool"]
            for layer in self.fc:
                x = self.dropout(layer(x).relu())
            levels["fc"] = x
        inputs = [levels[level] for level in self.levels]
        if not len(self.rnns):
            return torch.cat(inputs, dim=-1)
        if len(self.rnns) == 1:
            inputs = [torch.cat(inputs, dim=-1)]
        return torch.cat([rnn(x, mask) for rnn, x in zip(self.rnns, inputs, strict=True)], dim=-1)

    def load_cnn(self, state: Mapping[str, Tensor], title: str) -> None:
        """Start the CNN from published weights."""
        load_backbone(self.backbone, torchvision_names(state) if isinstance(self.backbone, Vgg16) else state, title)


class _Fusion(nn.Module):
    """What joins components: nothing, a GRU, or a fully connected layer."""

    def __init__(self, settings: FusionLayers, inputs: int) -> None:
        super().__init__()
        self.kind, self.features = settings.kind, inputs if settings.kind == "none" else settings.units
        if self.kind == "gru":
            self.gru = Recurrent("gru", inputs, settings.units, settings.layers)
        elif self.kind == "fc":
            self.fc = nn.Linear(inputs, settings.units)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(batch, time, features of all components) to (batch, time, features)."""
        if self.kind == "gru":
            states: Tensor = self.gru(features, mask)
            return states
        return self.fc(features).relu() if self.kind == "fc" else features
