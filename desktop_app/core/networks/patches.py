"""Patches of a size that a network can divide: suggested from the data, refused where they do not fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import ImageFacts

_VOXELS_3D = 32 * 64 * 64
"""Voxels of a usual 3D patch; two of them make a step of the default U-Net of about a second on two cores."""
PIXELS_2D = 16 * 128 * 128
"""Pixels of all patches of a 2D step together: sixteen of the usual size."""
_EDGES_2D = (96, 256)
"""Shortest and longest edge suggested in 2D, px: below, little is seen around an object; above, batches get small."""
_EDGE_2D_UNKNOWN = 128
"""Edge in 2D where the size of the objects is not known, px; chosen by eye, near the middle of the bounds above."""
_EDGE_UNKNOWN = 64
"""Edge of images whose size is not known, px: that of the usual patch in y and x."""
_OBJECTS_ACROSS = 3.0
"""Objects side by side in a patch; the advice of the field ``patch_size`` says two or three."""
_QUICK_EDGE = 16
"""Edges in multiples of this fill the vector units of processors and the tensor cores of GPUs, px."""
_EVEN_EDGE = 32
"""Steps in which 2D edges are suggested where images are large enough, px: a round number, nothing more."""
_DEEPEST = 96
"""Longest edge of a patch along z, px: beyond it, the usual number of voxels leaves less than 37 px along y and x."""
_FLATTEST = 8.0
"""A patch is shaped as if objects were at most this many times wider than deep; flatter ones give boxes of a slice."""
_RATIO_UNKNOWN = 2.0
"""How many times thicker than wide voxels are taken to be where the image does not tell; chosen by eye."""


def suggested_patch(facts: ImageFacts, divisor: Index3, *, flat: bool, least: int = 2) -> Index3:
    """A patch (z, y, x) that suits the data and that a network can divide.

    Args:
        facts: Of the images as the network sees them.
        divisor: Of the network (z, y, x).
        flat: Whether it sees single slices.
        least: How many times the divisor the largest edge must be.
    """
    part = math.lcm(divisor[1], divisor[2])
    patch = _patch_2d(facts, part) if flat else _patch_3d(facts, (divisor[0], part, part))
    if any(edge >= least * d for edge, d in zip(patch, divisor, strict=True) if d > 1):
        return patch
    return patch[0], least * part, least * part


def _patch_3d(facts: ImageFacts, divisor: Index3) -> Index3:
    """A box shaped like the objects with the usual number of voxels; never much larger than the images."""
    size = facts.object_size
    if size is None and facts.sizes:
        whole = _whole_image(facts.sizes, divisor)
        if math.prod(whole) <= _VOXELS_3D:
            return whole
    if size is None:
        known = facts.voxel_size.known
        ratio = max(1.0, min(_FLATTEST, facts.voxel_size.anisotropy)) if known else _RATIO_UNKNOWN
        size = (1 / ratio, 1.0, 1.0)
    plane = max(1.0, (size[1] + size[2]) / 2)
    depth = max(size[0], plane / _FLATTEST)
    smallest = [min((shape[axis] for shape in facts.sizes), default=_EDGE_UNKNOWN) for axis in range(3)]
    wish = plane * (_VOXELS_3D / (depth * plane * plane)) ** (1 / 3)
    if wish * depth / plane > smallest[0]:
        wish = (_VOXELS_3D / smallest[0]) ** 0.5
    quick = math.lcm(divisor[1], _QUICK_EDGE)
    edge = math.ceil(min(wish, smallest[1], smallest[2]) / quick) * quick
    if edge > min(smallest[1:]):
        edge = multiple_near(min(smallest[1:]), divisor[1])
    deep = multiple_near(min(smallest[0], _VOXELS_3D / edge**2, _DEEPEST), divisor[0])
    return deep, edge, edge


def _whole_image(sizes: Sequence[Index3], divisor: Index3) -> Index3:
    """The usual image, with edges rounded up to what the network can divide: regions are told by where they lie."""
    z, y, x = (math.ceil(median(s[a] for s in sizes) / divisor[a]) * divisor[a] for a in range(3))
    return z, y, x


def _patch_2d(facts: ImageFacts, divisor: int) -> Index3:
    wish = float(_EDGE_2D_UNKNOWN)
    if facts.object_size is not None:
        wish = max(_EDGES_2D[0], min(_EDGES_2D[1], _OBJECTS_ACROSS * max(facts.object_size[1:])))
    smallest = min((min(shape[1:]) for shape in facts.sizes), default=int(wish))
    even = divisor * max(1, _EVEN_EDGE // divisor)
    edge = multiple_near(min(wish, smallest), even if smallest >= even else divisor)
    return 1, edge, edge


def multiple_near(length: float, divisor: int) -> int:
    """The multiple of ``divisor`` nearest to a length, at least one."""
    return max(divisor, round(length / divisor) * divisor)


def require_divisible(patch: Index3, divisor: Index3, least: int, title: str) -> None:
    """Refuse a patch that a network cannot halve as often as it must.

    Args:
        patch: Edges (z, y, x) in voxels.
        divisor: Of what they must be multiples.
        least: How many times the divisor the largest edge must be.
        title: Of the network, for the message.

    Raises:
        UserError: If an edge is no multiple of the divisor, or the patch is too small; the nearest sizes that suit are
            named.
    """
    off = any(edge < 1 or edge % part for edge, part in zip(patch, divisor, strict=True))
    large = [edge >= least * part for edge, part in zip(patch, divisor, strict=True) if part > 1]
    if not off and (any(large) or not large):
        return
    larger = "" if any(large) or not large else f", and one of them at least {least} times as much"
    given, parts = (" × ".join(str(n) for n in size) for size in (patch, divisor))
    raise UserError(
        f"The patch size of {given} does not suit the network “{title}”.",
        hint=f"Its edges must be multiples of {parts} (z, y, x){larger}. {_nearest_sizes(patch, divisor, least)}",
    )


def _nearest_sizes(patch: Index3, divisor: Index3, least: int) -> str:
    """The sizes next to each edge that suit, in words; edges with the same choice are named together."""
    choices: dict[str, list[str]] = {}
    for axis, edge, part in zip("zyx", patch, divisor, strict=True):
        if part == 1:
            continue
        below = edge // part * part
        sizes = [size for size in (below, below + part) if size >= least * part] or [least * part]
        if edge % part or edge < least * part:
            choices.setdefault(" or ".join(str(size) for size in sizes), []).append(axis)
    said = (f"{sizes} for {' and '.join(axes)}" for sizes, axes in choices.items())
    return f"The nearest that suit: {', '.join(said)}."
