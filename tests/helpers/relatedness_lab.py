"""Kollias and Zafeiriou's relatedness as tensors, and drawn predictions and labels, for tests of what is built on
it."""

import torch
from repository import ROOT
from torch import Tensor

from affectflow.core.tracks import track_of
from affectflow.relatedness.matrices import UNITS, read_relatedness, unit_matrix

NAN = float("nan")
CLASSES = track_of("expr").outputs
TABLES = ROOT / "config" / "relatedness"
STUDY = read_relatedness(TABLES / "du2014.yaml")
RELATED = torch.from_numpy(unit_matrix(STUDY.emotions, CLASSES, UNITS))
WEIGHTED = torch.from_numpy(unit_matrix(STUDY.emotions, CLASSES, UNITS, reweight=True))


def numbers(*names: str) -> Tensor:
    """Numbers of classes; an empty name is "not annotated"."""
    return torch.tensor([CLASSES.index(name) if name else NAN for name in names], dtype=torch.float64)


def faces(*present: tuple[int, ...], unknown: tuple[int, ...] = ()) -> Tensor:
    """Unit labels of images: 1 for those `present`, NaN for the `unknown`, else 0; shape (images, 17)."""
    rows = [[NAN if unit in unknown else float(unit in image) for unit in UNITS] for image in present]
    return torch.tensor(rows, dtype=torch.float64)


def random_normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def labels(seed: int, *shape: int, classes: int = 2, missing: float = 0.4) -> Tensor:
    """Numbers of classes with gaps."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(0, classes, shape, generator=generator).double()
    return values.masked_fill(torch.rand(shape, generator=generator) < missing, NAN)


def random_mask(seed: int, *shape: int) -> Tensor:
    """A mask that is mostly true."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.8
