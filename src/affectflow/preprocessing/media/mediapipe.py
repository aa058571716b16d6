"""MediaPipe's solutions, on the locked version of protobuf and without its remarks to developers."""

from typing import Any

from google.protobuf import message_factory

from affectflow.preprocessing.media.quiet import without_chatter

if not hasattr(message_factory.MessageFactory, "GetPrototype"):
    # As it is loaded, MediaPipe 0.10 asks for what protobuf 5 took away, prints an AttributeError and does without.
    message_factory.MessageFactory.GetPrototype = lambda self, descriptor: message_factory.GetMessageClass(descriptor)

from mediapipe import solutions as solutions
from mediapipe.python.solution_base import SolutionBase


class Quiet:
    """A solution of MediaPipe that says nothing while it loads.

    Its parts load in threads of their own, and one more remark comes with the first thing that is found.
    """

    def __init__(self, make: type[SolutionBase], **options: Any) -> None:
        with without_chatter():
            self._solution = make(**options)
            self._solution._graph.wait_until_idle()
        self._settled = False

    def process(self, picture: Any, output: str) -> Any:
        """The output `output` of the solution in an RGB picture; None where it finds nothing."""
        if self._settled:
            return getattr(self._solution.process(picture), output)
        with without_chatter():
            result = getattr(self._solution.process(picture), output)
        self._settled = result is not None
        return result
