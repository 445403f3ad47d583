"""How a patch compares with the objects, in words; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.core.job import NoteLevel
from desktop_app.core.networks.registry import require_patch

_ROOMY = 1.5  # patch edge by object size: with less no surroundings are seen


def patch_advice(
    patch: Index3,
    object_size: tuple[float, float, float] | None,
    scales: tuple[float, float] = (1.0, 1.0),
    images: Sequence[Index3] = (),
) -> tuple[NoteLevel, str]:
    """A level and a sentence or two.

    Args:
        patch: (z, y, x) in px; z is 1 for 2D networks.
        object_size: Typical extent of an object along (z, y, x) in px, None where it is not known.
        scales: How many times smaller the network sees the images, across slices and along them.
        images: Sizes (z, y, x) of the images, in px.
    """
    level, text = _beside_objects(patch, object_size, scales)
    across, along = scales
    seen = [(z / across, y / along, x / along) for z, y, x in images]
    over = sum(any(edge > most for edge, most in zip(patch, size, strict=True) if edge > 1) for size in seen)
    if over:
        some = "Images are" if over == len(seen) else f"{over} of {len(seen)} images are"
        text += (
            f" {some} smaller than the patch: what it has beyond them is not learned from. A smaller one is quicker."
        )
    return level, text


def whole_advice(patch: Index3) -> tuple[NoteLevel, str]:
    """The same where each image is seen whole; ``patch`` (z, y, x) holds the largest."""
    size = " × ".join(str(edge) for edge in patch if edge > 1)
    return "info", f"Each image is seen whole, padded to {size} px. The review says what memory that takes."


def _beside_objects(
    patch: Index3, object_size: tuple[float, float, float] | None, scales: tuple[float, float]
) -> tuple[NoteLevel, str]:
    """How much of the objects a patch shows."""
    if object_size is None or max(object_size) <= 0:
        return "info", "The patch should hold the largest thing to be found, with some space around it."
    across, along = scales
    object_size = (object_size[0] / across, object_size[1] / along, object_size[2] / along)
    axes = [i for i in range(3) if patch[i] > 1]
    size = " × ".join(f"{max(1, round(object_size[i]))}" for i in axes) + f" px ({', '.join('zyx'[i] for i in axes)})"
    measured = f"Your objects measure about {size}."
    if along != 1:
        times = f"{along:.2g} times smaller" if along > 1 else f"{1 / along:.2g} times larger"
        measured = f"The network sees your objects {times}, about {size}."
    if any(patch[i] < object_size[i] for i in axes):
        return "warning", f"{measured} The patch is smaller than one; make it larger."
    if any(patch[i] < _ROOMY * object_size[i] for i in axes):
        return "info", f"{measured} The patch just holds one; larger would see more around it."
    room = prod(patch[i] / max(1.0, object_size[i]) for i in axes)
    return "info", f"{measured} There is room for about {_rounded(room)} of them."


def patch_problem(config: TrainingConfig) -> str:
    """Why the network cannot use the patch, with the nearest sizes that it can; empty if it can."""
    try:
        require_patch(config.network, config.network_arguments, config.patch_size)
    except UserError as error:
        return str(error)
    return ""


def _rounded(count: float) -> str:
    """A guess with no more figures than it deserves: in steps of a tenth of it or so."""
    if count < 10:  # told as they are
        return f"{max(1, round(count))}"
    step = 5 if count < 50 else 10 if count < 200 else 100  # by eye
    return f"{round(count / step) * step:,}"
