"""What config/weights.yaml holds: published weights, where they come from and how they are checked."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.secrets import secret_in


class WeightSource(Settings):
    """One published file of weights or word embeddings."""

    title: str
    """Name of the weights."""
    url: str | None = None
    """Download address; none if the user must supply the file."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{8,64}$")] | None = None
    """SHA-256 of the source file, or the beginning of it that the publisher gives (torchvision puts eight digits in the
    file's name). Without it, the digest of the first downloaded file is recorded, and later ones must agree."""
    md5: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    """MD5 of the source file, where the publisher gives that."""
    licence: str
    """Terms of use."""
    used_by: str
    """Branches or settings that use the weights."""
    format: Literal["checkpoint", "words", "caffemodel", "package", "wheel"]
    """`checkpoint`: a state dict as .pth or .safetensors. `words`: word embeddings as text, a word and its numbers in a
    line; those of the expressions are kept. Both are stored as safetensors. `caffemodel`: a network as Caffe writes it,
    stored unchanged. `package`: part of the installed package of the same name; nothing is downloaded, and the entry is
    in the list for its licence. `wheel`: a detector's model, from a package that need not be installed, and kept in the
    environment of the Python that runs."""
    container: str | None = None
    """Key under which a checkpoint contains its state dict; none if the file is the state dict."""
    prefix: str = ""
    """Prefix that is removed from parameter names that have it."""
    member: str | None = None
    """File in the archive at `url`, if `url` is an archive."""
    how: str | None = None
    """How to obtain the file, if it cannot be downloaded."""
    without: str | None = None
    """What to do without the file, if it is not enough to leave it out of a branch's `init`."""

    @model_validator(mode="after")
    def _can_be_had(self) -> "WeightSource":
        if self.url is None and self.how is None and self.format not in ("package", "wheel"):
            raise ValueError("neither url nor how is given: say where the file comes from")
        if self.url is not None and (secret := secret_in(self.url)):
            raise ValueError(f"url holds {secret}; fetch the file yourself, and say in `how` where it comes from")
        return self
