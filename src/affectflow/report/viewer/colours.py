"""The colour of each person of a video, on its page and on its overlay."""

from dataclasses import dataclass

from affectflow.report.drawing.marks import Colour


@dataclass(frozen=True)
class PersonColour:
    """A colour, and the one in which words stand on it."""

    fill: str
    """As in HTML: `#rrggbb`."""
    ink: str

    @property
    def fill_bgr(self) -> Colour:
        """As OpenCV has it."""
        return _bgr(self.fill)

    @property
    def ink_bgr(self) -> Colour:
        return _bgr(self.ink)


PALETTE = (
    PersonColour("#e69f00", "#000000"),
    PersonColour("#56b4e9", "#000000"),
    PersonColour("#009e73", "#000000"),
    PersonColour("#cc79a7", "#000000"),
    PersonColour("#0072b2", "#ffffff"),
    PersonColour("#d55e00", "#000000"),
    PersonColour("#f0e442", "#000000"),
)
"""The colours of Okabe and Ito (2008), which colour-blind people can tell apart, without black: on a light ground, a
dark one and a picture. Those that are easily told apart come first. More people than colours: they go round."""


def colour_of(place: int) -> PersonColour:
    """The colour of the person at a place, from 0, among those of a video."""
    return PALETTE[place % len(PALETTE)]


def _bgr(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return blue, green, red
