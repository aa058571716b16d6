"""`affectflow demo DIR`: make the synthetic demo corpus."""

import argparse
from pathlib import Path

from affectflow.config.corpora import DemoCorpus
from affectflow.config.validate import validated


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("folder", type=Path, metavar="DIR", help="where to make it")
    options.add_argument("--seed", type=int, default=0, help="fixes every random choice (default: %(default)s)")
    options.add_argument("--seconds", type=float, default=8.0, help="length of a video (default: %(default)s)")
    options.add_argument(
        "--subjects",
        type=int,
        nargs=3,
        default=(12, 6, 6),
        metavar=("TRAIN", "VALIDATION", "TEST"),
        help="subjects of each split (default: 12 6 6)",
    )


def main(arguments: argparse.Namespace) -> int:
    from affectflow.corpus.demo.make import make_demo

    given = {name: getattr(arguments, name) for name in ("seed", "seconds", "subjects")}
    corpus = validated(DemoCorpus, {"kind": "demo", "root": arguments.folder, **given}, "affectflow demo")
    make_demo(corpus)
    print(f"{arguments.folder}: the demo corpus is made; it is synthetic and its scores say nothing about people")
    return 0
