"""What labels become before a network learns from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from numpy.typing import NDArray

CLASSES = "classes"
"""Name of the target that every labelled image has: class numbers ``uint8``, 0 the background."""

IGNORED = 255
"""Class number of voxels of which nothing is known; the highest that ``uint8`` holds, so 254 classes fit below it."""

Interpolation: TypeAlias = Literal["nearest", "linear"]
Sampling: TypeAlias = tuple[float, float, float]
"""Edge lengths of a voxel (z, y, x), all in one unit."""

TargetMaps: TypeAlias = dict[str, NDArray[Any]]
"""Arrays ``(Z, Y, X)`` by name."""

PatchTargets: TypeAlias = dict[str, torch.Tensor]
"""Tensors ``(Z, Y, X)`` of one patch by name, or ``(B, Z, Y, X)`` of a batch."""


def unchanged(targets: PatchTargets) -> PatchTargets:
    """For recipes whose loss takes what was cut."""
    return targets


@dataclass(frozen=True, slots=True)
class LabelTargets:
    """How a recipe that learns from labels makes targets of them.

    Attributes:
        class_names: Of the task, the background left out; a class that no training image shows is told to the user.
        interpolation: The targets by name, and how each may be resampled; ``linear`` ones are scaled to 0..255.
        of_labels: Targets ``(Z, Y, X)`` uint8 or int32 by name of labels ``(Z, Y, X)``; ``classes`` is among them.
        of_patch: What the loss takes, from the cut and changed targets of one patch.
    """

    class_names: tuple[str, ...]
    interpolation: Mapping[str, Interpolation]
    of_labels: Callable[[NDArray[Any], Sampling], TargetMaps]
    of_patch: Callable[[PatchTargets], PatchTargets] = unchanged
