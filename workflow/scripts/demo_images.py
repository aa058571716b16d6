"""Draw a synthetic corpus of still pictures under the folder that its settings name."""

from affectflow.config.data.images import DemoImages
from affectflow.config.validate import validated
from affectflow.synthetic.make_pictures import make_pictures
from affectflow.workflow import script


def main() -> None:
    """Parse the options and write the pictures."""
    options = script.parser(__doc__)
    script.settings_option(options, "images")
    args = options.parse_args()
    corpus = validated(DemoImages, args.images, "--images")
    with script.job(args, [], seeds={"seed": corpus.seed}):
        make_pictures(corpus)


if __name__ == "__main__":
    script.run(main)
