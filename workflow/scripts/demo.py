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
    args = options.parse_args()
    if args.program:
        expect_program(usable(args.ffmpeg, ledger.FOLDER), args.program)
    if args.corpus.get("kind") == "demo_hume":
        reactions = validated(HumeDemoCorpus, args.corpus, "--corpus")
        with script.job(args, [], seeds={"seed": reactions.seed}):
            make_reactions(reactions, ffmpeg=args.ffmpeg)
    else:
        corpus = validated(DemoCorpus, args.corpus, "--corpus")
        with script.job(args, [], seeds={"seed": corpus.seed}):
            make_demo(corpus, ffmpeg=args.ffmpeg)


if __name__ == "__main__":
    script.run(main)
