"""A branch's network with its first weights, its teacher and what its losses need, before the first epoch."""

import sys

import numpy as np
from numpy.typing import NDArray

from affectflow.config.system.branch import Branch
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.models.folder import epoch_of, load_model
from affectflow.models.readout import Readout
from affectflow.networks.initial import read_model
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network
from affectflow.pretrained.weights import load_state, read_registry, word_vectors
from affectflow.relatedness.matrices import read_relatedness
from affectflow.training.coupled import Coupled, describe_units_left_out
from affectflow.training.data import BranchData
from affectflow.training.module import BranchModule
from affectflow.training.paths import Paths


def assemble(name: str, branch: Branch, tasks: Tasks, paths: Paths, data: BranchData, seed: int) -> BranchModule:
    """Build what is trained.

    Args:
        name: of the branch.
        branch: its settings.
        tasks: what it predicts.
        paths: where weights, the teacher and pre-trained models lie.
        data: what it learns from; its inputs and moments shape the network.
        seed: of the batches' variation.

    Raises:
        InputError: weights are missing, altered or of another network; the teacher predicts something else.
    """
    readout = Readout(tasks, branch.bins)
    network = build_network(branch.network, data.inputs(), readout.sizes)
    network.prepare(data.moments)
    _initialise(network, branch, paths)
    words, coupled = _words(branch, tasks, paths), _coupled(branch, readout)
    if coupled is not None and coupled.left_out:
        print(
            f"{name}: {describe_units_left_out(coupled.left_out)}: not coupled, since the network predicts none",
            file=sys.stderr,
        )
    return BranchModule(name, branch, readout, network, data, seed, words, coupled, _teacher(readout, data, paths))


def _initialise(network: Network, branch: Branch, paths: Paths) -> None:
    for stream, weights in branch.init.items():
        if weights in paths.pretrained:
            state = read_model(paths.pretrained[weights])
            if any(epoch_of(key) for key in state):
                raise InputError(
                    f"{paths.pretrained[weights]}: holds the network after several epochs, of which none is the one to "
                    f"start from; train {weights} without epoch_ensemble, or name another in the branch's init"
                )
        else:
            state = load_state(weights, read_registry(paths.weights), paths.weights_dir)
        network.load_initial(stream, state, weights)


def _teacher(readout: Readout, data: BranchData, paths: Paths) -> Network | None:
    if paths.teacher is None:
        return None
    trained = load_model(paths.teacher)
    signature = trained.tasks.outputs, trained.readout.bins, trained.inputs
    if signature != (readout.tasks.outputs, readout.bins, data.inputs()):
        raise InputError(
            f"{paths.teacher}: predicts {', '.join(trained.tasks.outputs)} from {trained.inputs}; its student predicts "
            f"{', '.join(readout.tasks.outputs)} from {data.inputs()}: train it again"
        )
    return trained.network


def _words(branch: Branch, tasks: Tasks, paths: Paths) -> NDArray[np.float32] | None:
    if not branch.loss.embedding:
        return None
    registry = read_registry(paths.weights)
    classes = next(track.outputs for track in tasks.tracks if track.name == "expr")
    return word_vectors(branch.loss.word_embeddings, classes, registry, paths.weights_dir)


def _coupled(branch: Branch, readout: Readout) -> Coupled | None:
    coupling = branch.loss.coupling
    return None if coupling is None else Coupled(readout, coupling, read_relatedness(coupling.relatedness))
