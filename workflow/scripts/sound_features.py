"""Store a set of sound features of a shard's videos: a row for every decoded frame."""

from pathlib import Path

from affectflow.cli.features import chosen_set, feature_options
from affectflow.config.model.feature_sets import FaceSet
from affectflow.core.errors import InputError
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sound", type=existing, required=True, metavar="IN", help="decoded sound")
    options.add_argument("--frames", type=existing, required=True, metavar="IN", help="decoded frames, for their times")
    feature_options(options)
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="features to write")
    args = options.parse_args()
    feature_set = chosen_set(args)
    settings = feature_set.settings
    if isinstance(settings, FaceSet):
        raise InputError(f"--set is of kind {settings.kind}; expected one of sound")
    with job(args, [args.sound, args.frames, *feature_set.files], threads=feature_set.device.threads):
        extractor = build_extractor(feature_set.settings, feature_set.state(), feature_set.device)
        write_sound_features(args.sound, args.frames, extractor, args.out, settings.at, settings.window)


if __name__ == "__main__":
    run(main)
