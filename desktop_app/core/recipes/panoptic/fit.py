"""What the voxel size of an image says about how to run a panoptic model on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.core.recipes.suggestion import Advice

if TYPE_CHECKING:
    from desktop_app.core.config.model_card import ModelCard

_MEDIANS = ((20.0, 3), (10.0, 5), (5.0, 7), (0.0, 9))
"""Slices thicker than so many nm, and the median over how many; as the field ``median`` advises."""
_LARGEST_SCALE = 64
"""Largest choice of the field ``downsampling``."""
_CUBIC = 1.25
"""Voxels whose edges differ by no more than this factor count as cubes; thinner slices are told by their neighbours."""
_SQUEEZED = 2.0
"""Voxels longer than this one way show two of three directions objects at half their height; chosen by eye."""
_ORTHO_CONFIDENCE = 0.3
"""Of models whose threshold was not tuned: what two of three directions must agree on may be less sure in each (as
published for MitoNet, Conrad and Narayan 2023)."""
_LEAST_DEPTH = 32
"""Edge in voxels below which two of three directions see a strip rather than a picture; chosen by eye."""


def suited(card: ModelCard, volume: Volume, plane: Plane) -> tuple[Advice, ...]:
    """Settings that suit an image.

    Slices thinner than 20 nm are smoothed more, the image is shrunk by the power of two that brings its pixels nearest
    to those of the training, and cubic voxels are looked at from three sides, with a lower threshold.

    Args:
        card: The model.
        volume: The image.
        plane: Of the slices that the network sees.
    """
    found = _of_pixels(card, volume, plane)
    if not volume.is_2d and volume.voxel_size.known:
        found += [*_of_thickness(volume, plane), *_of_cubes(card, volume)]
    return tuple(found)


def squeezed(volume: Volume) -> tuple[str, ...]:
    """A sentence where two of three directions see objects much flatter than they are."""
    edges = volume.voxel_size.zyx
    if volume.is_2d or not volume.voxel_size.known or max(edges) <= _SQUEEZED * min(edges):
        return ()
    times = f"Voxels are {max(edges) / min(edges):.2g} times longer one way than another"
    return (f"{times}: two of three directions see the image squeezed; “Stack” suits it better.",)


def _of_pixels(card: ModelCard, volume: Volume, plane: Plane) -> list[Advice]:
    """The scale that brings the pixels of the image nearest to those of the training."""
    if not (volume.voxel_size.known and card.voxel_size.known):
        return []
    unit = card.voxel_size.unit
    edges = volume.voxel_size.converted(unit).zyx
    own = math.sqrt(edges[plane.row_axis] * edges[plane.column_axis])
    learned = math.sqrt(card.voxel_size.y * card.voxel_size.x)
    scale = min(_LARGEST_SCALE, 2 ** max(0, round(math.log2(learned / own))))
    sizes = f"Pixels are {own:.3g} {unit} wide and the model learned at {learned:.3g} {unit}"
    return [Advice("prediction", "downsampling", scale, f"{sizes}: scale {scale}.")]


def _of_thickness(volume: Volume, plane: Plane) -> list[Advice]:
    thickness = volume.voxel_size.converted("nm").zyx[plane.depth_axis]
    median = next(size for least, size in _MEDIANS if thickness > least)
    return [Advice("decode", "median", median, f"Slices are {thickness:.3g} nm thick: median over {median} slices.")]


def _of_cubes(card: ModelCard, volume: Volume) -> list[Advice]:
    edges = volume.voxel_size.zyx
    if max(edges) > _CUBIC * min(edges) or min(volume.shape) < _LEAST_DEPTH:
        return []
    found = [Advice("mode", "mode", "ortho", "Voxels are cubic: three directions find more than one.")]
    usual = PanopticDecode.model_fields["confidence"].default
    if card.decode.get("confidence", usual) == usual:
        reason = f"With three directions, a confidence threshold of {_ORTHO_CONFIDENCE} finds more."
        found.append(Advice("decode", "confidence", _ORTHO_CONFIDENCE, reason))
    return found
