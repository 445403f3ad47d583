"""Colours for labels: stable per id, and different for neighbours."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rgb: TypeAlias = tuple[int, int, int]
TABLE_SIZE = 1024  # rows; larger ids share colours, which neighbours seldom do, and the table fits a cache
_GOLDEN = 0.61803398875  # golden ratio minus 1: hues of consecutive ids lie as far apart as can be
_FIRST_HUE = 0.08  # of a full turn: object 1 becomes violet; by eye
_LIGHTS, _STRENGTHS = (0.55, 0.68, 0.47), (0.95, 0.75)
"""Lightness and saturation, 0 to 1, that take turns: of like hues one is lighter; by eye, on grey images."""
_OKABE_ITO: tuple[Rgb, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
)  # fmt: skip
"""Okabe and Ito 2008, “Color universal design”: told apart with any kind of colour vision; black is left out."""
_TOL_MUTED: tuple[Rgb, ...] = (
    (136, 204, 238), (204, 102, 119), (221, 204, 119), (17, 119, 51), (51, 34, 136), (170, 68, 153), (68, 170, 153),
    (153, 153, 51), (136, 34, 85),
)  # fmt: skip
"""Tol 2021, “Colour schemes” (SRON/EPS/TN/09-002), scheme “muted”."""
_LIGHTER = (0.0, 0.35, 0.6)
"""Share of white mixed into a palette at its first, second and third round: shades that are still told apart."""
_BLUE, _YELLOW = (40, 90, 170), (255, 225, 70)
"""Ends of a scale that differs in lightness alone to those who see no red or no green."""


def _lively(label: int) -> Rgb:
    """Bright colours, of which consecutive numbers differ in hue and lightness."""
    hue = (label * _GOLDEN + _FIRST_HUE) % 1.0
    light = _LIGHTS[label % len(_LIGHTS)]
    strong = _STRENGTHS[label // len(_LIGHTS) % len(_STRENGTHS)]
    r, g, b = colorsys.hls_to_rgb(hue, light, strong)
    return round(r * 255), round(g * 255), round(b * 255)


def _cycled(colors: tuple[Rgb, ...], label: int) -> Rgb:
    turn, place = divmod(label - 1, len(colors))
    white = _LIGHTER[turn % len(_LIGHTER)]
    return _mixed(colors[place], (255, 255, 255), white)


def _between(label: int) -> Rgb:
    return _mixed(_BLUE, _YELLOW, (label * _GOLDEN) % 1.0)


def _mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours to choose for labels.

    Attributes:
        title: For people.
        color: RGB (0 to 255) of a label id, 1 or more.
    """

    title: str
    color: Callable[[int], Rgb]


PALETTES: dict[str, Palette] = {
    "lively": Palette("Lively, many hues", _lively),
    "safe": Palette("Safe for any colour vision (Okabe and Ito)", partial(_cycled, _OKABE_ITO)),
    "muted": Palette("Muted, safe for most (Tol)", partial(_cycled, _TOL_MUTED)),
    "lightness": Palette("Blue to yellow, differs in lightness", _between),
}
FIRST_PALETTE = "lively"


def color_of(label: int, palette: str = FIRST_PALETTE) -> Rgb:
    """RGB (0 to 255) of a label id; consecutive ids are far apart."""
    return PALETTES.get(palette, PALETTES[FIRST_PALETTE]).color(label)


def color_table(fixed: dict[int, Rgb] | None = None, palette: str = FIRST_PALETTE) -> NDArray[np.uint8]:
    """A table (TABLE_SIZE, 4) uint8 RGBA: row 0 is transparent; ids beyond the table are folded by ``folded``.

    Args:
        fixed: Colours chosen by the user, by label id.
        palette: Key of ``PALETTES``.
    """
    table = _palette_table(palette).copy()
    for label, rgb in (fixed or {}).items():
        if 0 < label < TABLE_SIZE:
            table[label] = (*rgb, 255)
    return table


@lru_cache(maxsize=len(PALETTES))
def _palette_table(palette: str) -> NDArray[np.uint8]:
    """The table of a palette, which takes some milliseconds to make and is asked for with every picture."""
    table = np.zeros((TABLE_SIZE, 4), np.uint8)
    for label in range(1, TABLE_SIZE):
        table[label] = (*color_of(label, palette), 255)
    return table


def folded(labels: NDArray[np.unsignedinteger]) -> NDArray[np.uint16]:
    """Row of the colour table of each label: 0 stays 0, every other id falls on 1 to TABLE_SIZE - 1."""
    small = np.asarray((labels - 1) % (TABLE_SIZE - 1) + 1, dtype=np.uint16)
    small[labels == 0] = 0
    return small
