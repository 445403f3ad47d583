"""Colours for labels: stable per id, and different for neighbours."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

TABLE_SIZE = 1024  # rows; larger ids share colours, which neighbours seldom do, and the table fits a cache
_GOLDEN = 0.61803398875  # golden ratio minus 1: hues of consecutive ids lie as far apart as can be


def color_of(label: int) -> tuple[int, int, int]:
    """RGB (0 to 255) of a label id; consecutive ids are far apart in hue, and brightness and saturation vary too."""
    hue = (label * _GOLDEN + 0.08) % 1.0
    light = (0.55, 0.68, 0.47)[label % 3]
    strong = (0.95, 0.75)[(label // 3) % 2]
    r, g, b = colorsys.hls_to_rgb(hue, light, strong)
    return round(r * 255), round(g * 255), round(b * 255)


def color_table(fixed: dict[int, tuple[int, int, int]] | None = None) -> NDArray[np.uint8]:
    """A table (TABLE_SIZE, 4) uint8 RGBA: row 0 is transparent; ids beyond the table are folded by ``folded``.

    Args:
        fixed: Colours chosen by the user, by label id.
    """
    table = np.zeros((TABLE_SIZE, 4), np.uint8)
    for label in range(1, TABLE_SIZE):
        table[label] = (*color_of(label), 255)
    for label, rgb in (fixed or {}).items():
        if 0 < label < TABLE_SIZE:
            table[label] = (*rgb, 255)
    return table


def folded(labels: NDArray[np.unsignedinteger]) -> NDArray[np.uint16]:
    """Row of the colour table of each label: 0 stays 0, every other id falls on 1 to TABLE_SIZE - 1."""
    small = np.asarray((labels - 1) % (TABLE_SIZE - 1) + 1, dtype=np.uint16)
    small[labels == 0] = 0
    return small
