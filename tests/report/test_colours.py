"""The colours of people can be told apart, and words on them can be read."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from affectflow.report.viewer.colours import PALETTE, colour_of

# Machado, Oliveira and Fernandes (2009), severity 1: from linear RGB to what a dichromat sees.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(colour: str) -> NDArray[np.float64]:
    shares = np.array(list(bytes.fromhex(colour[1:]))) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: str) -> NDArray[np.float64]:
    """In CIELAB."""
    shares = np.clip(np.asarray(SIGHT[sight]) @ linear(colour), 0, 1)
    return np.asarray(rgb2lab(np.where(shares <= 0.0031308, shares * 12.92, 1.055 * shares ** (1 / 2.4) - 0.055)))


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_can_be_told_apart(sight: str) -> None:
    colours = [seen(colour.fill, sight) for colour in PALETTE]
    assert min(float(deltaE_ciede2000(a, b)) for a, b in combinations(colours, 2)) > 10
    assert float(deltaE_ciede2000(*colours[:2])) > 35  # two people are the most frequent case


def test_words_can_be_read_on_every_colour() -> None:
    """The contrast that WCAG 2.2 asks for of text."""
    for colour in PALETTE:
        dark, light = sorted(float(linear(part) @ [0.2126, 0.7152, 0.0722]) for part in (colour.fill, colour.ink))
        assert (light + 0.05) / (dark + 0.05) > 4.5


def test_more_people_than_colours_go_round() -> None:
    assert [colour_of(place) for place in range(2 * len(PALETTE))] == [*PALETTE, *PALETTE]


def test_a_colour_is_the_same_for_html_and_opencv() -> None:
    assert (PALETTE[0].fill, PALETTE[0].fill_bgr, PALETTE[4].ink_bgr) == ("#e69f00", (0, 159, 230), (255, 255, 255))
