"""Store what a frozen encoder sees in the face of every frame of a shard: a set of features for branches."""

from pathlib import Path

from affectflow.cli.features import feature_options, given_set
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
    given = options.parse_args()
    its = given_set(given)
    settings = its.settings
    if not isinstance(settings, FaceSet):
        raise InputError(f"--set is of kind {settings.kind}; expected face")
    learnt = its.files if given.model is None else [given.model]
    with job(given, [given.faces, *learnt], threads=its.device.threads):
        weights = FaceWeights(given.model, given.weights, given.weights_dir)
        write_face_features(given.faces, settings, weights, given.out, device=its.device)


if __name__ == "__main__":
    run(main)
