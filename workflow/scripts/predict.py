"""Predict every decoded frame of a split with a trained branch."""

from pathlib import Path
from typing import get_args

from affectflow.cli.script import existing, job, parser, run, settings_option
from affectflow.config.settings import Device, Loader
from affectflow.config.validate import validated
from affectflow.streams.dataset import Sense
from affectflow.streams.index import artifact_files, read_index
from affectflow.streams.needs import artifacts_of
from affectflow.tracks import TrackName
from affectflow.training.model_folder import MODEL, SETTINGS, chosen_track, read_branch, trained_tasks
from affectflow.training.predict import predict_split


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument("--track", choices=get_args(TrackName), help="of the tracks that the branch has learnt")
    options.add_argument("--manifest", type=existing, required=True)
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument("--split", required=True)
    options.add_argument("--without", choices=get_args(Sense), help="as if none had been found in any frame")
    settings_option(options, "device", "loader")
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    device = validated(Device, given.device, "--device")
    loader = validated(Loader, given.loader, "--loader")
    model = [given.model / name for name in (MODEL, SETTINGS)]
    branch, values = read_branch(given.model)
    track = chosen_track(trained_tasks(values), given.track, given.model)
    index = read_index(given.manifest, None, given.split, track)
    inputs = [*model, given.manifest, *artifact_files(index, artifacts_of(branch), given.work)]
    with job(given, inputs, threads=device.threads):
        predict_split(
            given.model,
            given.manifest,
            given.work,
            given.split,
            given.out,
            track=track.name,
            device=device,
            loader=loader,
            without=given.without,
        )


if __name__ == "__main__":
    run(main)
