"""How a trained branch learns compound expressions from few pictures (Kollias and Zafeiriou, section VI-B)."""

from affectflow.config.base import Name
from affectflow.config.numbers import Count
from affectflow.config.system.branch import Branch
from affectflow.config.training.sets import StillSet
from affectflow.config.training.trained import Trained


class FewShot(Trained):
    """A trained branch whose output layer is replaced by one for compound classes; all else goes on from what it has
    learnt."""

    images: Name
    """The pictures: a name of the run's `images`, annotated with compound classes. Nothing is learnt where the system's
    `scored_images` does not name it."""
    start: Name
    """The branch that it starts from, which sees single faces."""
    batch: Count = 64
    """Pictures a step."""
    epochs: Count = 100
    """At most so many passes over the training pictures."""
    select: str = "f1"
    """Validation score that picks the epoch: `f1`, `accuracy` or `total`."""

    def branch(self, start: Branch, place: str) -> Branch:
        """The branch that learns.

        Args:
            start: settings of the branch that it starts from.
            place: CORPUS/SYSTEM/TRACKS/BRANCH of that one, as `init` takes it.
        """
        trained = self.model_dump(exclude={"images", "start"})
        pictures = StillSet(images=(self.images,), tracks=("expr",), batch=self.batch)
        parts = [part for part in start.network.parts(start.streams) if part != "output"]
        inherited = {name: getattr(start, name) for name in ("streams", "network", "sequence", "picture")}
        return Branch(**inherited, **trained, sets={"few": pictures}, init=dict.fromkeys(parts, place))
