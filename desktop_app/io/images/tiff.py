"""TIFF, ImageJ TIFF, OME-TIFF and BigTIFF, read lazily."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.mapped_file import MappedFile
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.tiff_damage import DAMAGE, complaints, cut_off, damaged, tells_of_damage
from desktop_app.io.images.tiff_metadata import tiff_channel_names, tiff_voxel_size
from desktop_app.io.images.tiff_pages import DecodedPages, MappedPages, PageReader

_COLOURS = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR, tifffile.PHOTOMETRIC.CIELAB)


def open_tiff(path: Path, cache_bytes: int = CACHE_BYTES) -> Volume:
    """A volume over the first image series of a TIFF file; only headers are read.

    Args:
        path: The file.
        cache_bytes: Memory for decoded pages where the file is compressed.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no TIFF.
    """
    with complaints() as messages:
        try:
            with tifffile.TiffFile(path) as tif:
                return _volume(path, tif, messages, cache_bytes)
        except DAMAGE as error:
            raise damaged(path, error) from error


def _volume(path: Path, tif: tifffile.TiffFile, messages: list[str], cache_bytes: int) -> Volume:
    series = tif.series[0]
    if tells_of_damage(messages):
        raise cut_off(path, _complete_pages(path, tif), _expected_pages(tif), "\n".join(messages))
    if any(page is None for page in series.pages):
        raise UnreadableFileError(path, "parts of this image are in other files.", hint="Save it as one file in Fiji.")
    dtype = series.dtype
    if dtype is None or dtype.kind not in "buif":
        raise UnreadableFileError(path, f"grey values of the type {dtype} are not supported.")
    key = series.keyframe
    rgb = key.photometric in _COLOURS
    alpha = any(int(e) in (1, 2) for e in key.extrasamples)
    plan = plan_axes(series.get_axes(False), series.get_shape(False), rgb=rgb, alpha=alpha, name=str(path))
    size, size_notes = tiff_voxel_size(tif, plan.full_shape[1])
    further = len(tif.series) - 1
    notes = plan.notes + size_notes + ((f"The file holds {further} more images; the first is used.",) * (further > 0))
    source = _source(path, tif, plan, cache_bytes)
    return Volume(
        source, size, name=path.stem.removesuffix(".ome"), path=path, axes=plan.kept, rgb=plan.rgb,
        channel_names=tiff_channel_names(tif, plan.full_shape[0]), notes=notes,
    )  # fmt: skip


def _source(path: Path, tif: tifffile.TiffFile, plan: AxisPlan, cache_bytes: int) -> VoxelSource:
    series = tif.series[0]
    key, size = series.keyframe, path.stat().st_size
    stored = np.dtype(tif.byteorder + key.dtype.char) if key.dtype is not None else np.dtype(np.uint8)
    if series.dataoffset is not None and key.is_memmappable and stored.kind != "b":
        pages = max(1, math.prod(plan.shape) // max(1, plan.shape[plan.y] * plan.shape[plan.x]))
        end = series.dataoffset + math.prod(plan.shape) * stored.itemsize
        if end > size:
            page_bytes = math.prod(plan.shape) * stored.itemsize // pages
            raise cut_off(path, max(0, size - series.dataoffset) // page_bytes, pages)
        file = MappedFile(path, cache_bytes)
        return MappedVoxels(path, plan, file, file.array(stored, plan.shape, series.dataoffset), end)
    pages_list: list[Any] = [series[i] for i in range(len(series.pages))]
    complete = [_end(page) <= size for page in pages_list]
    if not all(complete):
        raise cut_off(path, complete.index(False), len(complete))
    reader: PageReader
    if stored.kind != "b" and all(p.is_contiguous for p in pages_list) and key.is_memmappable:
        reader = MappedPages(MappedFile(path, cache_bytes), stored, key.shaped, [p.dataoffsets[0] for p in pages_list])
    else:
        reader = DecodedPages(path, tif, pages_list, cache_bytes)
    lead = _leading_axes(path, plan, len(pages_list))
    return PagedVoxels(path, plan, reader, key.shaped, lead, stored.newbyteorder("="), max(map(_end, pages_list)))


def _end(page: Any) -> int:
    return max((o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=False)), default=0)


def _expected_pages(tif: tifffile.TiffFile) -> int:
    if tif.imagej_metadata:
        return int(tif.imagej_metadata.get("images", 1))
    for extra in tif.shaped_metadata or ():
        return max(1, math.prod(extra.get("shape", ())[: -tif.pages.first.ndim]))
    return 0


def _complete_pages(path: Path, tif: tifffile.TiffFile) -> int:
    size, first = path.stat().st_size, tif.pages.first
    if len(tif.pages) > 1 or not first.is_contiguous:
        return max(0, len(tif.pages) - 1)
    return max(0, size - first.dataoffsets[0]) // max(1, first.nbytes)


def _native(block: NDArray[Any]) -> NDArray[Any]:
    dtype = np.dtype(np.uint8) if block.dtype.kind == "b" else block.dtype.newbyteorder("=")
    return np.array(block, dtype=dtype, order="C")


def _require_size(path: Path, end: int) -> None:
    """Reading a mapped file that has become shorter would end the program."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, error) from error
    if size < end:
        raise cut_off(path, 0, 0)


