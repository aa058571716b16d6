"""Store what a frozen encoder sees in the face of every frame of a shard: a set of features for branches."""

from pathlib import Path

from affectflow.cli.features import chosen_set, feature_options
from affectflow.config.model.feature_sets import FaceSet
from affectflow.core.errors import InputError
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--faces", type=existing, required=True, help="faces of the shard")
    options.add_argument("--model", type=existing, help="model.safetensors of the pre-training that the set names")
    feature_options(options)
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    feature_set = chosen_set(args)
    settings = feature_set.settings
    if not isinstance(settings, FaceSet):
        raise InputError(f"--set is of kind {settings.kind}; expected face")
    weight_files = feature_set.files if args.model is None else [args.model]
    with job(args, [args.faces, *weight_files], threads=feature_set.device.threads):
        weights = FaceWeights(args.model, args.weights, args.weights_dir)
        write_face_features(args.faces, settings, weights, args.out, device=feature_set.device)


if __name__ == "__main__":
    run(main)
