"""POSTER V2 (Mao et al. 2023): what landmarks ask of a face at three sizes, and a small transformer over the answers.

The parameters bear the names of its public code (class `pyramid_trans_expr2`), so that its state dicts fit. What that
code holds and never uses (the last layers of both CNNs, and parts of its transformer) is left out here, as is its
classifier. Its landmark network is frozen while it trains; here all parameters learn.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from affectflow.networks.backbones.channels_last import lay_channels_last
from affectflow.networks.backbones.ir50 import Ir50
from affectflow.networks.backbones.mobilefacenet import MobileFaceNet

FEATURES = 768
"""Numbers of a face."""

# Side, channels and heads of each size of picture, and the chance with which its block is left out in training.
_SIZES = ((28, 64, 2, 0.0), (14, 128, 4, 0.125), (7, 256, 8, 0.25))
_SIDE = 112
_TOKENS = 7 * 7 * 3
_HEADS, _LAYERS = 8, 2
_MLP = 4
_LAYER_SCALE = 1e-5
_UNUSED = (
    "ir_back.output_layer.",
    "face_landback.output_layer.",
    *(f"attn{size}.relative_position_index" for size in (1, 2, 3)),
    *(f"VIT.{name}." for name in ("head", "patch_embed", "eca_block", "CON1", "IRLinear1", "IRLinear2")),
    *(f"VIT.blocks.{layer}.conv." for layer in range(_LAYERS)),
)


def _split(x: Tensor, heads: int) -> Tensor:
    """(batch, tokens, numbers) to (batch, heads, tokens, numbers / heads)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _join(x: Tensor) -> Tensor:
    """The other way round."""
    return x.transpose(1, 2).flatten(2)


class _Mlp(nn.Module):
    """Two linear layers."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(numbers, _MLP * numbers), nn.Linear(_MLP * numbers, numbers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return y


class _Window(nn.Module):
    """The tokens of a picture, one a pixel, normalised."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x.flatten(2).transpose(1, 2))
        return y


