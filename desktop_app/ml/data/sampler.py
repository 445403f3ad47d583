"""Patches cut on the fly from whole images; of labelled ones with targets that were made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch.nn import functional

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import Note
from desktop_app.ml.data.augmentation import Placement, change_greys, plain_grid, random_placement
from desktop_app.ml.data.margins import Margin, random_margin
from desktop_app.ml.data.patch_source import Batch, PatchRequest, stacked
from desktop_app.ml.data.preparation import PreparedImage, prepared_images
from desktop_app.ml.data.targets import CLASSES, IGNORED, Interpolation, LabelTargets, PatchTargets, unchanged
from desktop_app.objects.resampling import Scales

_BACKGROUND_SHARE = 1 / 3
"""Share of the patches around a place of the background: what is nothing must be learned, too."""

_GREYS = (0.01, 0.99)
"""Quantiles of a patch between which empty ones lie, so that they are as bright as images, whatever the grey scale."""

_EMPTY_LEVEL, _EMPTY_NOISE, _EMPTY_BLUR = (0.0, 0.7), (0.02, 0.35), (-1.0, 1.0)
"""Mean and spread of empty patches as shares of that span, and blur in px, none for half of them; coarser grains could
be objects. Chosen around the values below."""

_EMPTY_PICTURE = (0.45, 0.19)
"""Mean and spread of every second: those of white noise whose percentiles 1 and 99.8 become 0 and 1, which is what a
network gets to see of an empty picture."""

_JITTER = 0.25
"""How far the chosen place may lie from the patch's middle, as a share of the patch: it then lies in its inner half."""


