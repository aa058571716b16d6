"""Small JSON artifacts as settings models."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from affectflow.core.errors import InputError

Model = TypeVar("Model")


def read_typed(path: Path, kind: TypeAdapter[Model], content: str) -> Model:
    """What a JSON file holds.

    Args:
        path: the file.
        kind: of what it must hold.
        content: what it holds, in the words of the error: `fusion weights`.

    Raises:
        InputError: the file is missing or is not such a file.
    """
    try:
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
    except ValidationError as error:
        raise InputError(f"{path}: not a file of {content} ({error}); delete it and run again") from error
