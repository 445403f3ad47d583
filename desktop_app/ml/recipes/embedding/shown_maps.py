"""Seeds and arrows to look at: as layers over the image, and as files beside a result."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

import numpy as np

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.core.recipes.embedding.recipe import ARROWS, SEEDS
from desktop_app.ml.inference.engine import LabelSlab
from desktop_app.ml.inference.maps import ReadableMaps
from desktop_app.objects.embedding.steps import FULL_TURN, PERCENT, arrow_steps, seed_steps

_LEVELS, _DIRECTIONS = 10, 12
"""Steps in a layer: tenths, and hours of a clock; more are not told apart by eye."""
_LEAST_LEVEL = 3
"""Below three tenths nothing is drawn: no threshold of foreground is lower, and the image stays seen."""
_RAMP = ((68, 1, 84), (33, 145, 140), (253, 231, 37))
"""From unsure to sure: evenly brighter, so that it is read with any colour vision."""
_SLAB_VOXELS = 8_000_000
"""Voxels that are read at once: 32 MB a map."""


def map_layers(maps: ReadableMaps) -> tuple[MapLayer, ...]:
    """How sure voxels are, and where they point, as layers."""
    axes = (len(maps.channels) - 1) // 2
    values = maps.read(Region.whole(maps.shape))
    seeds = seed_steps(values[0], _LEVELS)
    seeds[seeds < _LEAST_LEVEL] = 0
    arrows = arrow_steps(values[1 : axes + 1], values[0] > EmbeddingDecode().foreground_threshold, _DIRECTIONS)
    return (
        MapLayer("seeds", "Seeds", seeds, _scheme(_level_names(), [_ramp(n) for n in range(1, _LEVELS + 1)])),
        MapLayer("arrows", "Arrows", arrows, _scheme(_direction_names(), [_hue(n) for n in range(_DIRECTIONS)])),
    )


def map_files(maps: ReadableMaps, parameters: EmbeddingDecode) -> dict[str, Iterator[LabelSlab]]:
    """Seeds in percent, and directions of arrows in degrees from 1 to 360, slab by slab, by the ends of their files."""
    axes = (len(maps.channels) - 1) // 2

    def slabs(ending: str) -> Iterator[LabelSlab]:
        for region in _slabs(maps):
            values = maps.read(region)
            if ending == SEEDS:
                yield region, seed_steps(values[0], PERCENT)
            else:
                shown = values[0] > parameters.foreground_threshold
                yield region, arrow_steps(values[1 : axes + 1], shown, FULL_TURN)

    return {ending: slabs(ending) for ending in (SEEDS, ARROWS)}


def _slabs(maps: ReadableMaps) -> Iterator[Region]:
    depth, height, width = maps.shape
    step = max(1, _SLAB_VOXELS // (height * width))
    for start in range(0, depth, step):
        yield Region((start, 0, 0), (min(depth, start + step), height, width))


def _scheme(names: list[str], colors: list[tuple[int, int, int]]) -> LabelScheme:
    pairs = enumerate(zip(names, colors, strict=True), start=1)
    return LabelScheme(kind="classes", classes=tuple(LabelClass(value=v, name=n, color=c) for v, (n, c) in pairs))


def _level_names() -> list[str]:
    return [f"Seed {n / _LEVELS:g} or more" for n in range(1, _LEVELS + 1)]


def _direction_names() -> list[str]:
    named = {0: " (right)", 3: " (down)", 6: " (left)", 9: " (up)"}  # of twelve, clockwise
    return [f"Points to {n * FULL_TURN // _DIRECTIONS}°{named.get(n, '')}" for n in range(_DIRECTIONS)]


def _ramp(level: int) -> tuple[int, int, int]:
    at = 2 * level / _LEVELS
    low, high = _RAMP[min(1, int(at))], _RAMP[min(1, int(at)) + 1]
    share = at - min(1, int(at))
    r, g, b = (int(np.rint(a + (c - a) * share)) for a, c in zip(low, high, strict=True))
    return r, g, b


def _hue(direction: int) -> tuple[int, int, int]:
    # Strong but no glare; by eye.
    r, g, b = (round(255 * part) for part in colorsys.hsv_to_rgb(direction / _DIRECTIONS, 0.8, 1.0))
    return r, g, b
