"""Curves over time as an inline SVG: scores of one subject, one frame marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

PALETTE = ("#3b7dc4", "#d9822b", "#2e8b4f", "#8250c4", "#c2407a", "#0e8a8a", "#9a7b1a")
"""Colours of the branches, in their order; the first again after the last."""
FUSED, ANNOTATED = "var(--ink)", "var(--bad)"
"""Of the page that has the curves (`report.page`), in light and in dark."""

_WIDTH, _HEIGHT = 1024.0, 236.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 10.0, 12.0, 26.0
# More points than pixels cannot be told apart.
_MOST = 1000


@dataclass(frozen=True)
class Line:
    """One curve; values that are not numbers leave gaps."""

    name: str
    values: NDArray[np.floating]
    colour: str
    width: float = 1.2
    dashes: str = ""


def curves_svg(
    times: NDArray[np.floating],
    lines: Sequence[Line],
    frame: int,
    title: str,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> str:
    """Curves of values within bounds over time.

    Args:
        times: seconds, shape (frames,).
        lines: from the back to the front, each of shape (frames,).
        frame: the one that is marked.
        title: for those who cannot see it.
        bounds: lowest and highest value; what lies beyond is drawn on the edge.
    """
    low, high = bounds
    shares = {line.name: np.clip((line.values - low) / (high - low), 0, 1) for line in lines}
    begin, end = float(times[0]), float(times[-1])
    across = (_WIDTH - _LEFT - _RIGHT) / (end - begin) if end > begin else 0.0
    x = _LEFT + (times - begin) * across
    parts = [
        f'<svg class="curves" viewBox="0 0 {_WIDTH:g} {_HEIGHT + 22:g}" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' font-family="inherit" font-size="12"><title>{escape(title)}</title>'
    ]
    for value in np.linspace(low, high, 5).tolist():
        colour, level = "var(--axis)" if value == 0 else "var(--grid)", _y((value - low) / (high - low))
        parts.append(f'<path d="M{_LEFT:g},{level:g}H{_WIDTH - _RIGHT:g}" stroke="{colour}"/>')
        parts.append(f'<text x="{_LEFT - 7:g}" y="{level + 4:g}" text-anchor="end" fill="var(--dim)">{value:g}</text>')
    for second in ticks(begin, end):
        tick_x = _LEFT + (second - begin) * across
        parts.append(
            f'<text x="{tick_x:.1f}" y="{_HEIGHT - 8:g}" text-anchor="middle" fill="var(--dim)">{second:g} s</text>'
        )
    frame_x = float(x[frame])
    parts.append(
        f'<rect x="{frame_x - 3:.1f}" y="{_TOP:g}" width="6" height="{_y(0) - _TOP:g}" '
        'fill="var(--mark)" opacity="0.6"/>'
    )
    for line in lines:
        style = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
        path = "".join(_path(x, shares[line.name]))
        parts.append(f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="{line.width:g}"{style}/>')
    for line in (line for line in lines if np.isfinite(line.values[frame])):
        level = _y(float(shares[line.name][frame]))
        parts.append(f'<circle cx="{frame_x:.1f}" cy="{level:.1f}" r="{line.width + 1.6:g}" fill="{line.colour}"/>')
    parts.extend(_legend(lines))
    return "\n".join([*parts, "</svg>"])


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def _path(x: NDArray[np.floating], values: NDArray[np.floating]) -> Iterator[str]:
    """Commands of a path; of many frames in a column of the picture, their lowest and highest."""
    count = len(values)
    bounds = np.linspace(0, count, min(count, _MOST) + 1).astype(int)
    pen = "M"
    for first, last in pairwise(bounds):
        piece = values[first:last]
        if not np.isfinite(piece).all():
            pen = "M"
            continue
        ends = {int(piece.argmin()), int(piece.argmax())}
        for index in sorted(ends):
            yield f"{pen}{x[first + index]:.1f},{_y(float(piece[index])):.1f}"
            pen = "L"


def ticks(begin: float, end: float) -> list[float]:
    """At most 10 round times from `begin` to `end`."""
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600) if (end - begin) / s <= 9), 1800)
    return [round(number * step, 6) for number in range(int(np.ceil(begin / step)), int(np.floor(end / step)) + 1)]


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    x = _LEFT
    for line in reversed(lines):
        y = _HEIGHT + 10
        style = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
        yield f'<path d="M{x:g},{y - 4:g}h22" stroke="{line.colour}" stroke-width="{max(line.width, 2):g}"{style}/>'
        yield f'<text x="{x + 28:g}" y="{y:g}" fill="var(--ink)">{escape(line.name)}</text>'
        x += 52 + 7.5 * len(line.name)
