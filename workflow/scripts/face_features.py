"""Store what a frozen encoder sees in the face of every frame of a shard: a set of features for branches."""

from pathlib import Path

from affectflow.cli.script import existing, job, parser, run, settings_option
from affectflow.config.feature_sets import RANDOM, FaceSet
from affectflow.config.settings import Device
from affectflow.config.validate import validated
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.weights import kept_path


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--faces", type=existing, required=True, help="faces of the shard")
    settings_option(options, "set", "device")
    options.add_argument("--model", type=existing, help="model.safetensors of the pre-training that the set names")
    options.add_argument("--weights", type=Path, default=Path("config/weights.yaml"), help="registry of weights")
    options.add_argument("--weights-dir", type=Path, default=Path("weights"), help="folder of weight files")
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    settings = validated(FaceSet, given.set, "--set")
    device = validated(Device, given.device, "--device")
    inputs = [given.faces]
    if given.model is not None:
        inputs.append(given.model)
    elif settings.weights != RANDOM:
        inputs.append(kept_path(settings.weights, given.weights_dir))
    with job(given, inputs, threads=device.threads):
        weights = FaceWeights(given.model, given.weights, given.weights_dir)
        write_face_features(given.faces, settings, weights, given.out, device=device)


if __name__ == "__main__":
    run(main)
