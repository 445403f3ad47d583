"""Learning stars: the product's classes and depth, and from each place the way to the border along rays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.segmentation import watershed
from torch import nn
from torch.nn import functional

from desktop_app.core.imaging import Index3
from desktop_app.core.networks.base import Dimensions
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.data.targets import CLASSES, IGNORED, PatchTargets
from desktop_app.ml.networks.blocks import ConvolutionBlock, convolution
from desktop_app.ml.recipes.base import LossInput
from desktop_app.ml.recipes.semantic.targets import DEPTH
from tests.benchmarks.separation.learned import OBJECTS, Builder, SeparatingRecipe, Settings
from tests.benchmarks.separation.stars import UNKNOWN, Candidates, Star, joined, picked, summits

_STRIDE: Index3 = (1, 2, 2)
"""Voxels (z, y, x) of one cell of the maps of lengths."""
_MIDDLE = (np.array(_STRIDE) - 1) / 2
"""Of a cell, from the middle of its first voxel."""
_PLACES = 512
"""Places of a patch that are learned from: more than objects have cells in the middle."""
_UNIT = 10.0
"""Pixels in which a network tells lengths: about the radius of a nucleus."""
_WIDTH = 48
"""Channels before the lengths, as many as a fourth of the 128 that are published for 2D, for a network that is thin."""
_TAPS = {"QuickUNet": "enlarging", "ResidualUNet": "output"}
"""Whose input the head takes, in each network."""
_RIM = 0.1
"""How much a place at the rim of an object counts; one in its middle counts 1.1."""
_PRESENCES = (0.5, 0.3, 0.4, 0.6, 0.7)
_SHARED = (0.4, 0.2, 0.3, 0.5, 0.6)
LENGTHS, ENDED, CELLS, COUNTS = "lengths", "ended", "cells", "counts"


class _Tap(nn.Module):
    """A layer that remembers what it was given."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.given: torch.Tensor | None = None

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.given = values
        found: torch.Tensor = self.layer(values)
        return found


class StarNetwork(nn.Module):
    """A network of the product, with lengths of rays at half of its grid.

    Args:
        body: The network, for classes and depth.
        dimensions: 2 or 3.
        rays: How many.
    """

    def __init__(self, body: nn.Module, dimensions: Dimensions, rays: int) -> None:
        super().__init__()
        name = _TAPS[type(body).__name__]
        layer = getattr(body, name)
        self.body, self.name = body, name
        setattr(body, name, _Tap(layer))
        width = layer.in_channels
        fine = name == "output"
        stride = (2, 2) if dimensions == 2 else (1, 2, 2)
        self.shrinking = convolution(dimensions, width, width, stride=stride) if fine else nn.Identity()
        self.head = ConvolutionBlock(dimensions, width, _WIDTH, "batch")
        self.lengths = convolution(dimensions, _WIDTH, rays, 1)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """``maps`` ``(B, C, [Z,] Y, X)`` and ``lengths`` ``(B, R, [Z,] Y / 2, X / 2)`` in pixels."""
        maps = self.body(image)
        tap = getattr(self.body, self.name)
        given, tap.given = tap.given, None
        lengths = functional.softplus(self.lengths(self.head(self.shrinking(given)))) * _UNIT
        return {"maps": maps, LENGTHS: lengths}

    def stages(self) -> list[nn.Module]:
        """Those of the network."""
        found: list[nn.Module] = self.body.stages()
        return found