@dataclass(frozen=True, slots=True)
class MappedVoxels:
    """Voxels that lie in one piece in the file, mapped into memory: any plane is read quickly."""

    path: Path
    plan: AxisPlan
    file: MappedFile
    array: NDArray[Any]
    end: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.plan.full_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, in native byte order."""
        return self.array.dtype.newbyteorder("=")

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        _require_size(self.path, self.end)
        block = self.array[self.plan.index(channel, *region.slices)]
        try:
            voxels = _native(self.plan.as_zyx(block))
        except MemoryError as error:
            raise damaged(self.path, error) from error
        whole_rows = self.shape[3] / max(1, region.shape[2])
        self.file.touched(int(voxels.nbytes * whole_rows))
        return voxels

    def release(self) -> None:
        """Let the file's pages go from memory; for readers that pass once over files larger than memory."""
        self.file.release()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the file themselves."""
        return _reopened, (self.path,)


@dataclass(frozen=True, slots=True)
class PagedVoxels:
    """Voxels in many pages of the file, possibly compressed."""

    path: Path
    plan: AxisPlan
    reader: PageReader
    page_shape: tuple[int, ...]
    lead: int
    stored: np.dtype[Any]
    end: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.plan.full_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel; one-bit pictures are uint8 with 0 and 1."""
        return np.dtype(np.uint8) if self.stored.kind == "b" else self.stored

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        _require_size(self.path, self.end)
        try:
            out = np.empty(region.shape, self.dtype)
        except MemoryError as error:
            raise damaged(self.path, error) from error
        _, rows, columns = region.slices
        for i, z in enumerate(range(region.start[0], region.stop[0])):
            page, plane, depth, sample = self._place(channel, z)
            out[i] = self.reader.window(page, rows, columns)[plane, depth, :, :, sample]
        return out

    def release(self) -> None:
        """Let the file's pages go from memory."""
        self.reader.release()

    def _place(self, channel: int, z: int) -> tuple[int, int, int, int]:
        """(page, planar sample, depth, interleaved sample) of one picture."""
        plan, (planes, depths, *_) = self.plan, self.page_shape
        page = 0
        for axis in range(self.lead):
            page = page * plan.shape[axis] + (z if axis == plan.z else channel if axis == plan.c else 0)
        sample = channel if plan.c is not None and plan.c >= self.lead else 0
        depth = z if depths > 1 and plan.z is not None and plan.z >= self.lead else 0
        return (page, sample, depth, 0) if planes > 1 else (page, 0, depth, sample)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the file themselves."""
        return _reopened, (self.path,)


def _leading_axes(path: Path, plan: AxisPlan, pages: int) -> int:
    """How many of the stored axes are spread over pages."""
    for lead in range(min(plan.y, plan.x), -1, -1):
        if math.prod(plan.shape[:lead]) == pages:
            return lead
    raise UnreadableFileError(path, "the number of its pages does not fit its shape.", hint="Save it again in Fiji.")


def _reopened(path: Path) -> VoxelSource:
    return open_tiff(path).source
