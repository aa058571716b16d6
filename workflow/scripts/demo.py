"""Write the synthetic demo corpus under the folder that its settings name."""

from affectflow.cli import script
from affectflow.config.corpora import DemoCorpus
from affectflow.config.validate import validated
from affectflow.corpus.demo.make import make_demo


def main() -> None:
    """Parse the options and write the corpus."""
    options = script.parser(__doc__)
    script.settings_option(options, "corpus")
    given = options.parse_args()
    corpus = validated(DemoCorpus, given.corpus, "--corpus")
    with script.job(given, [], seeds={"seed": corpus.seed}):
        make_demo(corpus)


if __name__ == "__main__":
    script.run(main)
