"""What the files of config/relatedness hold: which action units tell of which emotion."""

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings

Emotion = Literal["anger", "disgust", "fear", "happiness", "sadness", "surprise"]
Unit = Annotated[int, Field(strict=True, ge=1, le=69)]
Weight = Annotated[float, Field(strict=True, gt=0, le=1)]

EMOTIONS: tuple[str, ...] = get_args(Emotion)
"""The six basic emotions; Neutral has no action units."""


class Related(Settings):
    """The action units (AUs) of an emotion."""

    prototypical: tuple[Unit, ...] = ()
    """Action units that always belong to the emotion."""
    observational: dict[Unit, Weight] = {}
    """Action units that a part of people show, each with that share, in (0, 1]."""

    @property
    def weights(self) -> dict[int, float]:
        """Every AU with its weight, 1 for a prototypical one."""
        return {**dict.fromkeys(self.prototypical, 1.0), **self.observational}

    @model_validator(mode="after")
    def _names_each_once(self) -> "Related":
        units = [*self.prototypical, *self.observational]
        if not units:
            raise ValueError("no AU is named: give prototypical or observational ones")
        if twice := sorted({unit for unit in units if units.count(unit) > 1}):
            raise ValueError(f"AU {', '.join(map(str, twice))} is named twice: an AU is prototypical or observational")
        return self


class Compound(Related):
    """A compound emotion, for example happily surprised."""

    parts: tuple[Emotion, Emotion]
    """The two basic emotions that the compound mixes."""
    positive_valence: bool = False
    """Whether a positive valence supports the emotion (Kollias and Zafeiriou, last term of equation 10)."""


class Relatedness(Settings):
    """Action units of the six basic emotions (Kollias and Zafeiriou, table V)."""

    source: str
    """Origin of the values."""
    emotions: dict[str, Related]
    """Action units by emotion, for all six."""

    @model_validator(mode="after")
    def _is_complete(self) -> "Relatedness":
        if sorted(self.emotions) != sorted(EMOTIONS):
            raise ValueError(f"emotions are {', '.join(self.emotions)}; expected each of {', '.join(EMOTIONS)}")
        return self


class CompoundRelatedness(Settings):
    """Action units of compound emotions, and the classes of corpora annotated with them."""

    source: str
    """Origin of the values."""
    classes: dict[str, Compound]
    """Action units by compound emotion."""
    sets: dict[Name, tuple[str, ...]]
    """Classes of each corpus in the order of their numbers: compound and basic emotions."""

    @model_validator(mode="after")
    def _knows_the_classes_of_the_sets(self) -> "CompoundRelatedness":
        known_classes = [*EMOTIONS, *self.classes]
        for name, members in self.sets.items():
            if strange := [member for member in members if member not in known_classes]:
                raise ValueError(f"set {name} has {', '.join(strange)}; expected some of {', '.join(known_classes)}")
            if len(set(members)) < len(members):
                raise ValueError(f"set {name} has a class twice")
        return self