@dataclass(frozen=True, slots=True)
class PatchSampler:
    """Draws patches so that each class is in the middle of as many of them, or from all labelled voxels alike.

    Attributes:
        images: Where patches come from.
        interpolation: The targets and how each may be resampled.
        patch: Size (z, y, x).
        batch_size: Patches per batch.
        augmentation: Random changes.
        anisotropy: Slice distance over pixel width.
        seed: Of everything random.
        finish: Makes what the loss takes of the cut and changed targets of a patch.
        anywhere: Share of the patches that are drawn from all labelled voxels alike.
        scales: How many voxels (z, y, x) of an image become one of a patch.
    """

    images: Sequence[PreparedImage]
    interpolation: Mapping[str, Interpolation]
    patch: Index3
    batch_size: int
    augmentation: AugmentationParameters
    anisotropy: float
    seed: int
    finish: Callable[[PatchTargets], PatchTargets] = unchanged
    anywhere: float = 0.0
    scales: Scales = (1.0, 1.0, 1.0)

    def batch(self, step: int) -> Batch:
        """The batch of a step, always the same."""
        return stacked([self._drawn([self.seed, step, k]) for k in range(self.batch_size)])

    def _drawn(self, seeds: list[int]) -> tuple[torch.Tensor, PatchTargets]:
        """A patch, empty or not; what the others show does not depend on whether there are empty ones."""
        rng, chance = np.random.default_rng(seeds), np.random.default_rng([*seeds, 1])
        empty, margin = self.augmentation.empty if self.interpolation else 0.0, self.augmentation.margin
        drawn = chance.random() if empty or margin else 1.0
        if drawn < empty:
            return self._empty(rng)
        margin_of = random_margin(self.patch, chance) if drawn < empty + margin else None
        return self._sample(rng, margin_of, chance)

    def _empty(self, rng: np.random.Generator) -> tuple[torch.Tensor, PatchTargets]:
        """Noise about as bright as an image, all of it background.

        Images may be filled with objects everywhere; what a network makes of a place without any is then anybody's
        guess.
        """
        values, targets = self._cut(*self._place(rng))
        return _noise(values, rng), self.finish({name: torch.zeros_like(target) for name, target in targets.items()})

    def cut(self, rng: np.random.Generator) -> tuple[torch.Tensor, PatchTargets]:
        """A patch ``(C, Z, Y, X)`` as it lies in its image, with its targets before ``finish``."""
        return self._cut(*self._place(rng))

    def cut_at(self, image: PreparedImage, middle: NDArray[np.float64]) -> tuple[torch.Tensor, PatchTargets]:
        """The patch around a place of an image, as ``cut``; within the image where that is large enough."""
        return self._cut(image, self._within(image, middle))

    def _sample(
        self, rng: np.random.Generator, margin: Margin | None, chance: np.random.Generator
    ) -> tuple[torch.Tensor, PatchTargets]:
        """A patch changed at random; there is nothing in its margin, if it has one, but perhaps noise by ``chance``."""
        image, middle = self._place(rng)
        placement = random_placement(self.patch, self.augmentation, self.anisotropy, rng)
        values, targets = self._cut(image, middle, placement.grid)
        whole = {name: turned(t[None], placement)[0] for name, t in targets.items()}
        seen = change_greys(turned(values, placement), self.augmentation, rng)
        if margin is not None:
            seen = margin.filled(seen, self._nothing(seen, margin, chance))
            whole = {name: margin.filled(t, torch.zeros((), dtype=t.dtype)) for name, t in whole.items()}
        return seen, self.finish(whole)

    def _nothing(self, seen: torch.Tensor, margin: Margin, chance: np.random.Generator) -> torch.Tensor:
        """What fills a margin: dark or noise; without targets dark alone, as nothing says that noise is background."""
        if margin.noisy and self.interpolation:
            return _noise(seen, chance)
        low, high = _span(seen)
        return low - margin.darkness * (high - low)

    def _place(self, rng: np.random.Generator) -> tuple[PreparedImage, NDArray[np.float64]]:
        """An image, and the middle of a patch in it (voxel coordinates)."""
        classes = sorted({number for image in self.images for number in image.points})
        if not classes:
            raise UserError("None of the training images has a labelled voxel.", hint="Label some of them first.")
        if self.anywhere and rng.random() < self.anywhere:
            image, number = self._as_many_voxels(rng)
        else:
            image, number = self._by_class(classes, rng)
        points = image.points[number]
        jitter = rng.uniform(-_JITTER, _JITTER, 3) * (self._covered - 1)
        return image, self._within(image, points[rng.integers(len(points))] + jitter)

    def _by_class(self, classes: Sequence[int], rng: np.random.Generator) -> tuple[PreparedImage, int]:
        """An image and a class in it, each class as often."""
        things = [c for c in classes if c > 0]
        number = 0
        if things and not (0 in classes and rng.random() < _BACKGROUND_SHARE):
            number = things[rng.integers(len(things))]
        holders = [image for image in self.images if number in image.points]
        return holders[drawn_place([holder.weight for holder in holders], rng)], number

    def _as_many_voxels(self, rng: np.random.Generator) -> tuple[PreparedImage, int]:
        """An image and a class in it, as often as there are voxels of it."""
        choices = [(image, number) for image in self.images for number in image.points]
        return choices[drawn_place([image.weight * image.voxels[number] for image, number in choices], rng)]

    def _within(self, image: PreparedImage, middle: NDArray[np.float64]) -> NDArray[np.float64]:
        """The middle of the patch nearest to a place that lies within an image, or shows all of it."""
        half, shape = (self._covered - 1) / 2, np.array(image.shape)
        low, high = np.minimum(half, (shape - 1) / 2), np.maximum(shape - 1 - half, (shape - 1) / 2)
        inside: NDArray[np.float64] = np.clip(middle, low, high)
        return inside

    @property
    def _covered(self) -> NDArray[np.float64]:
        """Voxels (z, y, x) of an image that a patch shows."""
        return np.array(self.patch) * np.array(self.scales)

    def _cut(
        self, image: PreparedImage, middle: NDArray[np.float64], grid: NDArray[np.float32] | None = None
    ) -> tuple[torch.Tensor, PatchTargets]:
        """The patch around a place; voxel by voxel where nothing is bent or resized."""
        if self.scales == (1.0, 1.0, 1.0):
            return self._plain(image, middle) if grid is None else self._warped(image, middle, grid)
        wide = (plain_grid(self.patch) if grid is None else grid) * np.array(self.scales, np.float32)
        return self._warped(image, middle, wide)

    def _plain(self, image: PreparedImage, middle: NDArray[np.float64]) -> tuple[torch.Tensor, PatchTargets]:
        start = np.ceil(middle - np.array(self.patch) / 2).astype(int)
        wanted = Region(_index(start), _index(start + self.patch))
        inside = wanted.intersect(Region.whole(image.shape))
        pads = [(i - w, v - j) for w, i, j, v in zip(wanted.start, inside.start, inside.stop, wanted.stop, strict=True)]
        values = np.pad(image.read(inside), [(0, 0), *pads], mode="edge")
        targets = {}
        for name, source in image.targets.items():
            padded = np.pad(source[inside.slices], pads, constant_values=_outside(name))
            targets[name] = self._target(name, torch.from_numpy(padded))
        return torch.from_numpy(np.ascontiguousarray(values)), targets

    def _warped(
        self, image: PreparedImage, middle: NDArray[np.float64], grid: NDArray[np.float32]
    ) -> tuple[torch.Tensor, PatchTargets]:
        places = grid + middle.astype(np.float32)
        shape = np.array(image.shape)
        along = [np.ascontiguousarray(places[..., axis]) for axis in range(3)]
        low = np.clip(np.floor([line.min() for line in along]).astype(int) - 1, 0, shape - 1)
        high = np.clip(np.ceil([line.max() for line in along]).astype(int) + 2, low + 1, shape)
        box = Region(_index(low), _index(high))
        local = places - low.astype(np.float32)
        beyond = [(line < -0.5) | (line > size - 0.5) for line, size in zip(along, shape, strict=True)]
        outside = beyond[0] | beyond[1] | beyond[2]
        nearest = (np.rint(line - np.float32(start)).astype(np.int64) for line, start in zip(along, low, strict=True))
        pick = tuple(np.clip(line, 0, size - 1) for line, size in zip(nearest, high - low, strict=True))
        seen, covered = _averaged(torch.from_numpy(np.ascontiguousarray(image.read(box))), _spacing(grid))
        values = _resampled(seen, _field(local, covered))
        field = _field(local, high - low)
        targets = {}
        for name, kind in self.interpolation.items():
            source = image.targets[name][box.slices]
            if kind == "nearest":
                picked = source[pick]
                picked[outside] = _outside(name)
                targets[name] = torch.from_numpy(picked)
            else:
                smooth = torch.from_numpy(source.astype(np.float32) / 255)[None]
                targets[name] = _resampled(smooth, field)[0]
        return values, targets

    def _target(self, name: str, values: torch.Tensor) -> torch.Tensor:
        return values if self.interpolation[name] == "nearest" else values.float() / 255


