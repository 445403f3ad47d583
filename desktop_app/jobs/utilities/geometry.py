"""Parts of images, and other voxel sizes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from desktop_app.core.config.utilities import CropParameters, ResampleParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume, VoxelSize, VoxelSource
from desktop_app.core.imaging.derived import derived, moved, part_of
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.job import JobContext
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.label_reader import IntegralSource
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.utilities.base import Made, Utility
from desktop_app.objects.resampling import ResampledSource, Scales, resampled_shape

_MOST_VOXELS = 10**12  # a thousand times what a usual volume has: a slip of the hand


def _crop(volumes: tuple[Volume, ...], parameters: CropParameters, ctx: JobContext) -> Made:
    """A box of the image.

    Raises:
        UserError: If it begins outside the image.
    """
    del ctx
    (volume,) = volumes
    start = parameters.z_start, parameters.y_start, parameters.x_start
    sizes = parameters.z_size, parameters.y_size, parameters.x_size
    stop = [a + s if s else n for a, s, n in zip(start, sizes, volume.shape, strict=True)]
    box = Region(start, (stop[0], stop[1], stop[2])).intersect(Region.whole(volume.shape))
    if box.empty:
        raise UserError(
            f"Nothing of {shown_name(volume.path or volume.name)} lies in that box: the image has "
            f"{shown_size(volume.shape)} voxels {ORDER}.",
            hint="Begin inside the image; the first slice, row and column are 0.",
        )
    return Made(part_of(volume, box))


def _resample(volumes: tuple[Volume, ...], parameters: ResampleParameters, ctx: JobContext) -> Made:
    """The same picture in voxels of another size.

    Raises:
        UserError: If the voxel size is not known, or the result would be absurdly large.
    """
    del ctx
    (volume,) = volumes
    if parameters.like:
        grid = open_volume(Path(parameters.like))
        made = resampled(volume, grid.shape, labels=parameters.kind == "labels")
        return Made(replace(made, voxel_size=grid.voxel_size, affine=grid.affine))
    size = volume.voxel_size
    if not size.known:
        raise UserError(
            f"{shown_name(volume.path or volume.name)} does not state its voxel size.",
            hint="Say it with --voxel-size, or in the window under Axes and voxel size, and save the image with it.",
        )
    wanted = _wanted_edges(volume, parameters)
    z, y, x = (new / old for new, old in zip(wanted, size.zyx, strict=True))
    shape = resampled_shape(volume.shape, (z, y, x))
    if shape[0] * shape[1] * shape[2] > _MOST_VOXELS:
        raise UserError(f"The result would have {shown_size(shape)} voxels {ORDER}.", hint="Choose larger voxels.")
    return Made(resampled(volume, shape, labels=parameters.kind == "labels"))


def resampled(volume: Volume, shape: Index3, *, labels: bool) -> Volume:
    """The same picture with another number of voxels (z, y, x), lazily: by splines, labels by the nearest voxel."""
    real = [n / m for n, m in zip(volume.shape, shape, strict=True)]
    scales = real[0], real[1], real[2]
    size = volume.voxel_size
    edges = [edge * f for edge, f in zip(size.zyx, scales, strict=True)]
    shift = [(f - 1) / 2 for f in scales]
    return derived(
        volume,
        partial(_resampled, volume, scales, labels),
        voxel_size=VoxelSize(z=edges[0], y=edges[1], x=edges[2], unit=size.unit) if size.known else size,
        affine=moved(volume.affine, (shift[0], shift[1], shift[2]), scales),
    )


def _resampled(volume: Volume, scales: Scales, labels: bool, source: VoxelSource) -> VoxelSource:
    whole = not labels or source.dtype.kind != "f"
    return ResampledSource(
        source if whole else IntegralSource(volume.path or Path(volume.name), source), scales, labels
    )


def _wanted_edges(volume: Volume, parameters: ResampleParameters) -> tuple[float, float, float]:
    size = volume.voxel_size
    if parameters.isotropic:
        edge = min(size.y, size.x)
        return (size.z if volume.is_2d else edge, edge, edge)
    z, y, x = parameters.z_edge or size.z, parameters.y_edge or size.y, parameters.x_edge or size.x
    return z, y, x


def _of_both(parameters: ResampleParameters) -> tuple[ResampleParameters, ResampleParameters]:
    return parameters.model_copy(update={"kind": "image"}), parameters.model_copy(update={"kind": "labels"})


CROP = Utility(
    "crop", "Crop", "crop", "Keeps a box of an image or of labels, with its axes, voxel size and channels.", "image",
    CropParameters, _crop, both=lambda parameters: (parameters, parameters),
)  # fmt: skip
RESAMPLE = Utility(
    "resample", "Change the voxel size", "resample",
    "Makes voxels cubes, or of any size: images by splines, labels by the nearest voxel.", "image",
    ResampleParameters, _resample, both=_of_both,
)  # fmt: skip
