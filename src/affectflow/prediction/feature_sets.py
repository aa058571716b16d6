"""The extracted feature sets that a trained system reads, of one video."""

from collections.abc import Mapping
from pathlib import Path

from affectflow.config.model.feature_sets import RANDOM, FaceSet
from affectflow.config.system.settings import Run
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.pretrained.weights import kept_path, load_state, read_registry
from affectflow.workflow.plan import pretrainings
from affectflow.workflow.plan.plan import Plan


def weights_of(run: Run, root: Path, name: str) -> Path | None:
    """The weights that a set is extracted with: of the pre-training that it names, or published ones; None where it
    needs none, or random ones stand in for them.

    Args:
        run: settings of the run.
        root: the workflow's folder.
        name: of the set.
    """
    published, encoders = run.system.features[name].published, pretrainings.set_encoder(Plan(run), name)
    if published is None or published == RANDOM:
        return None
    return root / encoders[0] if encoders else kept_path(published, root / run.weights_dir)


def extract(run: Run, root: Path, name: str, inputs: Mapping[str, Path], out: Path) -> None:
    """Store a set of a video's frames, as rules `sound_features` and `face_features` do.

    Args:
        run: settings of the run.
        root: the workflow's folder, where weights lie.
        name: of the set.
        inputs: the artifacts that the rule reads, by kind.
        out: file of the set.

    Raises:
        InputError: weights are missing or altered, or what is read is damaged.
    """
    settings = run.system.features[name]
    registry, folder = root / run.weights, root / run.weights_dir
    if isinstance(settings, FaceSet):
        model = weights_of(run, root, name) if settings.weights in run.system.pretraining else None
        write_face_features(inputs["faces"], settings, FaceWeights(model, registry, folder), out, device=run.device)
        return
    state = None
    if settings.published is not None and settings.published != RANDOM:
        state = load_state(settings.published, read_registry(registry), folder)
    extractor = build_extractor(settings, state, run.device)
    write_sound_features(inputs["sound"], inputs["frames"], extractor, out, settings.at, settings.window)
