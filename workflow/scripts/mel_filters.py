"""Make the mel filter bank of all spectrograms."""

from pathlib import Path

from affectflow.config.data.preprocessing import Mel
from affectflow.config.validate import validated
from affectflow.preprocessing.audio.filters import write_filters
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    settings_option(options, "mel")
    options.add_argument("--rate", type=int, required=True, help="sample rate of the sound in Hz")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="filters to write")
    args = options.parse_args()
    settings = validated(Mel, args.mel, "--mel")
    with job(args, []):
        write_filters(settings, args.rate, args.out)


if __name__ == "__main__":
    run(main)
