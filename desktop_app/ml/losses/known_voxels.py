"""Probabilities and truth of the voxels whose class is known: what all losses of classes begin with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from desktop_app.ml.data.targets import IGNORED


@dataclass(frozen=True, slots=True)
class KnownVoxels:
    """What a network says of a batch, and what is right.

    Attributes:
        logits: ``(B, C, [Z,] Y, X)``, float32.
        classes: ``(B, [Z,] Y, X)`` class numbers, 0 where unknown.
        known: ``(B, [Z,] Y, X)`` whether the class is known.
        weight: ``(B, [Z,] Y, X)`` how much each voxel counts; None where all count alike.
    """

    logits: torch.Tensor
    classes: torch.Tensor
    known: torch.Tensor
    weight: torch.Tensor | None = None

    @property
    def probability(self) -> torch.Tensor:
        """Softmax over the classes ``(B, C, [Z,] Y, X)``, 0 where the class is unknown."""
        return torch.softmax(self.logits, dim=1) * self.known.unsqueeze(1)

    @property
    def truth(self) -> torch.Tensor:
        """1 for the right class ``(B, C, [Z,] Y, X)``, 0 elsewhere and where it is unknown."""
        numbers = torch.arange(self.logits.shape[1], device=self.logits.device)
        right = self.classes.unsqueeze(1) == numbers.view(1, -1, *(1,) * (self.classes.dim() - 1))
        return (right & self.known.unsqueeze(1)).float()

    def per_class(self, values: torch.Tensor) -> torch.Tensor:
        """Sums ``(C,)`` of values ``(B, C, [Z,] Y, X)`` over the whole batch."""
        return values.sum((0, *range(2, values.dim())))

    def entropy(self) -> torch.Tensor:
        """Cross-entropy of each voxel ``(B, [Z,] Y, X)``, 0 where the class is unknown."""
        return functional.cross_entropy(self.logits, self.classes, reduction="none") * self.known

    def mean(self, values: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        """Mean of values ``(B, [Z,] Y, X)`` over the known voxels; 0 without any."""
        known = self.known.float() if weights is None else self.known * weights
        known = known if self.weight is None else known * self.weight
        return (values * known).sum() / known.sum().clamp(min=1e-6)

    def weighted(self, values: torch.Tensor) -> torch.Tensor:
        """Values ``(B, C, [Z,] Y, X)`` times what each voxel counts."""
        return values if self.weight is None else values * self.weight.unsqueeze(1)

    def class_weights(self, balance: float) -> torch.Tensor:
        """Of each voxel ``(B, [Z,] Y, X)``: how rare its class is in this batch, to the power of ``balance``."""
        counts = self.per_class(self.truth)
        rarity = (counts.sum() / counts.clamp(min=1)) ** balance
        return rarity[self.classes]


def known_voxels(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None) -> KnownVoxels:
    """Logits with the classes that are right.

    Args:
        logits: ``(B, C, [Z,] Y, X)``; channel 0 is the background.
        target: ``(B, [Z,] Y, X)`` class numbers 0 to C - 1, or 255 where the class is not known.
        weight: ``(B, [Z,] Y, X)`` how much each voxel counts; None: all count alike.

    Raises:
        ValueError: If the two are not of one shape.
    """
    if logits.shape[0] != target.shape[0] or logits.shape[2:] != target.shape[1:]:
        raise ValueError(f"Expected logits and target of one shape, got {logits.shape} and {target.shape}")
    known = target != IGNORED
    return KnownVoxels(logits.float(), target.masked_fill(~known, 0).long(), known, weight)


def tversky_index(
    voxels: KnownVoxels, false_finds: float = 0.5, misses: float = 0.5, *, first: int = 1
) -> torch.Tensor:
    """Overlap of each class over the whole batch ``(C,)``; a class that neither occurs nor is predicted counts as 1.

    With 0.5 for both costs it is the soft Dice (Milletari et al. 2016, arXiv 1606.04797), in general the index of
    Salehi et al. 2017 (arXiv 1706.05721). One half is added above and below the line.

    Args:
        voxels: Of a batch.
        false_finds: What a voxel costs that was found and is not there.
        misses: What a voxel costs that was missed.
        first: 1 leaves the background out, 0 does not.
    """
    probability, truth = voxels.probability[:, first:], voxels.truth[:, first:]
    found, excess, missed = (
        voxels.per_class(voxels.weighted(values))
        for values in (probability * truth, probability * (1 - truth), (1 - probability) * truth)
    )
    return (found + 0.5) / (found + false_finds * excess + misses * missed + 0.5)