class StarRecipe(SeparatingRecipe):
    """Lengths of rays besides classes and depth.

    Args:
        star: The rays.
        most: Pixels of the longest ray.
    """

    def __init__(self, star: Star, most: float) -> None:
        super().__init__()
        self.star, self.more, self.most = star, len(star.rays), most
        self._stencil = star.stencil(most)
        tried = {"presence": _PRESENCES, "shared": _SHARED}
        self.ways = {
            "stars": (self._bodies, tried),
            "stars as seeds": (self._flooded, tried),
            "regions joined": (self._joined, {"shared": _SHARED, "presence": (0.0, *_PRESENCES)}),
        }

    def build(self, builder: Builder) -> Builder:
        """With a head for the lengths."""

        def built(dimensions: Dimensions, inputs: int, outputs: int, arguments: Any) -> nn.Module:
            if outputs <= self.more:  # asked only whether its arguments are right
                return builder(dimensions, inputs, outputs, arguments)
            return StarNetwork(builder(dimensions, inputs, outputs - self.more, arguments), dimensions, self.more)

        return built

    def seen(self, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Classes and depth."""
        return outputs["maps"]

    def own_maps(self, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Lengths at each voxel."""
        flat = outputs[LENGTHS].dim() == 4
        return functional.interpolate(
            outputs[LENGTHS].float(), outputs["maps"].shape[2:], mode="bilinear" if flat else "trilinear"
        )

    def of_patch(self, cut: PatchTargets) -> PatchTargets:
        """Lengths at some cells inside objects; counts of 0 where there are fewer."""
        ids = cut.pop(OBJECTS).numpy().copy()
        ids[cut[CLASSES].numpy() == IGNORED] = UNKNOWN
        grid = ids[:: _STRIDE[0], :: _STRIDE[1], :: _STRIDE[2]]
        found = np.flatnonzero((grid > 0) & (grid == self._middles(ids, grid.shape)))
        if found.size > _PLACES:
            found = found[np.linspace(0, found.size - 1, _PLACES).astype(np.int64)]
        cells = np.stack(np.unravel_index(found, grid.shape), axis=1)
        corners = cells * np.array(_STRIDE)
        middles = corners + _MIDDLE
        lengths, ended = self.star.lengths(ids, middles.astype(np.float32), self.most)
        depth = cut[DEPTH].numpy()[tuple(corners.T)]
        padded = _Padded(_PLACES)
        return {
            **cut,
            CELLS: padded(found.astype(np.int64)),
            COUNTS: padded((depth + _RIM).astype(np.float32)),
            LENGTHS: padded(lengths),
            ENDED: padded(ended),
        }

    @staticmethod
    def _middles(ids: NDArray[np.int32], cells: tuple[int, ...]) -> NDArray[np.int32]:
        """The number of the object in which the middle of each cell lies."""
        at = [np.rint(np.arange(n) * s + m).astype(np.int64) for n, s, m in zip(cells, _STRIDE, _MIDDLE, strict=True)]
        picked_ids: NDArray[np.int32] = ids[np.ix_(*(np.minimum(a, e - 1) for a, e in zip(at, ids.shape, strict=True)))]
        return picked_ids

    def own_loss(self, batch: LossInput) -> torch.Tensor:
        """Difference of lengths over their mean; where a ray left what is known, only too short ones are wrong."""
        maps = batch.outputs[LENGTHS].float().flatten(2)
        cells, counts, lengths, ended = (
            batch.targets[name].reshape(len(maps), _PLACES, *shape)
            for name, shape in ((CELLS, ()), (COUNTS, ()), (LENGTHS, (self.more,)), (ENDED, (self.more,)))
        )
        found = maps.gather(2, cells[:, None].expand(-1, self.more, -1)).transpose(1, 2)
        off = torch.where(ended, (found - lengths).abs(), (lengths - found).clamp(min=0))
        relative = off.mean(dim=2) / lengths.mean(dim=2).clamp(min=1)
        return (relative * counts).sum() / counts.sum().clamp(min=1)

    def _picked(self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode) -> NDArray[np.uint32]:
        sure = np.where(maps[0] >= parameters.threshold, maps[1], np.float32(0))
        found = Candidates.of(sure, maps[2:], settings["presence"], _STRIDE)
        return picked(found, self._stencil, maps.shape[1:], settings["shared"])

    def _bodies(self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode) -> NDArray[np.uint32]:
        """The bodies as they are."""
        return self._picked(maps, settings, parameters)

    def _flooded(self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode) -> NDArray[np.uint32]:
        """The bodies within the foreground, and what of it hangs together with them, flooded over the depth."""
        inside = maps[0] >= parameters.threshold
        seeds = np.where(inside, self._picked(maps, settings, parameters), 0)
        return watershed(-maps[1], seeds.astype(np.int32), mask=inside).astype(np.uint32)

    def _joined(self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode) -> NDArray[np.uint32]:
        """Regions around each summit of the depth; those whose bodies share much are one object."""
        regions = self.regions(maps[:2], parameters)
        tops = summits(regions, maps[1])
        lengths = maps[(slice(2, None), *tops.T)].T
        table = joined(tops, lengths, self._stencil, regions.shape, settings["shared"])
        table[1:][maps[1][tuple(tops.T)] < settings["presence"]] = 0
        return table[regions]


class _Padded:
    """Arrays as tensors with so many entries, for batches; a first axis stands for z."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, values: NDArray[Any]) -> torch.Tensor:
        whole = np.zeros((1, self._count, *values.shape[1:]), values.dtype)
        whole[0, : len(values)] = values
        return torch.from_numpy(whole)
