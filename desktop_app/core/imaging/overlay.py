"""Labels drawn over a picture, as colours: for overlays saved as files."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.label_colors import color_table, folded

_GAP = 4  # px: as wide as is seen at a glance; by eye


def overlay(picture: NDArray[np.uint8], labels: NDArray[np.unsignedinteger], opacity: float = 0.3) -> NDArray[np.uint8]:
    """A grey picture with tinted, outlined labels.

    Args:
        picture: (Y, X) uint8.
        labels: (Y, X), 0 stays grey.
        opacity: Of the tint inside the outlines, 0 to 1.

    Returns:
        (Y, X, 3) uint8 RGB.
    """
    colors = color_table()[folded(labels)]
    strength = np.where(labels > 0, np.float32(opacity), np.float32(0))
    strength[outline(labels)] = 1.0
    grey = picture[..., None].astype(np.float32)
    mixed = grey + (colors[..., :3] - grey) * strength[..., None]
    return np.rint(mixed).astype(np.uint8)


def outline(labels: NDArray[np.unsignedinteger]) -> NDArray[np.bool_]:
    """The labelled pixels (Y, X) that lie beside another label or the background."""
    padded = np.pad(labels, 1, mode="edge")
    inner = padded[1:-1, 1:-1]
    beside = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    differs = np.zeros(labels.shape, bool)
    for other in beside:
        differs |= other != inner
    return differs & (inner > 0)


def side_by_side(pictures: list[NDArray[np.uint8]], gap: int = _GAP, magnify: int = 1) -> NDArray[np.uint8]:
    """RGB pictures (Y, X, 3) of equal height next to each other, ``gap`` white px between them.

    Each pixel is ``magnify`` times as large.
    """
    height = pictures[0].shape[0]
    white = np.full((height, gap, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, white)][:-1]
    joined = np.concatenate(parts, axis=1)
    return joined.repeat(magnify, axis=0).repeat(magnify, axis=1)
