"""A forest of decision trees on filters, learned from strokes by the scribble assistant and used like a network."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.networks.base import Dimensions, NetworkInfo


class PixelForestArguments(Parameters):
    """How pixels are looked at."""

    widths: tuple[int, ...] = Field(
        min_length=1, max_length=8, title="Widths of the filters", description="Of their Gaussians, in pixels."
    )
    aspect: tuple[float, float, float] = Field(
        default=(1.0, 1.0, 1.0), title="Shape of a voxel", description="Its edges in pixel widths."
    )


def _record(name: str, title: str, dimensions: Dimensions) -> NetworkInfo:
    return NetworkInfo(
        name,
        title,
        "Learned from strokes by the scribble assistant. It can be used, but not finetuned.",
        dimensions,
        PixelForestArguments,
        recipes=("semantic",),
        divisor=lambda _arguments: (1, 1, 1),
    )


PIXELS_2D = _record("pixels2d", "Forest of pixels (2D)", 2)
PIXELS_3D = _record("pixels3d", "Forest of pixels (3D)", 3)
