"""What a compiled library tells its developers on standard error, left out while it loads; its errors stay."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Lines of TensorFlow Lite's logger and of absl's (information and warnings), and absl's remark on itself.
_CHATTER = re.compile(rb"^(?:INFO: |WARNING: All log messages before absl::|[IW]\d{4} ).*\n?", re.MULTILINE)


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what this process writes on standard error, and pass it on at the block's end without such lines.

    For libraries whose logger nobody can set: for the moment of loading alone, as a crash within the block takes along
    what is held back.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            buffer.seek(0)
            if remaining := _CHATTER.sub(b"", buffer.read()):
                os.write(2, remaining)
