"""Places for boxes in layers, joined by lines from left to right: few crossings, short lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 12

_Node = tuple[str, int]
"""A box, or the place where lines from it pass a layer further right: the box's name and the layer."""


@dataclass(frozen=True)
class Places:
    """Where boxes and lines go, down the page."""

    middles: dict[str, float]
    """Height of each box's middle, by name; the topmost box begins at 0."""
    passes: dict[tuple[str, str], list[float]]
    """For each line, the heights at which it passes the layers between its two boxes."""
    height: float


def place(
    layers: Mapping[str, int], heights: Mapping[str, float], lines: Iterable[tuple[str, str]], gap: float
) -> Places:
    """Order the boxes of each layer and give them heights.

    Lines that leave the same box share their way as far as they go together.

    Args:
        layers: layer of each box by name, counted from the left.
        heights: height of each box.
        lines: pairs of names; the second box lies in a layer further right.
        gap: least space between two boxes of a layer.
    """
    lines = sorted(set(lines))
    columns: dict[int, list[_Node]] = {number: [] for number in range(max(layers.values(), default=0) + 1)}
    for name in layers:
        columns[layers[name]].append((name, layers[name]))
    predecessors: dict[_Node, list[_Node]] = {}
    successors: dict[_Node, list[_Node]] = {}
    for first, last in lines:
        nodes = [(first, layer) for layer in range(layers[first], layers[last])] + [(last, layers[last])]
        for left, right in pairwise(nodes):
            if left not in predecessors.setdefault(right, []):
                predecessors[right].append(left)
                successors.setdefault(left, []).append(right)
            if right[0] == first and right not in columns[right[1]]:
                columns[right[1]].append(right)
    _order(columns, predecessors, successors)
    size = {
        node: heights[node[0]] if layers[node[0]] == node[1] else 0.0 for column in columns.values() for node in column
    }
    middles = _heights(columns, predecessors, successors, size, gap)
    top = min((middles[node] - size[node] / 2 for node in middles), default=0.0)
    passes = {
        (first, last): [middles[first, layer] - top for layer in range(layers[first] + 1, layers[last])]
        for first, last in lines
    }
    return Places(
        {name: middles[name, layer] - top for name, layer in layers.items()},
        passes,
        max((middles[node] + size[node] / 2 for node in middles), default=0.0) - top,
    )


def _order(
    columns: dict[int, list[_Node]], predecessors: dict[_Node, list[_Node]], successors: dict[_Node, list[_Node]]
) -> None:
    """Sort each column by the mean place of its neighbours, to and fro; the order with the fewest crossings stays."""
    best = {number: list(column) for number, column in columns.items()}
    least = _crossings(columns, successors)
    for sweep in range(_SWEEPS):
        numbers, neighbours = (
            (sorted(columns), predecessors) if sweep % 2 == 0 else (sorted(columns, reverse=True), successors)
        )
        for number in numbers:
            rank = {node: position for column in columns.values() for position, node in enumerate(column)}
            columns[number].sort(key=lambda n: _mean([rank[m] for m in neighbours.get(n, ())], rank[n]))
        crossings = _crossings(columns, successors)
        if crossings < least:
            least, best = crossings, {number: list(column) for number, column in columns.items()}
    columns.update(best)


def _crossings(columns: dict[int, list[_Node]], successors: dict[_Node, list[_Node]]) -> int:
    total = 0
    for number, column in columns.items():
        rank = {node: position for position, node in enumerate(columns.get(number + 1, ()))}
        ends = [
            (position, rank[successor])
            for position, node in enumerate(column)
            for successor in successors.get(node, ())
        ]
        total += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for i, a in enumerate(ends) for b in ends[:i])
    return total


def _heights(
    columns: dict[int, list[_Node]],
    predecessors: dict[_Node, list[_Node]],
    successors: dict[_Node, list[_Node]],
    size: dict[_Node, float],
    gap: float,
) -> dict[_Node, float]:
    """Middles as near to those of their neighbours as the order and the boxes' sizes allow."""
    middles: dict[_Node, float] = {}
    for column in columns.values():
        middles |= _space_out(column, dict.fromkeys(column, 0.0), size, gap)
    for sweep in range(_SWEEPS):
        for number in sorted(columns, reverse=sweep % 2 == 1):
            targets = {
                node: _mean(
                    [middles[n] for n in (*predecessors.get(node, ()), *successors.get(node, ()))], middles[node]
                )
                for node in columns[number]
            }
            middles |= _space_out(columns[number], targets, size, gap)
    return middles


def _space_out(
    column: list[_Node], targets: Mapping[_Node, float], size: Mapping[_Node, float], gap: float
) -> dict[_Node, float]:
    """Least squares: middles nearest to `targets`, in order and `gap` apart (pooling of adjacent violators)."""
    shift, shifts = 0.0, []
    for position, node in enumerate(column):
        shift += (size[column[position - 1]] + size[node]) / 2 + gap if position else 0.0
        shifts.append(shift)
    pools: list[tuple[float, int]] = []
    for node, shift in zip(column, shifts, strict=True):
        mean, count = targets[node] - shift, 1
        while pools and pools[-1][0] >= mean:
            pool_mean, pool_count = pools.pop()
            mean, count = (mean * count + pool_mean * pool_count) / (count + pool_count), count + pool_count
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return {node: mean + shift for node, mean, shift in zip(column, means, shifts, strict=True)}


def _mean(values: list[float], default: float) -> float:
    return sum(values) / len(values) if values else default
