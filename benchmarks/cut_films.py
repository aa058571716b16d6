"""Made films whose cuts are known: photographs and textures of scikit-image, the demo's portrait.

Every film is 320 x 180 pixels and goes through JPEG, as stored frames do. A camera that stands still moves by some
hundredths of the picture, so that no two frames are the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from affectflow.synthetic.portrait import load_portrait

Picture = NDArray[np.uint8]
Random = np.random.Generator

WIDTH, HEIGHT = 320, 180
_SHOT = 24
_PHOTOGRAPHS = (
    "astronaut",
    "chelsea",
    "coffee",
    "rocket",
    "camera",
    "motorcycle",
    "hubble_deep_field",
    "retina",
    "page",
)
_TEXTURES = ("brick", "grass", "gravel")


@dataclass(frozen=True)
class Film:
    """Frames, and the numbers of those with which a shot begins (the first left out)."""

    pictures: list[Picture]
    cuts: tuple[int, ...]
    transitions: tuple[tuple[int, int], ...] = ()
    """First and last frame of each gradual change: a cut found inside is neither right nor wrong."""


@cache
def photographs() -> tuple[Picture, ...]:
    """What shots show, BGR, at least as large as a film."""
    found = []
    for name in (*_PHOTOGRAPHS, *_TEXTURES):
        picture = data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
        picture = np.stack([picture] * 3, -1) if picture.ndim == 2 else picture[:, :, ::-1]
        scale = max(1.6 * WIDTH / picture.shape[1], 1.6 * HEIGHT / picture.shape[0])
        found.append(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return tuple(found)


def view(picture: Picture, x: float, y: float, zoom: float = 1.0) -> Picture:
    """What a camera sees of `picture`; `x` and `y` in [0, 1] over the room that it has, `zoom` from 1 on."""
    height, width = picture.shape[:2]
    scale = min(width / WIDTH, height / HEIGHT) / 1.4 / zoom
    seen = (WIDTH * scale, HEIGHT * scale)
    centre = (seen[0] / 2 + x * (width - seen[0]), seen[1] / 2 + y * (height - seen[1]))
    matrix = np.array(
        [[scale, 0, centre[0] - scale * WIDTH / 2], [0, scale, centre[1] - scale * HEIGHT / 2]], np.float64
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REFLECT)


def shot(picture: Picture, random: Random, frames: int = _SHOT, speed: float = 0.02) -> list[Picture]:
    """A hardly moving camera before a photograph."""
    x, y, zoom = random.uniform(0.2, 0.8), random.uniform(0.2, 0.8), random.uniform(1, 1.3)
    turn, pace = random.uniform(0, 2 * np.pi), random.uniform(0, speed)
    along = np.linspace(0, pace, frames)
    return [view(picture, x + a * np.cos(turn), y + a * np.sin(turn), zoom) for a in along]


def choose(random: Random, count: int) -> list[Picture]:
    """Photographs, no two neighbours the same."""
    order = [photographs()[n] for n in random.permutation(len(photographs()))]
    return [order[n % len(order)] for n in range(count)]


def joined(shots: Sequence[list[Picture]]) -> Film:
    """Hard cuts."""
    starts = np.cumsum([len(s) for s in shots])[:-1]
    return Film([p for s in shots for p in s], tuple(int(n) for n in starts))


def changed(film: Film, change: Callable[[Picture], Picture]) -> Film:
    """The film with every picture changed."""
    return Film([change(p) for p in film.pictures], film.cuts, film.transitions)


def level(picture: Picture, gain: float, offset: float = 0.0) -> Picture:
    return np.clip(picture * float(gain) + offset, 0, 255).astype(np.uint8)


def hard_cuts(random: Random) -> Film:
    return joined([shot(p, random) for p in choose(random, 6)])


def fast_cuts(random: Random) -> Film:
    return joined([shot(p, random, int(random.integers(4, 9))) for p in choose(random, 10)])


def jump_cuts(random: Random) -> Film:
    """A person before a quiet wall, by one camera whose picture is cropped anew at each cut, as is done to hide it."""
    scene = person(random, 5 * _SHOT)
    crops = [(0.3, 1.0), (0.7, 1.5), (0.4, 1.15), (0.6, 1.7), (0.35, 1.3)]
    return joined([[view(p, x, 0.2, zoom) for p in scene[n * _SHOT :][:_SHOT]] for n, (x, zoom) in enumerate(crops)])


def still_background(random: Random) -> Film:
    """Jump cuts of a camera on a stand: the person is elsewhere and larger or smaller, nothing else changes."""
    return joined([person(random, _SHOT, seed=7) for _ in range(5)])


def similar_shots(random: Random) -> Film:
    """Low contrast: two places of one photograph in turn."""
    picture = level(photographs()[int(random.integers(len(photographs())))], 0.3, 90)
    return joined([shot(picture, random) for _ in range(5)])


def pillarbox(random: Random, share: float = 0.32) -> Film:
    film = hard_cuts(random)
    kept = round(WIDTH * share / 2) * 2
    return changed(film, lambda p: boxed(p, slice(None), slice((WIDTH - kept) // 2, (WIDTH + kept) // 2)))


def letterbox(random: Random, share: float = 0.6) -> Film:
    film = hard_cuts(random)
    kept = round(HEIGHT * share / 2) * 2
    return changed(film, lambda p: boxed(p, slice((HEIGHT - kept) // 2, (HEIGHT + kept) // 2), slice(None)))


def boxed(picture: Picture, rows: slice, columns: slice) -> Picture:
    """The middle of the picture shown between black bars."""
    bars = np.full_like(picture, 3)
    bars[rows, columns] = picture[rows, columns]
    return bars


def boxed_part(random: Random) -> Film:
    """A wide film in which some shots are old ones in 4:3, with cuts among them."""
    shots = [shot(p, random) for p in choose(random, 6)]
    bars = [[boxed(p, slice(None), slice(110, 210)) for p in s] if n in (2, 3, 4) else s for n, s in enumerate(shots)]
    return joined(bars)


def dark(random: Random) -> Film:
    return changed(hard_cuts(random), lambda p: level(p, 0.1))


def dark_noise(random: Random) -> Film:
    return changed(dark(random), lambda p: level(p + random.normal(0, 4, p.shape), 1))


def grain(random: Random) -> Film:
    return changed(hard_cuts(random), lambda p: level(p + random.normal(0, 12, p.shape), 1))


def dissolves(random: Random) -> Film:
    shots = [shot(p, random, 36) for p in choose(random, 4)]
    return blended(shots, 16, lambda a, b, share: cv2.addWeighted(a, 1 - share, b, share, 0))


def fades(random: Random) -> Film:
    """To black and back, into another shot."""

    def through_black(a: Picture, b: Picture, share: float) -> Picture:
        return level(a, max(0.0, 1 - 2 * share)) if share < 0.5 else level(b, 2 * share - 1)

    return blended([shot(p, random, 36) for p in choose(random, 4)], 16, through_black)


def blended(shots: list[list[Picture]], length: int, blend: Callable[[Picture, Picture, float], Picture]) -> Film:
    pictures, transitions = list(shots[0]), []
    for following in shots[1:]:
        first = len(pictures) - length
        for n in range(length):
            pictures[first + n] = blend(pictures[first + n], following[n], (n + 1) / (length + 1))
        transitions.append((first, first + length))
        pictures += following[length:]
    return Film(pictures, (), tuple(transitions))


def flashes(random: Random, length: int = 1) -> Film:
    """A photographer's light in every second shot, no cut among frames that are lit."""
    film = hard_cuts(random)
    for start in range(_SHOT // 2, len(film.pictures), _SHOT):
        for frame in range(start, start + length):
            film.pictures[frame] = level(film.pictures[frame], random.uniform(1.5, 4), random.uniform(40, 160))
    return film


def strobe(random: Random) -> Film:
    film = hard_cuts(random)
    return Film([level(p, 3, 60) if n % 3 == 1 else p for n, p in enumerate(film.pictures)], film.cuts)


def black_frames(random: Random) -> Film:
    """One black frame inside each shot."""
    film = hard_cuts(random)
    for frame in range(_SHOT // 2, len(film.pictures), _SHOT):
        film.pictures[frame] = np.zeros_like(film.pictures[frame])
    return film


def pan(random: Random, pace: float = 0.02) -> Film:
    """Across a photograph and back; `pace` in widths of the picture a frame."""
    shots = []
    for picture in choose(random, 3):
        room = picture.shape[1] - min(picture.shape[1] / WIDTH, picture.shape[0] / HEIGHT) / 1.4 * WIDTH
        step = pace * (picture.shape[1] - room) / room
        shots.append([view(picture, abs((n * step) % 2 - 1), 0.5) for n in range(40)])
    return joined(shots)


def fast_pan(random: Random) -> Film:
    return pan(random, 0.06)


def zoom(random: Random) -> Film:
    return joined([[view(p, 0.5, 0.5, 1.03**n) for n in range(40)] for p in choose(random, 3)])


def shaken(random: Random) -> Film:
    """A camera in the hand of one who walks."""
    shots = []
    for picture in choose(random, 3):
        places = 0.5 + np.cumsum(random.normal(0, 0.03, (40, 2)), axis=0) * 0.4
        shots.append([view(picture, x, y, 1.2) for x, y in places])
    return joined(shots)


def light_switched(random: Random) -> Film:
    """The light changes in one frame and stays."""
    film = hard_cuts(random)
    for start in range(_SHOT // 2, len(film.pictures), _SHOT):
        for frame in range(start, start + _SHOT // 2):
            film.pictures[frame] = level(film.pictures[frame], 0.5)
    return film


@cache
def cut_out() -> Picture:
    """The portrait's person, BGRA, as high as a film."""
    small = cv2.resize(load_portrait().rgba, (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    return small[:, :, [2, 1, 0, 3]]


def person(
    random: Random, frames: int = 60, walks: bool = False, covered: bool = False, seed: int | None = None
) -> list[Picture]:
    """The portrait before a blurred photograph: sways or walks through the picture; `covered` holds a board before the
    face for 20 frames. `seed` chooses the photograph."""
    scenes = random if seed is None else np.random.default_rng(seed)
    behind = photographs()[int(scenes.integers(len(photographs())))]
    background = cv2.GaussianBlur(view(behind, 0.5, 0.5), (0, 0), 3)
    size, place = random.uniform(1, 1.7), random.uniform(0.2, 0.8)
    shown = []
    for n in range(frames):
        x = 0.5 + 0.55 * np.sin(n / 6) if walks else place + 0.02 * np.sin(n / 4)
        matrix = np.array([[size, 0, x * WIDTH - size * HEIGHT / 2], [0, size, HEIGHT * 0.05]])
        layer = cv2.warpAffine(cut_out(), matrix, (WIDTH, HEIGHT))
        share = layer[..., 3:] / 255
        picture = (background * (1 - share) + layer[..., :3] * share).astype(np.uint8)
        if covered and 20 <= n < 40:
            top, middle = max(10, HEIGHT - 45 * min(n - 19, 40 - n)), round(x * WIDTH)
            picture[top:, max(0, middle - 60) : middle + 60] = (210, 225, 235)
        shown.append(picture)
    return shown


def person_moving(random: Random) -> Film:
    return joined([person(random, walks=True), person(random, walks=True)])


def person_covered(random: Random) -> Film:
    return joined([person(random, covered=True), person(random, covered=True)])


KINDS: dict[str, Callable[[Random], Film]] = {
    "hard cuts": hard_cuts,
    "fast cuts, shots of 4 to 8 frames": fast_cuts,
    "jump cuts, one person": jump_cuts,
    "cuts in one scene, low contrast": similar_shots,
    "pillarboxed, .32 of the width": pillarbox,
    "pillarboxed, .10 of the width": lambda random: pillarbox(random, 0.1),
    "letterboxed, .60 of the height": letterbox,
    "wide, with boxed shots": boxed_part,
    "dark, a tenth of the light": dark,
    "dark with noise": dark_noise,
    "grain": grain,
    "flash of a frame": flashes,
    "flash of two frames": lambda random: flashes(random, 2),
    "light flashing all the time": strobe,
    "a black frame": black_frames,
    "light switched": light_switched,
    "pan, .02 widths a frame": pan,
    "pan, .06 widths a frame": fast_pan,
    "zoom, 3 % a frame": zoom,
    "shaken": shaken,
    "person walking": person_moving,
    "face covered": person_covered,
    "dissolve": dissolves,
    "fade through black": fades,
    "jump cuts, background still": still_background,
}
"""What a film shows, and how it is made."""


def films(kind: str, count: int) -> Iterator[Film]:
    """So many films of a kind, each through JPEG; always the same ones."""
    number = list(KINDS).index(kind)
    for seed in range(count):
        film = KINDS[kind](np.random.default_rng([number, seed]))
        yield changed(film, through_jpeg)


def through_jpeg(picture: Picture) -> Picture:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)