class _CrossAttention(nn.Module):
    """What the tokens of landmarks ask of those of the face, with a learnt number for each head and each way from one
    pixel to another. The public code cuts pictures into windows; all of its sizes are one."""

    def __init__(self, side: int, channels: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.qkv, self.proj = nn.Linear(channels, 2 * channels), nn.Linear(channels, channels)
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * side - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        rows, columns = (
            coordinate.flatten() for coordinate in torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        )
        down, right = (coordinate[:, None] - coordinate[None, :] + side - 1 for coordinate in (rows, columns))
        self.register_buffer("ways", down * (2 * side - 1) + right, persistent=False)

    def forward(self, face: Tensor, landmarks: Tensor) -> Tensor:
        key, value = (_split(projection, self._heads) for projection in self.qkv(face).chunk(2, dim=-1))
        ways = self.get_buffer("ways")
        bias = self.relative_position_bias_table[ways].permute(2, 0, 1)[None]
        attended = functional.scaled_dot_product_attention(_split(landmarks, self._heads), key, value, attn_mask=bias)
        answer: Tensor = self.proj(_join(attended))
        return answer


class _FeedForward(nn.Module):
    """What was answered, added to the face, and an MLP; both scaled by a learnt number a channel, and in training left
    out at random (Huang et al. 2016)."""

    def __init__(self, channels: int, drop_rate: float) -> None:
        super().__init__()
        self.gamma1 = nn.Parameter(torch.full((channels,), _LAYER_SCALE))
        self.gamma2 = nn.Parameter(torch.full((channels,), _LAYER_SCALE))
        self.mlp, self.norm = _Mlp(channels), nn.LayerNorm(channels)
        self._drop_rate = drop_rate

    def forward(self, face: Tensor, answer: Tensor) -> Tensor:
        x = face + self._draw_drop_mask(face) * self.gamma1 * answer
        y: Tensor = x + self._draw_drop_mask(x) * self.gamma2 * self.mlp(self.norm(x))
        return y

    def _draw_drop_mask(self, x: Tensor) -> Tensor:
        """For each face 0 where a part is left out, so that on average nothing changes."""
        return functional.dropout(x.new_ones(len(x), 1, 1), self._drop_rate, self.training)


class _SelfAttention(nn.Module):
    """What tokens ask of each other."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(FEATURES, 3 * FEATURES), nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (_split(projection, _HEADS) for projection in self.qkv(x).chunk(3, dim=-1))
        y: Tensor = self.proj(_join(functional.scaled_dot_product_attention(query, key, value)))
        return y


class _Layer(nn.Module):
    """Attention and an MLP, each behind a normalisation and added to what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(FEATURES, eps=1e-6), _SelfAttention()
        self.norm2, self.mlp = nn.LayerNorm(FEATURES, eps=1e-6), _Mlp(FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        y: Tensor = x + self.mlp(self.norm2(x))
        return y


class _Gate(nn.Module):
    """Numbers, each times a share in [0, 1] that follows from all."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(FEATURES, FEATURES), nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.linear2(functional.relu(self.linear1(x))).sigmoid()


class _Transformer(nn.Module):
    """Tokens of three sizes to the numbers of a class token, gated."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, FEATURES))
        self.pos_embed = nn.Parameter(torch.empty(1, 1 + _TOKENS, FEATURES))
        self.blocks = nn.Sequential(*(_Layer() for _ in range(_LAYERS)))
        self.norm, self.se_block = nn.LayerNorm(FEATURES, eps=1e-6), _Gate()
        for parameter in (self.cls_token, self.pos_embed):
            nn.init.trunc_normal_(parameter, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        y: Tensor = self.se_block(self.norm(self.blocks(tokens)[:, 0]))
        return y


class _Projection(nn.Module):
    """Each pixel to the numbers of a token."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, FEATURES, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.proj(x)
        return y


class PosterV2(nn.Module):
    """Faces to the 768 numbers that the published classifier reads.

    Faces of any size are seen at 112 pixels, of which each is the nearest of the face; published weights have learnt
    from faces of 224, of which these are every second pixel of every second row.
    """

    def __init__(self) -> None:
        super().__init__()
        self.face_landback, self.ir_back = MobileFaceNet(), Ir50()
        for number, (side, channels, heads, left_out) in enumerate(_SIZES, start=1):
            self.add_module(f"conv{number}", _halving(channels, channels))
            self.add_module(f"window{number}", _Window(channels))
            self.add_module(f"attn{number}", _CrossAttention(side, channels, heads))
            self.add_module(f"ffn{number}", _FeedForward(channels, left_out))
        self.last_face_conv = nn.Conv2d(512, 256, 3, padding=1)
        self.embed_q = nn.Sequential(_halving(64, FEATURES), _halving(FEATURES, FEATURES))
        self.embed_k = nn.Sequential(_halving(128, FEATURES))
        self.embed_v = _Projection(256)
        self.VIT = _Transformer()
        lay_channels_last(self)

    def own_names(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Published parameters without those that nothing is computed from."""
        return {key: tensor for key, tensor in state.items() if not key.startswith(_UNUSED)}

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, size, size) to (batch, 768)."""
        x = functional.interpolate(x, size=_SIDE)
        *landmarks, last = self.face_landback(x)
        landmarks.append(self.last_face_conv(last))
        tokens = []
        pictures = zip(self.ir_back(x), landmarks, (self.embed_q, self.embed_k, self.embed_v), strict=True)
        for number, (face, asking, embed) in enumerate(pictures, start=1):
            conv, window, attention, forward = (
                self.get_submodule(f"{name}{number}") for name in ("conv", "window", "attn", "ffn")
            )
            smaller = conv(face)
            face_tokens = window(smaller)
            face_tokens = forward(face_tokens, attention(face_tokens, asking.flatten(2).transpose(1, 2)))
            picture = face_tokens.transpose(1, 2).unflatten(2, smaller.shape[2:])
            tokens.append(embed(picture).flatten(2).transpose(1, 2))
        numbers: Tensor = self.VIT(torch.cat(tokens, dim=1))
        return numbers


def _halving(inputs: int, outputs: int) -> nn.Conv2d:
    """Half the side."""
    return nn.Conv2d(inputs, outputs, 3, 2, padding=1)
