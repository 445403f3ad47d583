"""Label images written slab by slab, as the input was: axes, voxel size, format family."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tifffile
from numpy.typing import DTypeLike, NDArray

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.atomic import atomic_folder, atomic_path
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.tiff_writer import TiffPages

__all__ = ["LabelWriter", "label_suffix", "label_writer", "smallest_label_dtype"]


class LabelWriter(Protocol):
    """Takes the labels of a volume in slabs of whole slices, from the first to the last."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the file so far; it widens when an id needs it."""

    def write(self, region: Region, values: NDArray[Any]) -> None:
        """Write the next slices: ``values`` (Z, Y, X), any integer type without negatives.

        Raises:
            ValueError: If ``region`` is not the next slab of whole slices.
        """


@contextmanager
def label_writer(path: Path, like: Volume, dtype: DTypeLike = np.uint8) -> Iterator[LabelWriter]:
    """A writer of the labels of ``like``; the file appears, whole, at the end of the block, and not at all on error.

    Args:
        path: ``.tif``/``.tiff`` (zlib, ImageJ style, uint32 as OME-TIFF, BigTIFF beyond 4 GB) or ``.ome.zarr``.
        like: The image that the labels belong to: its shape, axes and voxel size are kept; channels are dropped.
        dtype: The first guess, for example ``smallest_label_dtype(max_id)``; a larger id widens it.

    Raises:
        UnwritableFileError: If the file cannot be written: no rights, full disk, unknown suffix.
        ValueError: If the block ends before the last slice.
    """
    if path.name.endswith(".zarr"):
        from desktop_app.io.images.ome_zarr_writer import ZarrLabelWriter

        with atomic_folder(path) as temporary:
            zarr_writer = ZarrLabelWriter(temporary, like, np.dtype(dtype))
            yield zarr_writer
            zarr_writer.finish()
        return
    if path.suffix.lower() not in (".tif", ".tiff"):
        raise UnwritableFileError(path, "labels are saved as .tif or .ome.zarr.", hint="Choose one of these endings.")
    with atomic_path(path) as temporary:
        writer = _TiffLabelWriter(temporary, like, np.dtype(dtype))
        with ExitStack() as stack:
            stack.callback(writer.close)
            yield writer
        writer.require_complete()


def label_suffix(image: Path) -> str:
    """The ending of label files for an image: the same format family, TIFF where labels cannot be in it."""
    return ".ome.zarr" if image.name.endswith(".zarr") else ".tif"


def next_slab(region: Region, values: NDArray[Any], done: int, shape: tuple[int, int, int]) -> int:
    """Check that ``region`` continues after ``done`` slices; returns the number of slices then done.

    Raises:
        ValueError: If it does not, or ``values`` has another shape or a wrong type.
    """
    wanted = Region((done, 0, 0), (min(region.stop[0], shape[0]), shape[1], shape[2]))
    if region != wanted or region.empty:
        raise ValueError(f"Expected the slab from slice {done}, got {region}")
    if values.shape != region.shape or values.dtype.kind not in "bui":
        raise ValueError(f"Expected integers of shape {region.shape}, got {values.dtype} {values.shape}")
    return region.stop[0]


def widened(dtype: np.dtype[Any], values: NDArray[Any]) -> np.dtype[Any]:
    """``dtype``, or the smallest wider label type that holds all ``values``.

    Raises:
        ValueError: If a value is negative or needs more than 32 bits.
    """
    if values.dtype.kind == "i" and int(values.min(initial=0)) < 0:
        raise ValueError("Labels cannot be negative")
    needed = smallest_label_dtype(int(values.max(initial=0)))
    return needed if needed.itemsize > dtype.itemsize else dtype


class _TiffLabelWriter:
    def __init__(self, path: Path, like: Volume, dtype: np.dtype[Any]) -> None:
        self._path, self._like, self._dtype, self._done = path, like, dtype, 0
        self._pages = self._started(path)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    def write(self, region: Region, values: NDArray[Any]) -> None:
        done = next_slab(region, values, self._done, self._like.shape)
        wider = widened(self._dtype, values)
        if wider != self._dtype:
            self._rewrite(wider)
        for picture in values:
            self._pages.append(picture.astype(self._dtype))
        self._done = done

    def close(self) -> None:
        self._pages.close()

    def require_complete(self) -> None:
        if self._done != self._like.shape[0]:
            raise ValueError(f"Only {self._done} of {self._like.shape[0]} slices were written")

    def _started(self, path: Path) -> TiffPages:
        return TiffPages(path, (1, *self._like.shape), self._dtype, self._like.voxel_size)

    def _rewrite(self, dtype: np.dtype[Any]) -> None:
        """Copy the slices so far into a file of a wider type."""
        self._pages.close()
        narrow = self._path.with_name(self._path.name + ".narrow")
        self._dtype = dtype
        if self._done == 0:
            self._path.unlink()
            self._pages = self._started(self._path)
            return
        shutil.move(self._path, narrow)
        try:
            self._pages = self._started(self._path)
            with tifffile.TiffFile(narrow) as tif:
                for page in tif.pages:
                    self._pages.append(page.asarray().reshape(self._like.shape[1:]).astype(dtype))
        finally:
            narrow.unlink(missing_ok=True)
