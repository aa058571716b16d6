"""Contact sheets, small enough for a page of hundreds; of thousands the first ones."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import cv2

from affectflow.core.errors import InputError

WIDTH = 900
"""Pixels; narrower ones stay as they are."""
_QUALITY = 60
BUDGET = 20_000_000
"""Most bytes of all sheets together, after which no further one is shown."""


def sheets_html(sheets: Sequence[tuple[Path, str]], budget: int = BUDGET) -> Iterator[str]:
    """Each sheet as a figure with its caption (plain text), one read at a time; where they are too many, where the
    others lie.

    Raises:
        InputError: a file is no picture.
    """
    used_bytes = 0
    for index, (path, caption) in enumerate(sheets):
        if used_bytes >= budget:
            yield (
                f'<p class="note">To keep this file small, the other {len(sheets) - index} sheets are left out of it: '
                f"see {escape(str(path.parent))}/</p>"
            )
            return
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise InputError(f"{path}: not a readable picture; delete the file and run again")
        height, width = picture.shape[:2]
        if width > WIDTH:
            picture = cv2.resize(picture, (WIDTH, round(height * WIDTH / width)), interpolation=cv2.INTER_AREA)
        height, width = picture.shape[:2]
        options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        data = b64encode(cv2.imencode(".jpg", picture, options)[1].tobytes()).decode()
        used_bytes += len(data)
        yield (
            f'<figure><img loading="lazy" decoding="async" width="{width}" height="{height}" '
            f'alt="Contact sheet: {escape(caption, quote=True)}" src="data:image/jpeg;base64,{data}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
