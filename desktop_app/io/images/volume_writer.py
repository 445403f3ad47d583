"""Images written slice by slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.io.atomic import atomic_folder, atomic_path
from desktop_app.io.images.tiff_writer import TiffPages


def write_tiff(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write a compressed TIFF: ImageJ style for uint8, uint16, float32 and RGB, OME for other types.

    Args:
        path: The file.
        source: Voxels (C, Z, Y, X).
        like: Gives voxel size, channel names, and whether the channels are colours.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    channels, slices, rows, columns = source.shape
    rgb = like.rgb and channels == 3
    with (
        atomic_path(path) as temporary,
        TiffPages(
            temporary, source.shape, source.dtype, like.voxel_size, rgb=rgb, channel_names=like.channel_names
        ) as pages,
    ):
        for z in range(slices):
            slab = Region((z, 0, 0), (z + 1, rows, columns))
            pictures = [source.read(c, slab)[0] for c in range(channels)]
            for picture in [np.stack(pictures, axis=-1)] if rgb else pictures:
                pages.append(picture)


def write_zarr(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write an OME-Zarr image (version 0.5).

    Args:
        path: The folder, usually ``NAME.ome.zarr``.
        source: Voxels (C, Z, Y, X).
        like: Gives voxel size and channel names.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    from desktop_app.io.images.ome_zarr_writer import write_image

    with atomic_folder(path) as temporary:
        write_image(temporary, source, like)
