"""NIfTI as an image format: images and labels written slab by slab."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Volume, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps
from desktop_app.io.images.nifti import open_nifti, sniff_nifti
from desktop_app.io.images.scanner_space import resized
from desktop_app.io.images.spooled_labels import spooled_labels
from desktop_app.io.images.volume_blocks import blocks, color_blocks, time_points

_LEVEL = (
    4  # of zlib: labels of an EM stack are 28 to 60 % smaller than at 1, and written 4 to 25 times faster than at 9
)
_LONGEST_AXIS = 2**15 - 1  # voxels along an axis of NIfTI-1 (nifti1.h); longer ones make the file NIfTI-2
_OFFSET = {348: 352, 540: 544}  # the first voxel by bytes of the header: four more say that there is no extension
_UNITS = {"nm": ("micron", 1e-3), "µm": ("micron", 1.0), "mm": ("mm", 1.0)}  # the format knows no nanometres
_PER_MM = {"micron": 1e3, "mm": 1.0}  # by definition
_ALIGNED = 2  # NIFTI_XFORM_ALIGNED_ANAT: the place is that of another image, here of the one that was read


def write_nifti(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write NIfTI-1, or NIfTI-2 where an axis is long; packed where the ending says so.

    Args:
        path: ``.nii`` or ``.nii.gz``.
        source: Voxels (C, Z, Y, X) of the first time point.
        like: Gives voxel size, place, time points, and whether the channels are colours.
    """
    header = _header(source, like)
    with path.open("wb") as raw:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
                _write(packed, header, source, like)
        else:
            _write(raw, header, source, like)


def _header(source: VoxelSource, like: Volume) -> Any:
    from nibabel import nifti1, nifti2

    channels, z, y, x = source.shape
    colors = like.rgb and channels == 3 and source.dtype == np.uint8
    shape: tuple[int, ...] = (x, y, z)
    if like.times > 1 or not (colors or channels == 1):
        shape += (like.times,) if colors or channels == 1 else (like.times, channels)
    kind: Any = nifti1.Nifti1Header if max(shape) <= _LONGEST_AXIS else nifti2.Nifti2Header
    header = kind()
    header.set_data_dtype(np.dtype([(c, "u1") for c in "RGB"]) if colors else source.dtype)
    header.set_data_shape(shape)
    header["vox_offset"] = _OFFSET[int(header["sizeof_hdr"])]
    if len(shape) == 5:
        header.set_intent("vector")
    unit, factor = _UNITS[like.voxel_size.unit]
    header["pixdim"][1:4] = [v * factor for v in like.voxel_size.zyx[::-1]]
    step = like.movie.step if like.movie is not None else None
    header["pixdim"][4] = step or 1.0
    header.set_xyzt_units(unit if like.voxel_size.known else "unknown", "sec" if step else "unknown")
    if like.affine is not None:
        matrix = np.asarray(resized(like.affine, like.voxel_size))
        matrix[:3] *= _PER_MM[unit] if like.voxel_size.known else 1.0
        _place(header, matrix)
    return header


def _place(header: Any, matrix: NDArray[np.float64]) -> None:
    """The matrix, and the rotation beside it, for programs that read the one or the other."""
    edges = np.array(header["pixdim"])
    header.set_sform(matrix, code=_ALIGNED)
    header.set_qform(matrix, code=_ALIGNED, strip_shears=True)
    header["pixdim"][1:] = edges[1:]


def _write(file: IO[bytes] | gzip.GzipFile, header: Any, source: VoxelSource, like: Volume) -> None:
    file.write(header.binaryblock + bytes(4))  # no extensions follow
    points = time_points(source, like)
    if header.get_data_dtype().names is not None:
        for point in points:
            for colors in color_blocks(point):
                file.write(np.ascontiguousarray(colors).data)
        return
    stored = header.get_data_dtype()
    for channel in range(source.shape[0]):
        for point in points:
            for block in blocks(point, channel):
                file.write(np.ascontiguousarray(block, stored).data)


NIFTI = ImageFormat(
    name="nifti",
    title="NIfTI",
    kind="NIfTI image",
    endings=(".nii", ".nii.gz"),
    open=open_nifti,
    sniff=sniff_nifti,
    label_endings=(".nii", ".nii.gz"),
    keeps=Keeps(
        axes="TCZYX",
        dtypes=(
            "uint8",
            "int8",
            "uint16",
            "int16",
            "uint32",
            "int32",
            "uint64",
            "int64",
            "float32",
            "float64",
        ),
        affine=True,
        channel_names=False,
    ),
    write=write_nifti,
    label_sink=partial(spooled_labels, write_nifti),
    label_ending=".nii.gz",
)
