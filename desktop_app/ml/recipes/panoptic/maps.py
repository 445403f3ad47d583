"""What a panoptic network says of the slices of a region, kept in memory or made as it is asked for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from desktop_app.core.config.inference import RunMode
from desktop_app.core.imaging import Index3, Plane
from desktop_app.core.job import JobContext
from desktop_app.core.networks.panoptic import CELL
from desktop_app.core.recipes.looks import MOST_SPREAD

LEVELS = 30_000
"""Steps of a probability as a whole number: finer than float16 above 0.03, and within int16."""
SURE_STEPS = 255
"""Steps of how sure the network was of a cell: a byte."""
SURE, UNSURE = -1, 32_767
"""The background's level where the classes together are sure enough, below all others, and where not, above them."""


@dataclass(frozen=True, slots=True)
class Hardening:
    """How probabilities become class numbers, or what a median over slices takes.

    Attributes:
        confidence: The classes together must reach this.
        median: Whether slices are smoothed afterwards.
    """

    confidence: float
    median: bool = True

    def __call__(self, probabilities: torch.Tensor) -> torch.Tensor:
        """The classes of slices.

        Args:
            probabilities: ``(N, C, H, W) float16`` of the classes without the background.

        Returns:
            A single class: ``(N, 1, H, W) uint8``, 1 where it reaches the confidence. Several: class numbers likewise,
            or, for a median, ``(N, 1 + C, H, W) int16`` levels, the background first: it wins wherever the classes
            together stay below the confidence and nowhere else, so that its median is the vote of the slices, and
            whole numbers are sorted much faster than half-precision ones.
        """
        if probabilities.shape[1] == 1:
            return (probabilities >= self.confidence).view(torch.uint8)
        exact = probabilities.float()
        sure = exact.sum(dim=1, keepdim=True) >= self.confidence
        if not self.median:
            return torch.where(sure, probabilities.argmax(dim=1, keepdim=True) + 1, 0).to(torch.uint8)
        background = torch.where(sure, SURE, UNSURE).to(torch.int16)
        return torch.cat([background, torch.round(exact * LEVELS).to(torch.int16)], dim=1)


