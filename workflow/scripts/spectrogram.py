"""Store the log-mel spectrogram of a shard's sound tracks."""

from pathlib import Path

from affectflow.config.data.preprocessing import Mel
from affectflow.config.validate import validated
from affectflow.preprocessing.audio.filters import read_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sound", type=existing, required=True, metavar="IN", help="decoded sound")
    options.add_argument("--filters", type=existing, required=True, metavar="IN", help="mel filter bank")
    settings_option(options, "mel")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="spectrograms to write")
    args = options.parse_args()
    settings = validated(Mel, args.mel, "--mel")
    with job(args, [args.sound, args.filters]):
        spectrogram_shard(args.sound, settings, read_filters(args.filters, settings), args.out)


if __name__ == "__main__":
    run(main)
