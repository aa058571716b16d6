"""MediaPipe's solutions, on the locked version of protobuf."""

from google.protobuf import message_factory

if not hasattr(message_factory.MessageFactory, "GetPrototype"):
    # As it is loaded, MediaPipe 0.10 asks for what protobuf 5 took away, prints an AttributeError and does without.
    message_factory.MessageFactory.GetPrototype = lambda self, descriptor: message_factory.GetMessageClass(descriptor)

from mediapipe import solutions as solutions