class SliceMapsSource(Protocol):
    """Maps of parallel slices, one after the other, that are there or are made when they are asked for."""

    def __len__(self) -> int:
        """Number of slices."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""

    @property
    def classes(self) -> int:
        """Channels of their probabilities."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""

    @property
    def batch(self) -> int:
        """Slices that come together."""

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU makes them, so that objects must be made fast."""

    def batches(self, hardening: Hardening, first: int, ctx: JobContext) -> Generator[SliceMaps]:
        """Maps with classes instead of probabilities, batch by batch.

        Args:
            hardening: From probabilities to classes.
            first: Slices before this are left out; a multiple of ``batch``.
            ctx: May cancel.
        """


@dataclass(frozen=True, slots=True)
class SliceMaps:
    """Maps of N parallel slices in memory.

    Attributes:
        probabilities: ``(N, C, H, W) float16`` of the classes without the background, as large as the slices; or what
            ``Hardening`` made of them.
        heatmap: ``(N, h, w) float32``, how much a cell looks like a centre.
        offsets: ``(N, 2, h, w) float32``, dy and dx to the centre, in pixels of the network's image.
        sure: ``(N, h, w) uint8`` where ``Hardening`` was at work: how likely the likeliest class is, the mean over each
            cell in steps of ``SURE_STEPS``.
        spread: ``(N, h, w) uint8`` where it was asked for: how far the looks at a cell disagree, of the largest spread
            that there can be, in steps of ``SURE_STEPS``.
    """

    probabilities: NDArray[Any]
    heatmap: NDArray[np.float32]
    offsets: NDArray[np.float32]
    sure: NDArray[np.uint8] | None = None
    spread: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        rows, columns = self.probabilities.shape[-2:]
        return rows, columns

    @property
    def classes(self) -> int:
        """Channels of the probabilities."""
        return int(self.probabilities.shape[1])

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.probabilities.nbytes + self.heatmap.nbytes + self.offsets.nbytes

    @property
    def step(self) -> int:
        """Pixels from one coarse cell to the next: the network's own, doubled as often as its image was halved."""
        step = CELL
        while -(-self.size[0] // step) > self.heatmap.shape[1] or -(-self.size[1] // step) > self.heatmap.shape[2]:
            step *= 2
        return step

    @property
    def batch(self) -> int:
        """Slices that come together."""
        return 1

    @property
    def on_gpu(self) -> bool:
        """They are in main memory."""
        return False

    def batches(self, hardening: Hardening, first: int, ctx: JobContext) -> Generator[SliceMaps]:
        """Slice by slice, with classes."""
        for number in range(first, len(self)):
            ctx.raise_if_cancelled()
            one = self.select([number])
            values = torch.from_numpy(one.probabilities)
            sure = sure_steps(cell_means(values, one.step)).numpy()
            yield replace(one, probabilities=hardening(values).numpy(), sure=sure)

    def select(self, kept: Sequence[int]) -> SliceMaps:
        """Only some slices."""
        chosen = list(kept)
        spread = None if self.spread is None else self.spread[chosen]
        return SliceMaps(self.probabilities[chosen], self.heatmap[chosen], self.offsets[chosen], spread=spread)

    @classmethod
    def joined(cls, parts: Sequence[SliceMaps]) -> SliceMaps:
        """The slices of several, one after the other."""
        known = [p.sure for p in parts if p.sure is not None]
        spreads = [p.spread for p in parts if p.spread is not None]
        return cls(
            np.concatenate([p.probabilities for p in parts]),
            np.concatenate([p.heatmap for p in parts]),
            np.concatenate([p.offsets for p in parts]),
            np.concatenate(known) if len(known) == len(parts) else None,
            np.concatenate(spreads) if len(spreads) == len(parts) else None,
        )


def cell_means(probabilities: torch.Tensor, step: int) -> torch.Tensor:
    """How likely the likeliest class is: ``(N, h, w) float32`` means over cells; no number where a pixel is none.

    Args:
        probabilities: ``(N, C, H, W)`` of the classes without the background.
        step: Pixels from one cell to the next; those at the far sides may be cut.
    """
    likeliest = reduce(torch.maximum, probabilities.unbind(1))
    height, width = likeliest.shape[1:]
    below, beside = -height % step, -width % step
    if below or beside:
        likeliest = functional.pad(likeliest, (0, beside, 0, below))
    rows = likeliest.unflatten(1, (-1, step)).sum(2, dtype=torch.float32)
    values: Any = rows.numpy() if rows.device.type == "cpu" else rows  # see ``require_finite``
    means = sum(values[..., first::step] for first in range(step)) / (step * step)
    means[:, -1] *= step / (step - below)
    means[..., -1] *= step / (step - beside)
    return torch.as_tensor(means)


def sure_steps(means: torch.Tensor) -> torch.Tensor:
    """Means of cells, numbers all of them, ``uint8`` in steps of ``SURE_STEPS``."""
    if means.device.type == "cpu":
        return torch.from_numpy(np.rint(means.numpy() * SURE_STEPS).astype(np.uint8))
    return torch.round(means * SURE_STEPS).to(torch.uint8)


def spread_steps(spread: torch.Tensor) -> torch.Tensor:
    """How far looks disagree, ``uint8`` in steps of ``SURE_STEPS`` of the largest spread that there can be."""
    return torch.round((spread / MOST_SPREAD).clamp(0, 1) * SURE_STEPS).to(torch.uint8)


@dataclass(frozen=True, slots=True)
class PanopticMaps:
    """Maps of a region: of its slices in one plane, or in all three.

    Attributes:
        mode: ``slice`` (each slice by itself), ``stack`` or ``ortho``.
        planes: Which slices; three for ``ortho``, unless the region is flat.
        parts: The slices of each plane.
        scale: How many times smaller the network's image was.
        edges: Edge lengths of a voxel (z, y, x); all alike where they are not known.
        whole: Whether the region is all of its volume, so that objects that seem small are.
        channels: Names of the maps.
    """

    mode: RunMode
    planes: tuple[Plane, ...]
    parts: tuple[SliceMapsSource, ...]
    scale: int = 1
    edges: tuple[float, float, float] = (1.0, 1.0, 1.0)
    whole: bool = False
    channels: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(part.nbytes for part in self.parts)

    @property
    def pending(self) -> bool:
        """Whether the slices only pass by while they are decoded."""
        return not all(isinstance(part, SliceMaps) for part in self.parts)

    @property
    def shape(self) -> Index3:
        """(Z, Y, X) of the region."""
        sizes = [*self.parts[0].size]
        sizes.insert(self.planes[0].depth_axis, len(self.parts[0]))
        return sizes[0], sizes[1], sizes[2]

    @property
    def step(self) -> int:
        """Pixels of the region from one coarse cell to the next."""
        return CELL * self.scale

    def uncertain_percent(self) -> NDArray[np.uint32] | None:
        """How far the looks disagree, ``(Z, Y, X)`` in percent of the most; None where that is not in memory."""
        found = []
        for part, plane in zip(self.parts, self.planes, strict=True):
            if not isinstance(part, SliceMaps) or part.spread is None:
                return None
            rows, columns = (np.arange(n) // part.step for n in part.size)
            found.append(across(part.spread[:, rows][:, :, columns].astype(np.float32), plane))
        return np.rint(100 / SURE_STEPS * sum(found) / len(found)).astype(np.uint32)

    def select(self, slices: Sequence[int]) -> PanopticMaps:
        """Only some slices, each by itself from now on; not for maps of three directions, nor for such not kept."""
        if len(self.parts) != 1 or not isinstance(self.parts[0], SliceMaps):
            raise ValueError("Slices can only be chosen from maps of one direction in memory")
        return replace(self, mode="slice", parts=(self.parts[0].select(slices),))

    def close(self) -> None:
        """Nothing lies on disk."""


def across(slices: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """Slices ``(N, rows, columns)`` of a plane as a ``(Z, Y, X)`` array; a view."""
    return np.moveaxis(slices, 0, plane.depth_axis)


def in_order(values: Index3, plane: Plane) -> Index3:
    """Values of (z, y, x) in the order (slice, row, column) of a plane."""
    rest = list(values)
    first = rest.pop(plane.depth_axis)
    return first, rest[0], rest[1]
