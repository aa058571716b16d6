"""Predict every decoded frame of a split with a trained branch."""

from pathlib import Path
from typing import get_args

from affectflow.artifacts.layout import MODEL, SETTINGS, feature_files
from affectflow.config.evaluation.inference import Windowing
from affectflow.config.system.execution import Device, Loader
from affectflow.config.system.senses import Sense
from affectflow.config.validate import validated
from affectflow.core.tracks import Edition, TrackName
from affectflow.dataloading.index import artifact_files, read_index
from affectflow.dataloading.needs import artifacts_of
from affectflow.inference.predict import predict_split
from affectflow.models.folder import chosen_track, read_branch, trained_tasks
from affectflow.workflow.options import named_path
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument("--track", choices=get_args(TrackName), help="of the tracks that the branch has learnt")
    options.add_argument("--edition", choices=get_args(Edition), help="whose outputs are asked for; default: its own")
    options.add_argument("--manifest", type=existing, required=True)
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument("--split", required=True)
    options.add_argument("--without", choices=get_args(Sense), help="as if none had been found in any frame")
    options.add_argument(
        "--features",
        type=named_path,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="folder of the features of a branch that the branch reads; once for each, in its order",
    )
    options.add_argument("--unclipped", action="store_true", help="leave valence and arousal beyond [-1, 1]")
    settings_option(options, "device", "loader", "windowing")
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    device = validated(Device, args.device, "--device")
    loader = validated(Loader, args.loader, "--loader")
    windowing = validated(Windowing, args.windowing, "--windowing")
    model = [args.model / name for name in (MODEL, SETTINGS)]
    branch, values = read_branch(args.model)
    track = chosen_track(trained_tasks(values), args.track, args.model)
    index = read_index(args.manifest, None, args.split, track)
    inputs = [*model, args.manifest, *artifact_files(index, artifacts_of(branch), args.work)]
    features = dict(args.features)
    inputs += feature_files(features, args.split)
    with job(args, inputs, threads=device.threads):
        predict_split(
            args.model,
            args.manifest,
            args.work,
            args.split,
            args.out,
            track=track.name,
            edition=args.edition,
            device=device,
            loader=loader,
            without=args.without,
            features=features,
            clip=not args.unclipped,
            windowing=windowing,
        )


if __name__ == "__main__":
    run(main)
