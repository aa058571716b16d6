"""Sets of sound features by the `kind` that their settings give; each module is imported only when it is used."""

import importlib
from typing import TYPE_CHECKING, get_args

from affectflow.config.model.feature_sets import FeatureSet
from affectflow.config.model.of_sound import OfSound
from affectflow.config.system.execution import Device

if TYPE_CHECKING:
    from torch import Tensor

    from affectflow.features.extractor import SoundExtractor

_SETTINGS = get_args(get_args(FeatureSet)[0])
KINDS: dict[str, str] = {
    get_args(settings.model_fields["kind"].annotation)[0]: settings.EXTRACTOR
    for settings in _SETTINGS
    if issubclass(settings, OfSound)
}
"""The module behind each kind of sound features that settings know."""


def features_module(kind: str) -> str:
    """The module behind a kind, so that a code fingerprint includes the chosen one and no other."""
    return KINDS[kind]


def build_extractor(settings: FeatureSet, state: "dict[str, Tensor] | None", device: Device) -> "SoundExtractor":
    """The extractor of a set of sound.

    Args:
        settings: of the set.
        state: published weights by name; None for sets that need none, and for `random_init`.
        device: where networks run.
    """
    module = importlib.import_module(KINDS[settings.kind])
    extractor: SoundExtractor = module.extractor(settings, state, device)
    return extractor
