"""The loss of spatial embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

WIDTH_RATE = 10.0
"""Widths are exp(10 s) of what the network gives, as published, so that it need not give large numbers."""
_NEGLIGIBLE = -math.log(2e-6)
"""A voxel this far from a centre, in squared widths, belongs to it by less than two millionths, which changes the loss
of the object by less than twice that; only nearer ones are looked at."""
_ERROR_BITS = 31
"""Of a float32 that is not negative: read as a whole number, it keeps its order."""
_MOST_PAIRS = 8_000_000
"""Pairs of object and voxel whose distance is worked out at once: 32 MB each for distance and mask."""


@dataclass(frozen=True, slots=True)
class EmbeddingUnits:
    """What raw outputs mean.

    Attributes:
        span: Pixels along x of one unit of length: no voxel points further.
        first_radius: Pixels along x of half the extent of an object where the network gives 0.
        weights: Of the parts for objects, evenness and seeds.
        foreground: How many times more a voxel of an object counts in the part for seeds.
    """

    span: float
    first_radius: float
    weights: tuple[float, float, float] = (1.0, 10.0, 1.0)
    foreground: float = 10.0

    @property
    def first_sigma(self) -> float:
        """What is added to raw sigmas, so that a radius is ``first_radius`` where these are 0."""
        return math.log(math.log(2) * (self.span / self.first_radius) ** 2) / WIDTH_RATE


class SpatialEmbeddingLoss(nn.Module):
    """Voxels gather at the centres of their objects (Neven et al. 2019, arXiv 1906.11109; Lalit et al. 2021, arXiv
    2101.10033).

    A voxel at x with offset o and sigmas s has the embedding e = x + tanh(o). To an object with centre c and mean
    sigmas S it belongs by phi = exp(-sum(exp(10 S) (e - c)^2)). Three parts are added, each averaged over the objects
    or voxels of a patch: the Lovász hinge (Berman et al. 2018, arXiv 1705.08790) of 2 phi - 1 against the object's
    voxels, the squared difference between s and S, and the squared difference between the seed and phi inside objects,
    and 0 outside. Without any object only the last is left; without any known voxel the loss is 0.

    All objects of a patch are worked out together, each only where voxels could belong to it.
    """

    def __init__(self, units: EmbeddingUnits) -> None:
        super().__init__()
        self._units = units

    def forward(
        self,
        outputs: torch.Tensor,
        objects: torch.Tensor,
        centres: torch.Tensor,
        known: torch.Tensor,
        thickness: torch.Tensor,
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss, a scalar, and its three parts.

        Args:
            outputs: ``(B, 2 D + 1, [Z,] Y, X)`` raw: offsets and sigmas along ([z,] y, x), then the seed.
            objects: ``(B, [Z,] Y, X)`` integers, 0 for the background, else 1 to the number of objects without gaps.
            centres: ``(B, [Z,] Y, X)``, not 0 at centres; an object with none or several takes the mean of its voxels.
            known: ``(B, [Z,] Y, X)`` bool: voxels that count.
            thickness: ``(B)`` distance of slices over the width of pixels.
        """
        found = [
            self._patch(*parts)
            for parts in zip(outputs.float(), objects, centres != 0, known, thickness.reshape(-1), strict=True)
        ]
        parts = torch.stack([torch.stack(one) for one in found]).mean(dim=0)
        weights = torch.tensor(self._units.weights, device=parts.device)
        names = ("objects", "evenness", "seeds")
        return (parts * weights).sum(), dict(zip(names, parts.detach().tolist(), strict=True))

    def _patch(
        self,
        outputs: torch.Tensor,
        objects: torch.Tensor,
        centres: torch.Tensor,
        known: torch.Tensor,
        thickness: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The parts of one patch."""
        axes = objects.ndim
        places = self._places(objects, thickness)
        numbers, is_centre = objects.reshape(-1).long(), centres.reshape(-1)
        values = outputs.reshape(outputs.shape[0], -1)
        if not bool(known.all()):
            kept = known.reshape(-1).nonzero()[:, 0]
            numbers, is_centre, places, values = (_at(part, kept) for part in (numbers, is_centre, places, values))
        embeddings, sigmas = places + torch.tanh(values[:axes]), values[axes:-1] + self._units.first_sigma
        seeds = torch.sigmoid(values[-1])
        zero = values.sum() * 0
        total = max(1, int(numbers.numel()))
        outside = (seeds * (numbers == 0)).square().sum()
        # Objects that lie in unknown places alone are not there.
        ids, numbers = torch.unique(numbers, return_inverse=True)
        numbers = numbers if bool((ids == 0).any()) else numbers + 1
        count = int((ids > 0).sum())
        if not count:
            return zero, zero, outside / total + zero
        inside = numbers.nonzero()[:, 0]
        owner = numbers[inside] - 1
        middles = _middles(_at(places, inside), owner, is_centre[inside], count)
        own_sigmas = _at(sigmas, inside)
        means = _means(own_sigmas, owner, count)
        spread = (own_sigmas - _at(means.detach(), owner)).square().sum(dim=0)
        evenness = (_totals(spread, owner, count) / (axes * _sizes(owner, count))).mean()
        widths = torch.exp(WIDTH_RATE * means)
        pair_object, pair_voxel = _pairs(embeddings.detach(), middles, widths.detach(), numbers)
        apart = (_at(embeddings, pair_voxel) - _at(middles, pair_object)).square() * _at(widths, pair_object)
        phi = torch.exp(-apart.sum(dim=0))
        own = _at(numbers, pair_voxel) - 1 == pair_object
        hinge = lovasz_hinges(2 * phi - 1, own, pair_object, count).mean()
        wrong = (_at(seeds, pair_voxel[own]) - phi.detach()[own]).square()
        return hinge, evenness, (outside + self._units.foreground * wrong.sum()) / total

    def _places(self, objects: torch.Tensor, thickness: torch.Tensor) -> torch.Tensor:
        """``(D, n)`` where voxels are, in spans."""
        lines = [torch.arange(n, device=objects.device, dtype=torch.float32) / self._units.span for n in objects.shape]
        if len(lines) > 2:
            lines[0] = lines[0] * thickness.to(lines[0])
        return torch.stack(torch.meshgrid(*lines, indexing="ij")).reshape(len(lines), -1)


def _at(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Values ``(…, n)`` at some places ``(m,)``: five times quicker than by brackets, on the way back, too."""
    return values.index_select(-1, places)


def _totals(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """Sums ``(…, count)`` of values ``(…, n)`` over the voxels of each object."""
    return torch.zeros(*values.shape[:-1], count, device=values.device, dtype=values.dtype).index_add(-1, owner, values)


def _sizes(owner: torch.Tensor, count: int) -> torch.Tensor:
    return torch.bincount(owner, minlength=count).float()


def _means(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    return _totals(values, owner, count) / _sizes(owner, count)


def _middles(places: torch.Tensor, owner: torch.Tensor, is_centre: torch.Tensor, count: int) -> torch.Tensor:
    """``(D, count)`` the centre of each object, the mean of its places where it has not exactly one."""
    marks = torch.bincount(owner[is_centre], minlength=count)
    marked = _totals(places[:, is_centre], owner[is_centre], count)
    return torch.where(marks == 1, marked, _means(places, owner, count))


@torch.no_grad()
def _pairs(
    embeddings: torch.Tensor, middles: torch.Tensor, widths: torch.Tensor, numbers: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Objects and voxels that have to do with each other: near enough, or the object's own; by object."""
    count, total = middles.shape[1], embeddings.shape[1]
    step = max(1, _MOST_PAIRS // max(1, total))
    found = []
    for first in range(0, count, step):
        chosen = slice(first, min(count, first + step))
        apart = torch.zeros(chosen.stop - first, total, device=embeddings.device)
        for points, centre, width in zip(embeddings, middles[:, chosen], widths[:, chosen], strict=True):
            apart.addcmul_((points[None] - centre[:, None]).square_(), width[:, None])
        own = ((numbers > first) & (numbers <= chosen.stop)).nonzero()[:, 0]
        apart[_at(numbers, own) - 1 - first, own] = 0
        pairs = (apart < _NEGLIGIBLE).nonzero()
        pairs[:, 0] += first
        found.append(pairs)
    of_object, voxel = torch.cat(found).T.contiguous()
    return of_object, voxel


def lovasz_hinges(logits: torch.Tensor, own: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """The Lovász hinge ``(count,)`` of each object, all at once.

    Args:
        logits: ``(n,)`` of pairs of object and voxel, positive where the voxel seems to belong to the object.
        own: ``(n,) bool`` whether it does.
        owner: ``(n,)`` number of the object, from 0, ascending.
        count: How many objects there are; each has at least one voxel of its own.
    """
    signs = own.to(logits.dtype) * 2 - 1
    errors = 1 - logits * signs
    # Whole numbers, because PyTorch sorts these four times quicker on a processor.
    largest_first = (1 << _ERROR_BITS) - 1 - torch.relu(errors.detach()).float().view(torch.int32).long()
    order = torch.argsort((owner << _ERROR_BITS) + largest_first)
    parts = torch.relu(_at(errors, order)) * _shares(_at(own, order), owner, count).to(errors.dtype)
    return _totals(parts, owner, count)


@torch.no_grad()
def _shares(true: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    """What each error ``(n,)`` counts: by how much the overlap falls with it, the largest of each object first.

    Behind h voxels of its own and m others, of an object of P voxels, 1 - (P - h) / (P + m) of the overlap is lost
    (Berman et al. 2018). What one more adds is worked out from h and m, not as the difference of two such numbers,
    which are nearly equal.
    """
    size = torch.bincount(owner[true], minlength=count)
    first = torch.searchsorted(owner, torch.arange(count, device=owner.device))
    hits = torch.cumsum(true, dim=0)
    before = torch.cat([hits.new_zeros(1), hits])[first]
    left = _at(size + before, owner) - hits
    seen = torch.arange(1, owner.numel() + 1, device=owner.device)
    union = _at(size + before - first, owner) + seen - hits
    return torch.where(true, 1.0, left / (union - 1).clamp(min=1)) / union
