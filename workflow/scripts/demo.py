"""Write the synthetic demo corpus under the folder that its settings name."""

from affectflow.cli import script
from affectflow.config.corpora import DemoCorpus
from affectflow.config.validate import validated
from affectflow.corpus.demo.make import make_demo


def main() -> None:
    """Parse the options and write the corpus."""
    options = script.parser(__doc__)
    script.settings_option(options, "corpus")
    make_demo(validated(DemoCorpus, options.parse_args().corpus, "--corpus"))


if __name__ == "__main__":
    script.run(main)
