"""Patches cut once and kept on disk: for targets that cost more than reading them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.imaging import Index3
from desktop_app.core.job import Progress
from desktop_app.io.atomic import atomic_path, make_folder, write_json
from desktop_app.io.disk_state import states_of
from desktop_app.io.json_files import read_json
from desktop_app.ml.data.augmentation import change_greys, random_placement
from desktop_app.ml.data.patch_source import Batch, PatchRequest, stacked
from desktop_app.ml.data.sampler import drawn_place, sampled_patches, turned
from desktop_app.ml.data.targets import LabelTargets, PatchTargets

INDEX = "patches.json"
"""File in a folder of patches that says what they depend on."""
_IMAGE = "image"
"""Name of the grey values beside the targets, none of which may be called so."""


@dataclass(frozen=True, slots=True)
class CachedPatches:
    """Draws from patches on disk, mirrored and with changed grey values, but not bent.

    Attributes:
        files: One a patch: grey values ``(C, Z, Y, X) float32``, targets ``(Z, Y, X)``.
        patch: Size (z, y, x).
        batch_size: Patches per batch.
        augmentation: Random changes; of these mirroring, exchange of y and x, and grey values.
        seed: Of everything random.
        targets: Makes what the loss takes of the changed targets of a patch.
        weights: How often each is drawn compared with others; all alike if empty.
    """

    files: tuple[Path, ...]
    patch: Index3
    batch_size: int
    augmentation: AugmentationParameters
    seed: int
    targets: LabelTargets
    weights: tuple[float, ...] = ()

    def batch(self, step: int) -> Batch:
        """The batch of a step, always the same."""
        return stacked([self._sample(np.random.default_rng([self.seed, step, k])) for k in range(self.batch_size)])

    def _sample(self, rng: np.random.Generator) -> tuple[torch.Tensor, PatchTargets]:
        number = drawn_place(self.weights, rng) if self.weights else int(rng.integers(len(self.files)))
        with np.load(self.files[number]) as file:
            arrays = {name: torch.from_numpy(file[name]) for name in file.files}
        placement = replace(random_placement(self.patch, self.augmentation, 1.0, rng), grid=None)
        image = turned(arrays.pop(_IMAGE), placement)
        targets = self.targets.of_patch({name: turned(t[None], placement)[0] for name, t in arrays.items()})
        return change_greys(image, self.augmentation, rng), targets


def cached_patches(
    request: PatchRequest, targets: LabelTargets, count: int, parameters: Mapping[str, Any]
) -> CachedPatches | None:
    """So many patches, cut and written once; those that are there already, of an interrupted run, are kept.

    They are made anew when an image, the size of the patches or a parameter has changed, which a fingerprint tells.

    Args:
        request: What is wanted; the patches lie in its cache folder.
        targets: How labels become what is learned.
        count: How many patches.
        parameters: Everything else that the targets depend on, as plain values.

    Returns:
        None if nothing is labelled in any image.

    Raises:
        UnwritableFileError: If the disk is full.
    """
    folder, files = request.cache, tuple(request.cache / f"{number:06d}.npz" for number in range(count))
    fingerprint = fingerprint_of(request, count, parameters)
    if known_fingerprint(folder) != fingerprint:
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        write_json(folder / INDEX, {"fingerprint": fingerprint})
    if not all(file.is_file() for file in files) and not _cut(request, targets, files):
        return None
    return CachedPatches(files, request.patch, request.batch_size, request.augmentation, request.seed, targets)


def _cut(request: PatchRequest, targets: LabelTargets, files: tuple[Path, ...]) -> bool:
    """Write the patches that are not there yet, each from the seed and its number alone; False if none can be."""
    whole = request.cache / "whole"
    sampler = sampled_patches(replace(request, cache=whole), targets)
    if sampler is None:
        return False
    for number, file in enumerate(files):
        request.ctx.raise_if_cancelled()
        if file.is_file():
            continue
        request.ctx.report(Progress(number, len(files), f"Cutting patch {number + 1:,} of {len(files):,}"))
        image, cut = sampler.cut(np.random.default_rng([request.seed, number]))
        write_patch(file, image, cut)
    shutil.rmtree(whole, ignore_errors=True)
    return True


def write_patch(file: Path, image: torch.Tensor, targets: PatchTargets) -> None:
    """Grey values ``(C, Z, Y, X)`` of a patch and its targets, whole or not at all."""
    arrays = {name: values.numpy() for name, values in targets.items()}
    with atomic_path(file) as path:
        np.savez(path, allow_pickle=False, **{_IMAGE: image.numpy(), **arrays})


def fingerprint_of(request: PatchRequest, count: int, parameters: Mapping[str, Any]) -> str:
    """A code of all that the patches depend on."""
    images = [
        (image.name, states_of(image.files), asdict(image.region), image.slices, image.sampling, image.weight)
        for image in request.images
    ]
    greys = [asdict(image.greys) for image in request.images]
    facts = [images, greys, request.patch, request.seed, count, dict(parameters)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def known_fingerprint(folder: Path) -> str | None:
    """Of the patches in a folder, None if there are none or they are damaged."""
    try:
        found = read_json(folder / INDEX)
    except (OSError, ValueError):
        return None
    return str(found["fingerprint"]) if isinstance(found, dict) and "fingerprint" in found else None
