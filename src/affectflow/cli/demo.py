"""`affectflow demo DIR`: make a synthetic demo corpus."""

import argparse
from pathlib import Path

from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.config.data.corpora import DemoCorpus
from affectflow.config.validate import validated
from affectflow.core.errors import InputError

_SPLITS = ("TRAIN", "VALIDATION", "TEST")


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, metavar="DIR", help="folder for the corpus")
    options.add_argument(
        "--layout",
        choices=("affwild2", "hume"),
        default="affwild2",
        help="layout: Aff-Wild2's, annotated by frame, or Hume-Reaction's, by clip (default: %(default)s)",
    )
    options.add_argument(
        "--ffmpeg", default="packaged", help="ffmpeg that encodes: packaged, path or a file (default: %(default)s)"
    )
    options.add_argument("--seed", type=int, default=0, help="determines every random choice (default: %(default)s)")
    options.add_argument("--seconds", type=float, help="length of a video (default: 8; hume: 4, some shorter)")
    for name, what in (("subjects", "affwild2: number of subjects in each split (default: 12 6 6)"),
                       ("clips", "hume: number of clips in each split (default: 72 36 36)")):  # fmt: skip
        options.add_argument(f"--{name}", type=int, nargs=3, metavar=_SPLITS, help=what)


def main(arguments: argparse.Namespace) -> int:
    from affectflow.preprocessing.media.trial import encoder

    encoder(arguments.ffmpeg)
    if arguments.layout == "hume":
        _make_reactions(_read_settings(arguments, "clips", "subjects"), arguments.ffmpeg)
    else:
        _make_demo(_read_settings(arguments, "subjects", "clips"), arguments.ffmpeg)
    print(f"{arguments.folder}: the demo corpus is made; it is synthetic and its scores say nothing about people")
    return 0


def _read_settings(arguments: argparse.Namespace, count_option: str, other_option: str) -> dict[str, object]:
    """Settings that were given; InputError where one is of the other layout."""
    if getattr(arguments, other_option) is not None:
        raise InputError(f"--{other_option} is not of --layout {arguments.layout}, which counts --{count_option}")
    options = {name: getattr(arguments, name) for name in ("seed", "seconds", count_option)}
    return {"root": arguments.folder} | {name: value for name, value in options.items() if value is not None}


def _make_demo(settings: dict[str, object], ffmpeg: str) -> None:
    from affectflow.synthetic.make import make_demo

    make_demo(validated(DemoCorpus, {"kind": "demo", **settings}, "affectflow demo"), ffmpeg=ffmpeg)


def _make_reactions(settings: dict[str, object], ffmpeg: str) -> None:
    from affectflow.synthetic.make_reactions import make_reactions

    make_reactions(validated(HumeDemoCorpus, {"kind": "demo_hume", **settings}, "affectflow demo"), ffmpeg=ffmpeg)
