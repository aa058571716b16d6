"""Write a synthetic demo corpus under the folder that its settings name."""

from affectflow.artifacts import ledger
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.config.data.corpora import DemoCorpus
from affectflow.config.validate import validated
from affectflow.preprocessing.media.trial import expect_program, usable
from affectflow.synthetic.make import make_demo
from affectflow.synthetic.make_reactions import make_reactions
from affectflow.workflow import script


def main() -> None:
    """Parse the options and write the corpus."""
    options = script.parser(__doc__)
    script.settings_option(options, "corpus")
    options.add_argument("--ffmpeg", default="packaged", help="which ffmpeg encodes, as decode.ffmpeg has it")
    options.add_argument("--program", metavar="PROGRAM", help="the ffmpeg that the run was planned with")
    given = options.parse_args()
    if given.program:
        expect_program(usable(given.ffmpeg, ledger.FOLDER), given.program)
    if given.corpus.get("kind") == "demo_hume":
        reactions = validated(HumeDemoCorpus, given.corpus, "--corpus")
        with script.job(given, [], seeds={"seed": reactions.seed}):
            make_reactions(reactions, ffmpeg=given.ffmpeg)
    else:
        corpus = validated(DemoCorpus, given.corpus, "--corpus")
        with script.job(given, [], seeds={"seed": corpus.seed}):
            make_demo(corpus, ffmpeg=given.ffmpeg)


if __name__ == "__main__":
    script.run(main)
