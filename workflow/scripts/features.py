"""Store what a trained branch of single faces sees in every frame of a split: frozen features for other branches."""

from pathlib import Path

from affectflow.artifacts.layout import MODEL, SETTINGS
from affectflow.config.system.execution import Device, Loader
from affectflow.config.validate import validated
from affectflow.dataloading.index import artifact_files, read_subjects
from affectflow.dataloading.needs import artifacts_of
from affectflow.inference.features import write_features
from affectflow.models.folder import read_branch
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument(
        "--manifest",
        type=existing,
        action="append",
        required=True,
        metavar="PATH",
        help="of a track that the branch has learnt; once for each",
    )
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument("--split", required=True)
    options.add_argument("--copy", type=int, default=0, help="0: faces as they are; others are changed by its augment")
    settings_option(options, "device", "loader")
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    device = validated(Device, args.device, "--device")
    loader = validated(Loader, args.loader, "--loader")
    branch, _ = read_branch(args.model)
    index = read_subjects(args.manifest, args.split)
    inputs = [args.model / MODEL, args.model / SETTINGS, *args.manifest]
    inputs += artifact_files(index, artifacts_of(branch), args.work)
    with job(args, inputs, threads=device.threads):
        write_features(
            args.model,
            args.manifest,
            args.work,
            args.split,
            args.out,
            device=device,
            loader=loader,
            copy=args.copy,
        )


if __name__ == "__main__":
    run(main)