def _span(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Nearly the lowest and the highest value of each channel of ``(C, Z, Y, X)``; ``(C, 1, 1, 1)``."""
    low, high = (torch.quantile(values.flatten(1), q, dim=1)[:, None, None, None] for q in _GREYS)
    return low, high


def _noise(values: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Noise about as bright as a patch ``(C, Z, Y, X)``, as the network gets to see empty places."""
    low, high = _span(values)
    noise = torch.from_numpy(rng.standard_normal(values.shape).astype(np.float32))
    noise = _softened(noise, float(rng.uniform(*_EMPTY_BLUR)))
    level, strength = _EMPTY_PICTURE
    if rng.random() < 0.5:  # half of them
        level, strength = rng.uniform(*_EMPTY_LEVEL), rng.uniform(*_EMPTY_NOISE)
    return low + (high - low) * (level + strength * noise)


def _softened(noise: torch.Tensor, blur: float) -> torch.Tensor:
    """Noise ``(C, Z, Y, X)`` of spread 1, blurred in the slice plane by ``blur`` px, with spread 1 again."""
    if blur <= 0:
        return noise
    soft = torch.from_numpy(gaussian_filter(noise.numpy(), (0, 0, blur, blur)))
    return soft / soft.std().clamp(min=1e-6)


def drawn_place(weights: Sequence[float], rng: np.random.Generator) -> int:
    """A random index, each as often as its weight says."""
    if min(weights) == max(weights):
        return int(rng.integers(len(weights)))
    return int(rng.choice(len(weights), p=np.array(weights) / sum(weights)))


def _outside(name: str) -> int:
    """What a target is beyond the image: unknown classes, nothing else."""
    return IGNORED if name == CLASSES else 0


def _spacing(grid: NDArray[np.float32]) -> int:
    """Whole voxels between neighbouring positions of a field, in the slice plane."""
    steps = [np.linalg.norm(line[-1] - line[0]) / max(1, len(line) - 1) for line in (grid[0, 0], grid[0, :, 0])]
    return max(1, int(min(steps)))


def _averaged(values: torch.Tensor, times: int) -> tuple[torch.Tensor, NDArray[np.int64]]:
    """``(C, Z, Y, X)`` shrunk so many times in the slice plane, so that sampling far apart shows no false patterns.

    Returns:
        The means of whole squares, and how many voxels (z, y, x) they cover: beyond the ends the last values go on, as
        squares of uneven size would bend what is seen.
    """
    edges = np.array(values.shape[1:])
    if times < 2:
        return values, edges
    lacking = [-edge % times for edge in values.shape[-2:]]
    whole = functional.pad(values, (0, lacking[1], 0, lacking[0]), mode="replicate")
    return functional.avg_pool2d(whole, times), edges + np.array([0, *lacking])


def _field(places: NDArray[np.float32], edges: NDArray[np.int64]) -> torch.Tensor:
    """Places ``(Z, Y, X, 3)`` in voxels of a box with these edges, as ``grid_sample`` wants them."""
    scale = (2 / edges).astype(np.float32)
    return torch.from_numpy((places * scale + (scale / 2 - 1))[..., ::-1].copy())[None]


def _resampled(values: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
    """``(C, Z, Y, X)`` read at a field of positions; beyond the border the border's values go on."""
    return functional.grid_sample(values[None], field, mode="bilinear", padding_mode="border", align_corners=False)[0]


def turned(values: torch.Tensor, placement: Placement) -> torch.Tensor:
    """``(C, Z, Y, X)`` mirrored and transposed."""
    if placement.flips:
        values = values.flip([axis + 1 for axis in placement.flips])
    return values.transpose(-1, -2) if placement.transpose else values


def _index(values: NDArray[np.generic]) -> Index3:
    z, y, x = (int(v) for v in values)
    return z, y, x


def sampled_patches(
    request: PatchRequest, targets: LabelTargets, scales: Scales = (1.0, 1.0, 1.0)
) -> PatchSampler | None:
    """Patches cut anew for each step from whole labelled images, turned and bent at random.

    Args:
        request: What is wanted.
        targets: How labels become what is learned.
        scales: How many voxels (z, y, x) of an image become one of a patch.

    Returns:
        None if nothing is labelled in any image.
    """
    images = prepared_images(request, targets)
    found = {number for image in images for number in image.points}
    missing = [name for number, name in enumerate(targets.class_names, start=1) if number not in found]
    if len(missing) == len(targets.class_names):
        return None
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        text = f"The training images show nothing of {names}; the model cannot learn it."
        request.ctx.report(Note("warning", text))
    return replace(_sampler(request, images, targets.interpolation, targets.of_patch), scales=scales)


def unlabelled_patches(request: PatchRequest) -> PatchSampler:
    """Patches from anywhere in the images, without targets."""
    return _sampler(request, prepared_images(request, None), {}, unchanged)


def _sampler(
    request: PatchRequest,
    images: Sequence[PreparedImage],
    interpolation: Mapping[str, Interpolation],
    finish: Callable[[PatchTargets], PatchTargets],
) -> PatchSampler:
    return PatchSampler(
        images=images,
        interpolation=interpolation,
        patch=request.patch,
        batch_size=request.batch_size,
        augmentation=request.augmentation,
        anisotropy=request.anisotropy,
        seed=request.seed,
        finish=finish,
        anywhere=request.anywhere,
    )
