"""Margins of patches in which nothing lies: black, as images have them that were stitched, turned or filled up to a
size, or noise, as there is beside a few cells in a corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from desktop_app.core.imaging import Index3

_WIDEST = 0.6
"""Of a patch's edge: more than half, so that what is left of it may also be a corner."""

_DARKEST = 0.35
"""By how many spans of a patch a margin may be darker than it: the grey scale cuts what is a quarter darker than the
image, and a patch may be brighter or have less contrast than that."""

_NOISY_SHARE = 0.5
"""Of the margins: a network that only sees black ones beside objects takes noise around them for less of an object."""


@dataclass(frozen=True, slots=True)
class Margin:
    """One end of a patch along y, x or both, in which nothing lies.

    Attributes:
        rows: Pixels along y; from the end where negative.
        columns: Along x.
        darkness: How much darker than the patch it is, in spans of its grey values.
        noisy: Whether it is noise as in an empty picture instead.
    """

    rows: int
    columns: int
    darkness: float
    noisy: bool = False

    def filled(self, values: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """``(…, Y, X)`` with ``value``, which may be an image itself, in the margin."""
        inside = torch.zeros(values.shape[-2:], dtype=torch.bool)
        inside[_end(self.rows)] = True
        inside[:, _end(self.columns)] = True
        return torch.where(inside, value, values)


def random_margin(patch: Index3, rng: np.random.Generator) -> Margin:
    """A margin along y, x or both.

    Args:
        patch: Size (z, y, x).
        rng: Where chance comes from.
    """
    sides = [(True, False), (False, True), (True, True)][rng.integers(3)]
    rows, columns = (
        int(wide * rng.choice((-1, 1)) * rng.integers(1, max(2, round(_WIDEST * edge))))
        for wide, edge in zip(sides, patch[1:], strict=True)
    )
    return Margin(rows, columns, float(rng.uniform(0, _DARKEST)), noisy=bool(rng.random() < _NOISY_SHARE))


def _end(size: int) -> slice:
    return slice(0, size) if size >= 0 else slice(size, None)
