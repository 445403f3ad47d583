"""DICOM images: all files of a series in a folder are one image; also files of several frames. Read lazily.

Source: DICOM PS3.3, sections C.7.6.2 (image plane) and C.11.1 (rescaling).
"""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.dicom_bounds import require_bounded_file, require_bounded_picture
from desktop_app.io.images.dicom_heads import DicomHead, dicom_specimen, heads_of_series, read_head
from desktop_app.io.images.dicom_place import in_order, stated
from desktop_app.io.images.image_format import ImageFormat
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.plane_stack import PlaneStack
from desktop_app.io.images.stored_voxels import DAMAGE, damaged, stored_volume

_WORD_AT, _WORD = 128, b"DICM"
_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32")  # the narrowest first


def open_dicom(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over the series that a file belongs to, or over the frames of a file.

    Args:
        path: Any file of the series.
        cache_bytes: Memory for decoded slices.
        reading: What the user said of its axes.

    Raises:
        UnreadableFileError: If files are cut off or damaged, or slices differ in size.
    """
    try:
        head = read_head(path)
        heads = [head] if head.frames > 1 else heads_of_series(path, head)
        _require_alike(path, heads)
        times, heads, notes = in_order(heads)
        count = head.frames if head.frames > 1 else len(heads) // times
        dtype = _dtype(heads)
        inner: tuple[int, ...] = (head.rows, head.columns, *((head.samples,) if head.samples > 1 else ()))
        read = partial(_pixels, path, heads, count, dtype)
        array = PlaneStack(path, (times, count, *inner), len(inner), dtype, read, cache_bytes)
        rgb = head.samples > 1
        told = stated(heads[:count] if head.frames == 1 else heads, count, notes)
        return stored_volume(
            path, array, "TZYXS" if rgb else "TZYX", told, open_dicom, cache_bytes, reading, name=path.stem, rgb=rgb,
            alpha=head.samples > 3,
        )  # fmt: skip
    except DAMAGE as error:
        raise damaged(path, error) from error


def files_of_series(path: Path) -> tuple[Path, ...]:
    """All files of the series, the first slice first."""
    try:
        head = read_head(path)
        if head.frames > 1:
            return (path,)
        return tuple(each.path for each in in_order(heads_of_series(path, head))[1])
    except (*DAMAGE, UnreadableFileError):
        return (path,)


def _require_alike(path: Path, heads: list[DicomHead]) -> None:
    first = heads[0]
    for head in heads:
        if (head.rows, head.columns, head.samples) != (first.rows, first.columns, first.samples):
            raise UnreadableFileError(
                path, f"its slices differ in size: {shown_name(head.path)} is {head.rows} × {head.columns}, the first "
                f"{first.rows} × {first.columns}.",
                hint="Move files that do not belong to the series into another folder.",
            )  # fmt: skip


def _dtype(heads: list[DicomHead]) -> np.dtype[Any]:
    """The narrowest type that holds all values of all slices after rescaling."""
    if any(not float(v).is_integer() for head in heads for v in (head.slope, head.intercept)):
        return np.dtype(np.float32)
    ends = [end * head.slope + head.intercept for head in heads for end in head.stored_range]
    for name in _TYPES:
        info = np.iinfo(name)
        if info.min <= min(ends) and max(ends) <= info.max:
            return np.dtype(name)
    return np.dtype(np.float64)


def _pixels(
    path: Path, heads: list[DicomHead], count: int, dtype: np.dtype[Any], place: tuple[int, ...]
) -> NDArray[Any]:
    """One slice, rescaled."""
    import pydicom
    from pydicom.errors import BytesLengthException
    from pydicom.pixels.utils import pixel_array

    time, number = place
    head = heads[0] if heads[0].frames > 1 else heads[time * count + number]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bytes behind the last pixel, which harm nobody
            require_bounded_file(head.path)
            dataset = pydicom.dcmread(head.path)
            require_bounded_picture(
                head.path, dataset, number if head.frames > 1 else 0, (head.rows, head.columns, head.samples)
            )
            values = pixel_array(dataset, index=number if head.frames > 1 else None)
    except RuntimeError as error:
        raise UnreadableFileError(
            head.path, "its pixels are packed in a way that is not known here.",
            hint="Save the series without compression, for example with 3D Slicer.", details=repr(error),
        ) from error  # fmt: skip
    except (*DAMAGE, BytesLengthException) as error:
        raise damaged(head.path, error) from error
    if (head.slope, head.intercept) == (1, 0):
        return np.asarray(values).astype(dtype, copy=False)
    return (np.asarray(values, np.float64) * head.slope + head.intercept).astype(dtype)


def sniff_dicom(start: bytes) -> str:
    """“a DICOM image” for the first bytes of one."""
    return "a DICOM image" if start[_WORD_AT : _WORD_AT + len(_WORD)] == _WORD else ""


DICOM = ImageFormat(
    name="dicom",
    title="DICOM",
    kind="DICOM image",
    endings=(".dcm", ".dicom"),
    open=open_dicom,
    sniff=sniff_dicom,
    files=files_of_series,
    specimen=dicom_specimen,
)
