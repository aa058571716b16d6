"""How a corpus without splits of its own is parted."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from affectflow.config.base import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class Splits(Settings):
    """Splits of a corpus without official ones. All videos of a person are in one split."""

    shares: tuple[Share, Share, Share] = (0.6, 0.2, 0.2)
    """Shares of the people for training, validation and test, if no list is set. People are sorted by the SHA-256 of
    their names: the same people always give the same splits."""
    train: tuple[str, ...] = ()
    """People for training. If any of the three lists is set, the lists decide, and everybody must be in exactly one."""
    validation: tuple[str, ...] = ()
    """People for validation."""
    test: tuple[str, ...] = ()
    """People for test."""

    @model_validator(mode="after")
    def _parts(self) -> Self:
        if abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"shares {list(self.shares)} sum to {sum(self.shares):g}, expected 1")
        people = [*self.train, *self.validation, *self.test]
        if twice := sorted({name for name in people if people.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is named more than once in train, validation and test")
        return self
