"""A patch around each object, cut once and kept on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.job import Progress
from desktop_app.io.atomic import make_folder, write_json
from desktop_app.ml.data.cached_patches import INDEX, CachedPatches, fingerprint_of, known_fingerprint, write_patch
from desktop_app.ml.data.patch_source import PatchRequest
from desktop_app.ml.data.preparation import PreparedImage
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.data.targets import CLASSES, IGNORED, LabelTargets, PatchTargets

_MOST_BYTES = 8 * 2**30
"""Of all patches together on disk; of more objects a random choice is kept."""
_BYTES_PER_VOXEL = 8
"""Of a patch, beside 4 for each channel: what is learned, and room for more."""

_Place: TypeAlias = tuple[PreparedImage, NDArray[np.float64]]
"""An image, and the middle of an object in it (voxel coordinates)."""


def object_places(sampler: PatchSampler, objects: str) -> list[_Place]:
    """The middle of each object of all images, of its voxels that are known.

    Args:
        sampler: Has the images.
        objects: The target that numbers the objects.
    """
    return [
        (image, middle)
        for image in sampler.images
        for middle in _middles(image.targets[objects], image.targets[CLASSES])
    ]


def object_patches(
    request: PatchRequest,
    targets: LabelTargets,
    sampler: PatchSampler,
    places: Sequence[_Place],
    parameters: Mapping[str, Any],
    kept: Callable[[PatchTargets], PatchTargets],
) -> CachedPatches:
    """One patch around each place, drawn as often as its image weighs; images smaller than a patch are filled up.

    Those that are there already, of an interrupted run, are kept. They are made anew when an image, the size of the
    patches or a parameter has changed, which a fingerprint tells.

    Args:
        request: What is wanted; the patches lie in a folder of their own in its cache.
        targets: How what was kept becomes what is learned.
        sampler: Cuts them.
        places: Where; of too many for the disk a random choice.
        parameters: Everything else that the targets depend on, as plain values.
        kept: Makes what is written of the targets of a patch.

    Raises:
        UnwritableFileError: If the disk is full.
    """
    chosen = _chosen(places, request)
    folder, fingerprint = request.cache / "around_objects", fingerprint_of(request, len(chosen), parameters)
    if known_fingerprint(folder) != fingerprint:
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        write_json(folder / INDEX, {"fingerprint": fingerprint})
    files = tuple(folder / f"{number:06d}.npz" for number in range(len(chosen)))
    for number, (file, (image, middle)) in enumerate(zip(files, chosen, strict=True)):
        request.ctx.raise_if_cancelled()
        if file.is_file():
            continue
        request.ctx.report(Progress(number, len(files), f"Cutting patch {number + 1:,} of {len(files):,}"))
        seen, cut = sampler.cut_at(image, middle)
        write_patch(file, seen, kept(cut))
    weights = tuple(image.weight for image, _ in chosen)
    return CachedPatches(files, request.patch, request.batch_size, request.augmentation, request.seed, targets, weights)


def _middles(numbers: NDArray[Any], classes: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Mean places (z, y, x) of the objects of ``(Z, Y, X)`` numbers, read slice by slice."""
    totals: dict[int, NDArray[np.float64]] = {}
    for z, (picture, known) in enumerate(zip(numbers, classes, strict=True)):
        names, inverse = np.unique(np.where(known == IGNORED, 0, picture), return_inverse=True)
        inverse = inverse.reshape(picture.shape)
        rows, columns = np.indices(picture.shape)
        sizes = np.bincount(inverse.ravel())
        y, x = (np.bincount(inverse.ravel(), weights=line.ravel()) for line in (rows, columns))
        for name, size, down, right in zip(names.tolist(), sizes, y, x, strict=True):
            if name:
                totals[name] = totals.get(name, np.zeros(4)) + np.array((size, z * size, down, right))
    return [total[1:] / total[0] for _, total in sorted(totals.items())]


def _chosen(places: Sequence[_Place], request: PatchRequest) -> list[_Place]:
    """All, or as many as the disk shall hold."""
    channels = len(places[0][0].read(Region((0, 0, 0), (1, 1, 1)))) if places else 1
    most = max(1, _MOST_BYTES // (int(np.prod(request.patch)) * (_BYTES_PER_VOXEL + 4 * channels)))  # bytes, as float32
    if len(places) <= most:
        return list(places)
    rng = np.random.default_rng(request.seed)
    return [places[n] for n in np.sort(rng.choice(len(places), most, replace=False))]
