"""Store the faces of a split of an image corpus in one file."""

import json
from pathlib import Path
from typing import get_args

from affectflow.config.data.images import ImageSource
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.datasets.images.registry import image_labels, list_images, pictures_of
from affectflow.datasets.images.stills import Split
from affectflow.preprocessing.face.images import write_images
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--images", type=json.loads, required=True, metavar="JSON", help="settings of the corpus")
    options.add_argument("--name", required=True, help="name of the corpus, for messages")
    options.add_argument("--split", choices=get_args(Split), required=True)
    options.add_argument("--out", type=Path, required=True, help="faces to write")
    options.add_argument("--left-out", type=Path, required=True, help="table of what is not in it, and why")
    args = options.parse_args()
    corpus = validated(ImageSource, {"images": args.images}, "options").images
    stills = list_images(corpus, args.split)
    pictures = pictures_of(stills)
    if around := [folder for folder in pictures if args.out.resolve().is_relative_to(folder.resolve())]:
        raise InputError(
            f"pictures of {args.name} lie in {around[0]}, in which {args.out} is written; "
            "give them a folder of their own"
        )
    with job(args, [*image_labels(corpus, args.split), *pictures]):
        write_images(stills, corpus.size, corpus.quality, args.out, args.left_out, f"{args.name} {args.split}")


if __name__ == "__main__":
    run(main)
