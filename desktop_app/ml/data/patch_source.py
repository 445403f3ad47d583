"""Where patches come from: what a recipe is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.imaging import Index3
from desktop_app.core.job import JobContext
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.targets import PatchTargets


@dataclass(frozen=True, slots=True)
class Batch:
    """What one training step sees.

    Attributes:
        image: ``(B, C, Z, Y, X) float32``.
        targets: By name: ``(B, Z, Y, X)``; uint8 class numbers, or float32 between 0 and 1.
    """

    image: torch.Tensor
    targets: PatchTargets


class PatchSource(Protocol):
    """Batch ``n`` depends on the seed and ``n`` alone, so that training resumes bit for bit."""

    def batch(self, step: int) -> Batch:
        """The batch of a step, always the same; may be asked for by several threads at once."""


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """What patches are wanted.

    Attributes:
        images: Where they come from, as the network sees them.
        patch: Size (z, y, x).
        batch_size: Patches per batch.
        augmentation: Random changes.
        anisotropy: Slice distance over pixel width.
        seed: Of everything random.
        in_memory: Whether grey values and targets of all images fit into memory together.
        cache: Folder for what does not, and for what is made once; for these images alone.
        ctx: Hears about progress and about classes that no image shows, and may cancel.
        anywhere: Share of the patches that are drawn from all labelled voxels alike, not class by class.
    """

    images: tuple[TrainingImage, ...]
    patch: Index3
    batch_size: int
    augmentation: AugmentationParameters
    anisotropy: float
    seed: int
    in_memory: bool
    cache: Path
    ctx: JobContext
    anywhere: float = 0.0


def batches(source: PatchSource, first: int, last: int, lookahead: int) -> Generator[Batch, None, None]:
    """The batches of steps ``first`` to ``last - 1``; ``lookahead`` of them are prepared in threads meanwhile."""
    if lookahead <= 0:
        for step in range(first, last):
            yield source.batch(step)
        return
    with ThreadPoolExecutor(lookahead, thread_name_prefix="patches") as pool:
        waiting: list[Future[Batch]] = []
        following = first
        try:
            while following < last or waiting:
                while following < last and len(waiting) <= lookahead:
                    waiting.append(pool.submit(source.batch, following))
                    following += 1
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def stacked(samples: list[tuple[torch.Tensor, PatchTargets]]) -> Batch:
    """A batch of patches ``(C, Z, Y, X)`` with their targets."""
    images = torch.stack([image for image, _ in samples])
    return Batch(images, {name: torch.stack([t[name] for _, t in samples]) for name in samples[0][1]})
