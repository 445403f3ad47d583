"""Learning affinities: the product's classes and depth, and for pairs of voxels whether they are one object."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.segmentation import watershed
from torch.nn import functional

from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.recipes.base import LossInput
from tests.benchmarks.separation.affinities import Pairs, ends, mutex_watershed, region_edges, voxel_edges
from tests.benchmarks.separation.learned import OBJECTS, SeparatingRecipe, Settings, known

_KEEPING = (1.0, 0.7, 0.85, 1.2, 1.4)
_LOWERED = (1.0, 0.5, 2.0)
_DIPS = (0.05, 0.0, 0.1, 0.15, 0.2, 0.3)
_SEEDS = (0.6, 0.4, 0.5, 0.7, 0.8)
_SMOOTHINGS = (1.0, 0.5, 0.75, 1.25)


class AffinityRecipe(SeparatingRecipe):
    """Affinities besides classes and depth.

    Args:
        pairs: Which voxels are compared.
    """

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs, self.more = pairs, len(pairs.offsets)
        lowered = {"power": _LOWERED, "dip": _DIPS, "seeds": _SEEDS, "smoothing": _SMOOTHINGS}
        self.ways = {
            "mutex watershed": (self._of_voxels, {"keeping": _KEEPING}),
            "regions joined": (self._of_regions, {"keeping": _KEEPING}),
            "lowered depth": (self._lowered, lowered),
        }

    def own_maps(self, outputs: torch.Tensor) -> torch.Tensor:
        """Affinities 0 to 1."""
        return torch.sigmoid(outputs[:, -self.more :].float())

    def own_loss(self, batch: LossInput) -> torch.Tensor:
        """Cross-entropy of pairs that begin in an object; those within and those between count alike."""
        ids, some = batch.targets[OBJECTS], known(batch)
        if ids.dim() == 3:
            ids, some = ids[:, None], some[:, None]
        logits = batch.outputs[:, -self.more :].float().reshape(len(ids), self.more, *ids.shape[1:])
        losses = []
        for index, offset in enumerate(self.pairs.offsets):
            one, other = ends(offset, ids.shape[1:])
            a, b = ids[(slice(None), *one)], ids[(slice(None), *other)]
            both = some[(slice(None), *one)] & some[(slice(None), *other)] & (a > 0)
            same = (a == b) & both
            values = logits[:, index][(slice(None), *one)]
            loss = functional.binary_cross_entropy_with_logits(values, same.float(), reduction="none")
            apart = both & ~same
            losses += [_mean(loss, same), _mean(loss, apart)]
        return torch.stack(losses).mean()

    def _of_voxels(
        self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode
    ) -> NDArray[np.uint32]:
        """Voxels of the foreground; pieces too small for an object go to those around."""
        inside = maps[0] >= parameters.threshold
        edges = voxel_edges(maps[2:], inside, self.pairs, settings["keeping"])
        labels = np.zeros(inside.shape, np.int64)
        labels[inside] = mutex_watershed(int(inside.sum()), edges)
        sizes = np.bincount(labels.reshape(-1))
        large = sizes >= max(1, parameters.min_size)
        large[0] = False
        seeds = np.where(large[labels], labels, 0).astype(np.int32)
        return watershed(-maps[1], seeds, mask=inside).astype(np.uint32)

    def _of_regions(
        self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode
    ) -> NDArray[np.uint32]:
        """Regions around each summit of the depth, joined by the affinities between them."""
        regions = self.regions(maps[:2], parameters)
        count = int(regions.max(initial=0))
        if count == 0:
            return regions
        joined = mutex_watershed(count, region_edges(maps[2:], regions, self.pairs, settings["keeping"]))
        return np.concatenate([[0], joined]).astype(np.uint32)[regions]

    def _lowered(self, maps: NDArray[np.float32], settings: Settings, parameters: SemanticDecode) -> NDArray[np.uint32]:
        """The product's way, with the depth made less where neighbours are not one object."""
        near = np.ones(maps.shape[1:], np.float32)
        for offset, values in zip(self.pairs.offsets[: self.pairs.near], maps[2:], strict=False):
            one, other = ends(offset, near.shape)
            near[one] = np.minimum(near[one], values[one])
            near[other] = np.minimum(near[other], values[one])
        changed = {
            "min_dip": settings["dip"],
            "seed_threshold": settings["seeds"],
            "smoothing": parameters.smoothing * settings["smoothing"],
        }
        lowered = np.stack([maps[0], maps[1] * near ** settings["power"]])
        return self.by_product(lowered, parameters.model_copy(update=changed))


def _mean(loss: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    return (loss * chosen).sum() / chosen.sum().clamp(min=1)
