"""Colour maps by name: from black to one colour, and those of a library."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from desktop_app.core.imaging.look import PURE_COLORS, Shading

_LIBRARY = {
    "viridis": ("Viridis", "viridis"),
    "magma": ("Magma", "magma"),
    "inferno": ("Inferno", "inferno"),
    "plasma": ("Plasma", "plasma"),
    "cividis": ("Cividis, safe for any colour vision", "cividis"),
    "fire": ("Fire", "CET-L3"),
    "ice": ("Ice", "CET-L6"),
    "turbo": ("Turbo", "turbo"),
}
"""Title, and name in pyqtgraph; CET maps after Kovesi 2015, arXiv 1509.03700."""

TITLES: dict[str, str] = {
    **{name: name.capitalize() for name in PURE_COLORS},
    **{name: title for name, (title, _) in _LIBRARY.items()},
}
"""Names of all maps with their titles, in the order of menus."""


@lru_cache(maxsize=32)  # all maps, of 1 kB each
def color_map(name: str) -> NDArray[np.uint8]:
    """RGB (256, 3) uint8 from dark to bright; an unknown name is grey."""
    if name in _LIBRARY:
        table = pg.colormap.get(_LIBRARY[name][1]).getLookupTable(nPts=256, alpha=False)
        return np.asarray(table, np.uint8)[:, :3]
    brightest = np.array(PURE_COLORS.get(name, PURE_COLORS["grey"]), np.float64)
    rising = np.linspace(0.0, 1.0, 256)[:, None]
    return np.rint(rising * brightest).astype(np.uint8)


def shaded(values: NDArray[Any], shading: Shading) -> NDArray[np.uint8]:
    """RGB (…, 3) uint8 of grey values of any shape and type."""
    return color_map(shading.color)[shading.places(values)]
