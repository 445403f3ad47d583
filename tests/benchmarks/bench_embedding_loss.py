"""What an object costs in the loss of embeddings: ``python -m tests.benchmarks.bench_embedding_loss``.

Processor milliseconds of loss and slopes, for patches with more and more objects, beside the published way: object by
object, each over the whole patch. The existing tool was measured to grow by 24 ms an object.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from desktop_app.ml.losses.spatial_embedding import WIDTH_RATE, EmbeddingUnits, SpatialEmbeddingLoss, lovasz_hinges
from tests.objects.panoptic.ideal import ellipsoids

SHAPE, RADII = (32, 96, 96), (4.0, 6.0)
UNITS = EmbeddingUnits(span=40.0, first_radius=5.0)
REPEATS = 3


def object_by_object(outputs: torch.Tensor, objects: torch.Tensor) -> torch.Tensor:
    """The part for objects, evenness and seeds, each object over the whole patch; centres are means."""
    lines = [torch.arange(n, dtype=torch.float32) / UNITS.span for n in objects.shape]
    places = torch.stack(torch.meshgrid(*lines, indexing="ij"))
    embeddings, sigmas = places + torch.tanh(outputs[:3]), outputs[3:6] + UNITS.first_sigma
    seeds = torch.sigmoid(outputs[6])
    total = (seeds[objects == 0] ** 2).sum() / objects.numel()
    count = int(objects.max())
    for number in range(1, count + 1):
        mask = objects == number
        mean = sigmas[:, mask].mean(dim=1)
        centre = places[:, mask].mean(dim=1)
        width = torch.exp(WIDTH_RATE * mean)[:, None, None, None]
        phi = torch.exp(-((embeddings - centre[:, None, None, None]) ** 2 * width).sum(dim=0))
        zeros = torch.zeros(phi.numel(), dtype=torch.long)
        hinge = lovasz_hinges(2 * phi.flatten() - 1, mask.flatten(), zeros, 1).sum()
        even = ((sigmas[:, mask] - mean.detach()[:, None]) ** 2).mean()
        wrong = ((seeds[mask] - phi[mask].detach()) ** 2).sum()
        total = total + (hinge + 10 * even) / count + UNITS.foreground * wrong / objects.numel()
    return total


def milliseconds(work: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """Of loss and slopes, the least of some."""
    found = []
    for seed in range(REPEATS):
        torch.manual_seed(seed)
        outputs = (0.02 * torch.randn(7, *SHAPE)).requires_grad_()
        start = time.process_time()
        work(outputs).backward()
        found.append(1000 * (time.process_time() - start))
    return min(found)


def main() -> None:
    torch.set_num_threads(1)
    loss, before = SpatialEmbeddingLoss(UNITS), [0.0, 0.0, 0]
    sys.stdout.write("objects   ours: ms  more an object   object by object: ms  more an object\n")
    for wanted in (5, 20, 60):
        objects = torch.from_numpy(ellipsoids(SHAPE, wanted, RADII).astype(np.int32))
        count = int(objects.max())
        nothing, known = torch.zeros(1, *SHAPE, dtype=torch.uint8), torch.ones(1, *SHAPE, dtype=torch.bool)
        ours = milliseconds(lambda out, o=objects, n=nothing, k=known: loss(out[None], o[None], n, k, torch.ones(1))[0])
        plain = milliseconds(lambda out, o=objects: object_by_object(out, o))
        more = [(now - old) / max(1, count - before[2]) for now, old in zip((ours, plain), before[:2], strict=True)]
        said = [f"{m:8.2f}" if before[2] else "        " for m in more]
        sys.stdout.write(f"{count:7d}   {ours:8.1f}  {said[0]}           {plain:8.1f}         {said[1]}\n")
        sys.stdout.flush()
        before = [ours, plain, count]


if __name__ == "__main__":
    main()
