"""What a network would say of known objects, with noise if wanted, and the published rule in its plainest form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.objects.embedding.clustering import ClusterRules
from desktop_app.objects.embedding.field import EmbeddingField


def ideal_field(
    labels: NDArray[np.integer],
    *,
    noise: float = 0.0,
    aspect: tuple[float, float, float] = (1.0, 1.0, 1.0),
    axes: int = 3,
    seed: int = 0,
) -> EmbeddingField:
    """Every voxel points at the middle of its object, of which it says the size.

    Args:
        labels: ``(Z, Y, X)``.
        noise: Standard deviation of what is added: to seeds, to logarithms of radii, and to offsets in radii.
        aspect: Edges of a voxel.
        axes: 2 or 3.
        seed: Of the noise.
    """
    rng = np.random.default_rng(seed)
    edges = np.array(aspect)[-axes:]
    places = np.stack(np.indices(labels.shape, dtype=np.float32)[-axes:]) * edges[:, None, None, None]
    offsets, radii = np.zeros_like(places), np.full(places.shape, 4.0, np.float32)
    seeds = np.zeros(labels.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(labels.astype(np.int64)), start=1):
        if box is None:
            continue
        inside = labels[box] == number
        points = places[(slice(None), *box)][:, inside]
        centre = points.mean(axis=1)
        apart = points - centre[:, None]
        reach = np.maximum(np.abs(apart).max(axis=1), 1.0)
        for axis in range(axes):
            offsets[axis][box][inside] = -apart[axis]
            radii[axis][box][inside] = reach[axis]
        closeness = np.exp(-np.log(2) * ((apart / reach[:, None]) ** 2).sum(axis=0))
        seeds[box][inside] = np.clip(0.55 + 0.45 * closeness / max(closeness.max(), 1e-6), 0, 1)
    if noise:
        offsets += (rng.normal(0, noise, offsets.shape) * radii).astype(np.float32)
        radii *= np.exp(rng.normal(0, noise, radii.shape)).astype(np.float32)
        seeds = np.clip(seeds + rng.normal(0, noise, seeds.shape), 0, 1).astype(np.float32)
    return EmbeddingField(seeds, offsets.astype(np.float32), radii.astype(np.float32), aspect)


def plainly_clustered(field: EmbeddingField, rules: ClusterRules) -> NDArray[np.uint32]:
    """The published rule: every centre looks at all foreground voxels, and is the embedding of a single voxel."""
    at = np.flatnonzero(field.seeds.reshape(-1) > rules.foreground_threshold)
    out = np.zeros(field.seeds.size, np.uint32)
    if at.size <= rules.min_foreground:
        return out.reshape(field.seeds.shape)
    places = np.stack(np.unravel_index(at, field.seeds.shape)[-field.axes :], axis=1)
    offsets = field.offsets.reshape(field.axes, -1)[:, at].T
    points = (places * np.array(field.aspect[-field.axes :]) + offsets).astype(np.float32)
    radii = field.radii.reshape(field.axes, -1)[:, at].T
    seeds, free, number = field.seeds.reshape(-1)[at], np.ones(at.size, bool), 0
    while free.sum() > rules.min_left:
        seed = int(np.argmax(seeds * free))
        if not free[seed] or seeds[seed] < rules.seed_threshold:
            break
        free[seed] = False
        near = (((points - points[seed]) / radii[seed]) ** 2).sum(axis=1) < 1
        if near.sum() > rules.min_size and free[near].sum() / near.sum() > rules.min_free:
            number += 1
            out[at[near]] = number
        free[near] = False
    return out.reshape(field.seeds.shape)


def counts(found: NDArray[np.integer], true: NDArray[np.integer]) -> tuple[int, int, int]:
    """Right, false and missed objects at an overlap (IoU) of one half."""
    from desktop_app.objects.agreement import object_scores

    scores = object_scores(found.astype(np.uint32), true.astype(np.uint32), iou=0.5)
    return int(scores.tp), int(scores.fp), int(scores.fn)
