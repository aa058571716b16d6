"""Draw a synthetic corpus of still pictures under the folder that its settings name."""

from affectflow.config.data.images import DemoImages
from affectflow.config.validate import validated
from affectflow.synthetic.make_pictures import make_pictures
from affectflow.workflow import script


def main() -> None:
    """Parse the options and write the pictures."""
    options = script.parser(__doc__)
    script.settings_option(options, "images")
    given = options.parse_args()
    corpus = validated(DemoImages, given.images, "--images")
    with script.job(given, [], seeds={"seed": corpus.seed}):
        make_pictures(corpus)


if __name__ == "__main__":
    script.run(main)
