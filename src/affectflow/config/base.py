"""What all settings share: unknown keys are errors, values are fixed once read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# Names of files are made of several names, and have 255 bytes.
_LONGEST = 100
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=_LONGEST)]


class Settings(BaseModel):
    """A group of settings. Frozen, and closed to keys that it does not know."""

    # A group that is a default is read anew, too: its paths are of the project.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        revalidate_instances="always",
    )
