"""TIFF, ImageJ TIFF, OME-TIFF and BigTIFF, read lazily."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import (
    AS_STATED,
    ImageReading,
    Index3,
    Movie,
    Region,
    Resolution,
    Volume,
    VoxelSource,
)
from desktop_app.core.imaging.resolutions import usable_resolutions
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.image_format import Series, others_note
from desktop_app.io.images.mapped_file import MappedFile
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.tiff_damage import DAMAGE, complaints, cut_off, damaged, tells_of_damage
from desktop_app.io.images.tiff_image import TiffImage, file_names, missing_files, opened, series_of_image, stored_image
from desktop_app.io.images.tiff_metadata import tiff_channel_names, tiff_time_step, tiff_voxel_size
from desktop_app.io.images.tiff_pages import DecodedPages, MappedPage, MappedPages, PageAxes, PageReader, page_axes

_COLORS = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR, tifffile.PHOTOMETRIC.CIELAB)

_BYTES_OF_TAGS, _BYTES_OF_A_STRIP = 1024, 16  # of a page, which may stand behind all voxels: more than programs write


def open_tiff(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over an image of a TIFF file, the first where no other is asked for; only headers are read.

    Args:
        path: The file.
        cache_bytes: Memory for decoded pages where the file is compressed.
        reading: Which image of the file, and what the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no TIFF.
    """
    with complaints() as messages:
        try:
            with opened(path, reading.series) as (tif, images):
                image = stored_image(path, tif, images, reading.series)
                return _volume(path, tif, image, messages, cache_bytes, reading)
        except DAMAGE as error:
            raise damaged(path, error) from error


def tiff_series(path: Path) -> tuple[Series, ...]:
    """The images in a TIFF file.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no TIFF.
    """
    try:
        with complaints():
            return series_of_image(path)
    except DAMAGE as error:
        raise damaged(path, error) from error


def _volume(
    path: Path, tif: tifffile.TiffFile, image: TiffImage, messages: list[str], cache_bytes: int, reading: ImageReading
) -> Volume:
    if tells_of_damage(messages):
        raise cut_off(path, _complete_pages(path, tif), _expected_pages(tif), "\n".join(messages))
    _require_all_parts(path, tif, image)
    key = image.keyframe
    if key.dtype is None or key.dtype.kind not in "buif":
        raise UnreadableFileError(path, f"grey values of the type {key.dtype} are not supported.")
    rgb = key.photometric in _COLORS
    alpha = any(int(e) in (1, 2) for e in key.extrasamples)
    plan = plan_axes(image.axes, image.shape, rgb=rgb, alpha=alpha, name=str(path), reading=reading)
    size, size_notes = tiff_voxel_size(tif, key, plan.full_shape[1])
    source = _source(path, tif, image, plan, cache_bytes, reading)
    movie = Movie(plan.times, source.at_time, tiff_time_step(tif)) if plan.times > 1 else None
    facts = {**plan.of_volume, "smaller": _smaller(path, tif, image, plan, cache_bytes, reading)}
    facts["notes"] += size_notes + _set_notes(image)
    if isinstance(source, PagedVoxels):
        facts["notes"] += _unused_notes(path, tif, image, max(source.ends.values()))
    return Volume(
        source, size, name=path.stem.removesuffix(".ome"), path=path, movie=movie,
        channel_names=tiff_channel_names(tif, plan.full_shape[0]), **facts,
    )  # fmt: skip


