"""How a trained branch learns compound expressions from few pictures (Kollias and Zafeiriou, section VI-B)."""

from affectflow.config.base import Name
from affectflow.config.numbers import Count
from affectflow.config.system.branch import Branch
from affectflow.config.training.sources import TrainingSource
from affectflow.config.training.trained import Trained


class FewShot(Trained):
    """A trained branch whose output layer is replaced by one for compound classes; all other layers are trained
    further."""

    images: Name
    """The pictures: a name in the run's `images`, annotated with compound classes. Nothing is trained if the system's
    `scored_images` does not name it."""
    start: Name
    """The branch that training starts from; it must see single faces."""
    batch: Count = 64
    """Pictures in a training step."""
    epochs: Count = 100
    """Largest number of passes over the training pictures."""
    select: str = "f1"
    """Validation score that chooses the epoch: `f1`, `accuracy` or `total`."""

    def branch(self, start: Branch, place: str) -> Branch:
        """The branch that learns.

        Args:
            start: settings of the branch that it starts from.
            place: CORPUS/SYSTEM/TRACKS/BRANCH of that one, as `init` takes it.
        """
        trained = self.model_dump(exclude={"images", "start"})
        pictures = TrainingSource(images=(self.images,), tracks=("expr",), batch=self.batch)
        parts = [part for part in start.network.parts(start.streams) if part != "output"]
        inherited = {name: getattr(start, name) for name in ("streams", "network", "sequence", "picture")}
        return Branch(**inherited, **trained, sources={"few": pictures}, init=dict.fromkeys(parts, place))
