"""What all settings share: unknown keys are errors, values are fixed once read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


class Settings(BaseModel):
    """A group of settings. Frozen, and closed to keys that it does not know."""

    # A group that is a default is read anew, too: its paths are of the project.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=True,
        revalidate_instances="always",
    )