def _smaller(
    path: Path, tif: tifffile.TiffFile, image: TiffImage, plan: AxisPlan, cache_bytes: int, reading: ImageReading
) -> tuple[Resolution, ...]:
    """The smaller pictures of a pyramid, those left out that cannot be read or are of another kind."""
    found: list[tuple[Index3, Callable[[int], VoxelSource]]] = []
    for small in image.smaller:
        if small.keyframe.dtype != image.keyframe.dtype or any(page is None for page in small.pages):
            continue
        with suppress(UserError):
            inner = plan_axes(small.axes, small.shape, rgb=plan.rgb, name=str(path), reading=reading)
            if (inner.channels, inner.times) == (plan.channels, plan.times):
                share = max(1, cache_bytes // (2 * len(image.smaller)))
                source = _source(path, tif, small, inner, share, reading)
                found.append((inner.full_shape[1:], source.at_time))
    return usable_resolutions(plan.full_shape[1:], found)


def _set_notes(image: TiffImage) -> tuple[str, ...]:
    several = (f"This image lies in {len(image.files)} files, which are read as one.",) if len(image.files) > 1 else ()
    return several + others_note(image.names, image.chosen)


def _unused_notes(path: Path, tif: tifffile.TiffFile, image: TiffImage, end: int) -> tuple[str, ...]:
    """A remark where much of a file, whose last picture ends at a byte, belongs to no page.

    So it is after a break in the chain of pages.

    Only of plain files: other programs keep small copies and notes of their own behind the pages.
    """
    plain = tif.series[0].kind in ("uniform", "generic", "shaped") and len(image.names) < 2
    if not plain or image.keyframe.subifds or len(image.files) > 1:
        return ()
    size, count = path.stat().st_size, len(image.pages)
    unused = size - end
    if unused <= _BYTES_OF_TAGS * count:
        return ()
    tables = sum(_BYTES_OF_TAGS + _BYTES_OF_A_STRIP * len(page.dataoffsets) for page in image.pages)
    if unused <= tables + sum(sum(page.databytecounts) for page in image.pages) // count:
        return ()
    return (f"{unused / size:.0%} of the file belong to no slice; slices may be missing behind the last.",)


def _require_all_parts(path: Path, tif: tifffile.TiffFile, image: TiffImage) -> None:
    """No picture is missing, and those of other files are of the same kind."""
    if any(page is None for page in image.pages):
        names = missing_files(path, tif)
        if not names:
            raise cut_off(path, image.pages.index(None), len(image.pages))
        where = f" ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"  # three names fit a sentence
        raise UnreadableFileError(
            path, f"parts of this image are in other files{where} that are not there.",
            hint="Put all files of this image into one folder, or save it as one file in Fiji.",
        )  # fmt: skip
    key = image.keyframe
    if any((one.shaped, one.dtype) != (key.shaped, key.dtype) for one in _keyframes(image)):
        raise UnreadableFileError(path, "its pictures differ in size or type.", hint="Save it as one file in Fiji.")


def _source(
    path: Path, tif: tifffile.TiffFile, image: TiffImage, plan: AxisPlan, cache_bytes: int, reading: ImageReading
) -> MappedVoxels | PagedVoxels:
    key = image.keyframe
    if image.offset is not None:
        return _in_one_piece(path, _stored_dtype(key), image.offset, plan, cache_bytes, reading)
    names = file_names(image.pages)
    files = {name: Path(name) for name in dict.fromkeys(names)}
    plain = all(one.is_contiguous and one.is_memmappable for one in _keyframes(image)) and key.dtype.kind != "b"
    ends = _ends(image, names, files, _end_of_voxels if plain else _end)
    reader: PageReader
    if plain:
        mapped = {name: MappedFile(file, cache_bytes) for name, file in files.items()}
        pages = [
            MappedPage(mapped[name], _stored_dtype(page), page.dataoffsets[0])
            for name, page in zip(names, image.pages, strict=True)
        ]
        reader = MappedPages(key.shaped, pages)
    else:
        reader = DecodedPages(path, image.pages, cache_bytes)
    places = page_axes(path, plan, len(image.pages), key.shaped)
    return PagedVoxels(path, plan, reading, reader, places, key.dtype.newbyteorder("="), ends)


def _in_one_piece(
    path: Path, stored: np.dtype[Any], offset: int, plan: AxisPlan, cache_bytes: int, reading: ImageReading
) -> MappedVoxels:
    size, count = path.stat().st_size, math.prod(plan.shape)
    end = offset + count * stored.itemsize
    if end > size:
        pages = max(1, count // max(1, plan.shape[plan.y] * plan.shape[plan.x]))
        raise cut_off(path, max(0, size - offset) // (count * stored.itemsize // pages), pages)
    file = MappedFile(path, cache_bytes)
    return MappedVoxels(path, plan, reading, file, file.array(stored, plan.shape, offset), end)


def _keyframes(image: TiffImage) -> list[Any]:
    """The pages with the tags of all others; nearly always one, of stacks of thousands of pages."""
    return list({id(page.keyframe): page.keyframe for page in image.pages}.values())


def _stored_dtype(page: Any) -> np.dtype[Any]:
    """Type of the voxels of a page, in the byte order of its file."""
    return _dtype(page.parent.byteorder + page.keyframe.dtype.char)


_dtype = lru_cache(np.dtype)


def _ends(
    image: TiffImage, names: list[str], files: dict[str, Path], end_of: Callable[[Any], int]
) -> dict[Path, int]:  # fmt: skip
    """The byte of each file at which its last picture ends.

    Raises:
        UnreadableFileError: If a file ends before.
    """
    sizes = {name: file.stat().st_size for name, file in files.items()}
    ends: dict[Path, int] = {}
    for number, (name, page) in enumerate(zip(names, image.pages, strict=True)):
        end, file = end_of(page), files[name]
        if end > sizes[name]:
            raise cut_off(file, number, len(image.pages))
        ends[file] = max(ends.get(file, 0), end)
    return ends


def _end_of_voxels(page: Any) -> int:
    """Of a page that is stored as it is in memory, whatever it says of its length."""
    return max(_end(page), page.dataoffsets[0] + int(page.keyframe.nbytes))


def _end(page: Any) -> int:
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) == len(counts) == 1:
        return int(offsets[0] + counts[0])
    return max((o + n for o, n in zip(offsets, counts, strict=False)), default=0)


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
    reading: ImageReading
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

    def at_time(self, time: int) -> VoxelSource:
        """The voxels of another time point; what was read is shared."""
        return replace(self, plan=self.plan.at_time(time))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the file themselves."""
        return _reopened, (self.path, self.reading, self.plan.time)


@dataclass(frozen=True, slots=True)
class PagedVoxels:
    """Voxels in many pages of one or several files, possibly compressed.

    Attributes:
        path: The file that was opened.
        plan: Which stored axis is which.
        reading: What the user said of the file.
        reader: Gives parts of pages.
        places: How the stored axes lie in pages.
        stored: Type of a voxel in native byte order.
        ends: By file, the byte after its last voxel.
    """

    path: Path
    plan: AxisPlan
    reading: ImageReading
    reader: PageReader
    places: PageAxes
    stored: np.dtype[Any]
    ends: dict[Path, int]

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
        for file, end in self.ends.items():
            _require_size(file, end)
        require_memory(self.path, math.prod(region.shape) * self.dtype.itemsize, "the part asked for")
        index = self.plan.index(channel, *region.slices)
        try:
            block = self.places.read(self.reader, index, self.dtype)
        except MemoryError as error:
            raise damaged(self.path, error) from error
        return np.ascontiguousarray(self.plan.as_zyx(block))

    def release(self) -> None:
        """Let the file's pages go from memory."""
        self.reader.release()

    def at_time(self, time: int) -> VoxelSource:
        """The voxels of another time point; what was read is shared."""
        return replace(self, plan=self.plan.at_time(time))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the file themselves."""
        return _reopened, (self.path, self.reading, self.plan.time)


def _reopened(path: Path, reading: ImageReading, time: int) -> VoxelSource:
    return open_tiff(path, reading=reading).at_time(time).source
