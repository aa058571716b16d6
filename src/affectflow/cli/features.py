"""What the scripts that extract feature sets share."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from affectflow.config.base import Settings
from affectflow.config.model.feature_sets import RANDOM, FeatureSet
from affectflow.config.system.execution import Device
from affectflow.config.validate import validated
from affectflow.pretrained.weights import kept_path, load_state, read_registry
from affectflow.workflow.script import settings_option

if TYPE_CHECKING:
    from torch import Tensor


class _One(Settings):
    """One feature set."""

    set: FeatureSet


@dataclass(frozen=True)
class ChosenSet:
    """The set that a script extracts."""

    settings: FeatureSet
    device: Device
    weights: Path
    """Registry of published weights."""
    weights_dir: Path
    """Folder where weight files are kept."""

    @property
    def _published(self) -> str | None:
        name = self.settings.published
        return None if name == RANDOM else name

    @property
    def files(self) -> list[Path]:
        """The published weights that it is extracted with."""
        return [] if self._published is None else [kept_path(self._published, self.weights_dir)]

    def state(self) -> "dict[str, Tensor] | None":
        """These by name; None where there are none, or random ones stand in for them.

        Raises:
            InputError: they are missing or altered; says how to come by them.
        """
        name = self._published
        return None if name is None else load_state(name, read_registry(self.weights), self.weights_dir)


def feature_options(options: argparse.ArgumentParser) -> None:
    """Add `--set`, `--device`, `--weights` and `--weights-dir`; `chosen_set` joins them."""
    settings_option(options, "set", "device")
    options.add_argument("--weights", type=Path, default=Path("config/weights.yaml"), help="list of weights")
    options.add_argument("--weights-dir", type=Path, default=Path("weights"), help="folder of weight files")


def chosen_set(arguments: argparse.Namespace) -> ChosenSet:
    """The set that `feature_options` asked for."""
    settings = validated(_One, {"set": arguments.set}, "--set").set
    return ChosenSet(
        settings, validated(Device, arguments.device, "--device"), arguments.weights, arguments.weights_dir
    )
