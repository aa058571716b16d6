"""What config/weights.yaml holds: published weights, where they come from and how they are checked."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.secrets import secret_in


class WeightSource(Settings):
    """One published file of weights or word vectors."""

    title: str
    """What it is."""
    url: str | None = None
    """Where it is downloaded from; none for a file that the user must bring."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{8,64}$")] | None = None
    """SHA-256 of the source file, or as much of its beginning as its publisher tells (torchvision puts eight digits
    in the file's name). Without it the digest of the first file that is fetched is recorded, and later ones must
    agree."""
    licence: str
    """Terms of use."""
    used_by: str
    """Which branches or settings use it."""
    format: Literal["checkpoint", "words", "package"]
    """`checkpoint`: a state dict as .pth or .safetensors; `words`: word vectors as text, a word and its numbers a line,
    of which those of the expressions are kept. Both are kept as safetensors. `package`: comes with the installed
    package of the same name, so that nothing is fetched; it stands in the list for its licence."""
    container: str | None = None
    """Key of a checkpoint under which its state dict lies; none where the file is the state dict."""
    prefix: str = ""
    """Beginning of parameter names that is taken off where it is there."""
    member: str | None = None
    """File in the archive that `url` gives, where it is one."""
    how: str | None = None
    """How to come by the file, where it cannot be downloaded."""
    without: str | None = None
    """What one can do without the file, where that is another thing than to leave it out of a branch's `init`."""

    @model_validator(mode="after")
    def _can_be_had(self) -> "WeightSource":
        if self.url is None and self.how is None and self.format != "package":
            raise ValueError("neither url nor how is given: say where the file comes from")
        if self.url is not None and (secret := secret_in(self.url)):
            raise ValueError(f"url holds {secret}; fetch the file yourself, and say in `how` where it comes from")
        return self
