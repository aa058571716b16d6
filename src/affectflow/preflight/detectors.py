"""Models of detectors that are fetched once an environment."""

from affectflow.config.system.settings import Run
from affectflow.core.advice import affectflow
from affectflow.pretrained.carried import MODELS, state_of


def _chosen_models(run: Run) -> list[str]:
    """The models that the detectors of a run need, by their names in config/weights.yaml."""
    chosen = [run.faces.detector] if run.faces.source == "detect" else []
    return [name for name in (*chosen, run.body.backend) if name in MODELS]


def missing_models(run: Run) -> list[str]:
    """What to tell of each that is not in this environment, or was altered there."""
    return [
        f"the model {name} is {state} in this environment, so that jobs that need it will fail: run "
        f"`{affectflow(f'weights fetch {name}')}`"
        for name in _chosen_models(run)
        if (state := state_of(name)) != "verified"
    ]
