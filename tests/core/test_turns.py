"""Work in steps, side by side."""

from collections.abc import Iterator

import pytest

from affectflow.core.turns import at_once, take_turns


def work(name: str, shares: list[float], said: list[str]) -> Iterator[float]:
    for share in shares:
        said.append(f"{name}{share}")
        yield share
    said.append(f"{name} ended")


def test_always_the_one_goes_on_of_which_the_least_is_done() -> None:
    said: list[str] = []
    take_turns([work("a", [0.5, 1.0], said), work("b", [0.25, 0.5, 0.75, 1.0], said)])
    assert said == ["a0.5", "b0.25", "b0.5", "a1.0", "b0.75", "b1.0", "a ended", "b ended"]


def test_an_error_ends_all() -> None:
    def broken() -> Iterator[float]:
        yield 0.1
        raise ValueError("broken")

    said: list[str] = []
    with pytest.raises(ValueError, match="broken"):
        take_turns([work("a", [0.5, 1.0], said), broken()])
    assert said == ["a0.5"]


def test_at_once_does_all_steps() -> None:
    said: list[str] = []
    at_once(work)("a", [0.5, 1.0], said)
    assert said == ["a0.5", "a1.0", "a ended"]
