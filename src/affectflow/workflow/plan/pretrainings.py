"""What encoders of still pictures are trained on, and what sets of features are extracted with."""

from affectflow.artifacts.layout import MODEL, pictures
from affectflow.config.model.feature_sets import RANDOM
from affectflow.config.training.terms import term_modules
from affectflow.networks.encoders import encoder_module
from affectflow.workflow.plan.plan import Plan


def faces(plan: Plan, pretraining: str, split: str) -> dict[str, str]:
    """The stored faces of a split that an encoder learns from, by image corpus."""
    return {images: pictures(images, split) for images in plan.run.system.pretraining[pretraining].corpora}


def modules(plan: Plan, pretraining: str) -> list[str]:
    """The modules of its encoder, and of the further terms of its loss."""
    its = plan.run.system.pretraining[pretraining]
    return [encoder_module(its.backbone), *term_modules(its.loss.terms)]


def start(plan: Plan, pretraining: str) -> list[str]:
    """The file of published weights that an encoder starts from; none of random ones."""
    return plan.weights(*filter(None, [plan.run.system.pretraining[pretraining].init]))


def set_weights(plan: Plan, name: str) -> list[str]:
    """The file of published weights that a set of features is extracted with; none where it needs none, or has a model
    that is trained here."""
    weights = plan.run.system.features[name].published
    return [] if weights in (None, RANDOM, *plan.run.system.pretraining) else plan.weights(str(weights))


def set_encoder(plan: Plan, name: str) -> list[str]:
    """The encoder trained here whose features a set has; none where its weights are published or random."""
    encoder = plan.run.system.features[name].published
    return [plan.encoders.encoder(encoder, plan.run.seed, MODEL)] if encoder in plan.run.system.pretraining else []
