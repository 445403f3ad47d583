"""ND2 images of Nikon microscopes, read lazily; each position on the stage is a choice.

Source: the description of the format as the package ``nd2`` implements it (github.com/tlambert03/nd2).
"""

from __future__ import annotations

import warnings
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.io.images.image_format import (
    ImageFormat,
    Series,
    choose_series,
    distinct,
    others_note,
    signatures,
)
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.plane_stack import PlaneStack
from desktop_app.io.images.specimen_facts import plain_name
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, damaged, stored_volume
from desktop_app.io.images.voxel_sizes import voxel_size
from desktop_app.io.unpacking import unpacked

_LETTERS = {"TimeLoop": "T", "NETimeLoop": "T", "ZStackLoop": "Z", "XYPosLoop": "P"}  # others have no meaning here
_RGB = 3  # components of a channel that are the colours of one picture
_HEAD_OF_PACKED = 8  # bytes in front of a packed picture: the time at which it was taken
_FIRST_MODERN = (2, 0)  # version; older files are JPEG 2000 pictures in a row


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the pictures of a file follow each other.

    Attributes:
        axes: A letter for each loop, the outermost first; P for positions.
        counts: How often each runs.
        picture: Channels, rows, columns, and colours where there are any.
        dtype: Type of a voxel.
        names: Of the positions.
    """

    axes: str
    counts: tuple[int, ...]
    picture: tuple[int, ...]
    dtype: np.dtype[Any]
    names: tuple[str, ...]

    @property
    def of_position(self) -> tuple[str, tuple[int, ...]]:
        """Letters and lengths of the axes of one position."""
        lead = [(a, n) for a, n in zip(self.axes, self.counts, strict=True) if a != "P"]
        inner = "CYXS"[: len(self.picture)]
        return "".join(a for a, _ in lead) + inner, (*(n for _, n in lead), *self.picture)

    def number(self, position: int, place: tuple[int, ...]) -> int:
        """Which picture of the file, counted from 0, lies at a place of the axes of one position."""
        steps = iter(place)
        whole = [position if axis == "P" else next(steps) for axis in self.axes]
        return int(np.ravel_multi_index(whole, self.counts)) if whole else 0


def open_nd2(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over one position of an ND2 file.

    Args:
        path: The file.
        cache_bytes: Memory for decoded pictures.
        reading: Which position, and what the user said of its axes.

    Raises:
        UnreadableFileError: If the file is cut off or damaged.
    """
    try:
        with _opened(path) as file:
            layout = _layout(path, file)
            chosen = choose_series(path, layout.names, reading.series)
            stated = _stated(file, layout, others_note(layout.names, chosen))
        axes, shape = layout.of_position
        inner = len(layout.picture)
        array = PlaneStack(path, shape, inner, layout.dtype, _Pictures(path, layout, chosen), cache_bytes)
        return stored_volume(
            path, array, axes, stated, open_nd2, cache_bytes, reading, name=path.stem, rgb=axes.endswith("S")
        )
    except DAMAGE as error:
        raise damaged(path, error) from error


def nd2_series(path: Path) -> tuple[Series, ...]:
    """The positions of a file."""
    try:
        with _opened(path) as file:
            layout = _layout(path, file)
    except DAMAGE as error:
        raise damaged(path, error) from error
    return tuple(Series(name, *layout.of_position, layout.dtype.name) for name in layout.names)


def nd2_specimen(path: Path) -> str:
    """What was typed as *Sample ID* where the image was recorded; its other fields say other things to everybody."""
    with _opened(path) as file:
        return plain_name(file.text_info.get("sampleId"))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that are not needed here
        with _file_at(path) as file:
            yield file


def _file_at(path: Path) -> Any:
    import nd2
    from nd2._parse._chunk_decode import get_version

    if get_version(path) < _FIRST_MODERN:
        raise UnreadableFileError(
            path, "it was written by a NIS-Elements before version 3.", hint="Save it again in a newer one."
        )
    return nd2.ND2File(path)


def _layout(path: Path, file: Any) -> _Layout:
    told = file.attributes
    channels = told.channelCount or 1
    colors = told.componentCount // channels == _RGB
    picture = (channels if colors else told.componentCount, told.heightPx, told.widthPx or 0)
    if min(picture) < 1:
        raise UnreadableFileError(path, "there is no picture in it.")
    loops = [loop for loop in file.experiment if loop.count > 1]
    positions = next((loop for loop in loops if loop.type == "XYPosLoop"), None)
    points = positions.parameters.points if positions is not None else ()
    return _Layout(
        "".join(_LETTERS.get(loop.type, "Q") for loop in loops),
        tuple(loop.count for loop in loops),
        (*picture, _RGB) if colors else picture,
        np.dtype(file.dtype),
        distinct([point.name or f"Position {i}" for i, point in enumerate(points, start=1)]) or ("",),
    )


class _Pictures:
    """The pictures of one position; the file stays open from the first on, since its table of places may be long."""

    def __init__(self, path: Path, layout: _Layout, position: int) -> None:
        self._path, self._layout, self._position = path, layout, position
        self._file: Any = None

    def __call__(self, place: tuple[int, ...]) -> NDArray[Any]:
        """All channels of one picture; black where it was never recorded."""
        number = self._layout.number(self._position, place)
        if self._file is None:
            self._file = _file_at(self._path)
            weakref.finalize(self, self._file.close)
        if self._file.attributes.compressionType == "lossless":
            return _unpacked(self._file, self._layout, number)
        return np.array(self._file.read_frame(number)).reshape(self._layout.picture)


def _unpacked(file: Any, layout: _Layout, number: int) -> NDArray[Any]:
    """A packed picture; never more of it than a picture has, whatever its packed bytes become."""
    name = f"ImageDataSeq|{number}!".encode()
    reader = file._rdr
    if name not in reader.chunkmap:
        return np.zeros(layout.picture, layout.dtype)
    rows, row_bytes = layout.picture[1], int(file.attributes.widthBytes)
    packed = reader._load_chunk(name)[_HEAD_OF_PACKED:]
    data = unpacked(zlib.decompressobj(), packed, rows * row_bytes, longer=True)
    if len(data) < rows * row_bytes:
        raise EOFError(f"picture {number} has {len(data)} of {rows * row_bytes} bytes")
    samples = int(np.prod((layout.picture[0], *layout.picture[3:])))
    line = layout.picture[2] * samples * layout.dtype.itemsize  # rows may end in spare bytes
    lines = np.frombuffer(data, np.uint8).reshape(rows, row_bytes)[:, :line]
    stored = np.ascontiguousarray(lines).view(layout.dtype).reshape(rows, layout.picture[2], layout.picture[0], -1)
    return stored.transpose(2, 0, 1, 3).reshape(layout.picture)


def _stated(file: Any, layout: _Layout, notes: tuple[str, ...]) -> Stated:
    recorded, count = file.attributes, int(np.prod(layout.counts, dtype=np.int64))
    there = min(int(recorded.sequenceCount), sum(name.startswith(b"ImageDataSeq|") for name in file._rdr.chunkmap))
    if there < count:
        missing = f"{count - there:,} of its {count:,} pictures were never recorded; they are shown black."
        notes = (missing, *notes)
    if recorded.compressionType == "lossy":
        notes = ("Its pictures were packed with losses when they were recorded.", *notes)
    try:
        told = _picture_metadata(file)
        planes = told.get("sPicturePlanes", {})
        planes = planes.get("sPlaneNew") or planes.get("sPlane") or {}
        names = tuple(str(plane.get("sDescription", "")) for plane in planes.values())
        size = _voxel_size(told, file.experiment)
    except DAMAGE:
        return Stated(notes=(*notes, "What it says of voxel size and channels cannot be read."))
    return Stated(size, channel_names=names if all(names) else (), time_step=_time_step(file), notes=notes)


def _picture_metadata(file: Any) -> dict[str, Any]:
    """What is told of the first picture, as it stands: the library reads more of it than every file has."""
    for name in ("ImageMetadataSeqLV|0", "ImageMetadataSeq|0"):
        found = file.unstructured_metadata(strip_prefix=False, include={name}).get(name, {})
        if isinstance(found, dict) and found:
            inside: dict[str, Any] = found.get("SLxPictureMetadata", found)
            return inside
    return {}


def _voxel_size(told: dict[str, Any], loops: Any) -> VoxelSize:
    """Edges in micrometres; a file that was not calibrated states a pixel of 1, which means nothing."""
    if not told.get("bCalibrated"):
        return VoxelSize.unknown()
    pixel = float(told.get("dCalibration", 0.0))
    steps = [abs(loop.parameters.stepUm) for loop in loops if loop.type == "ZStackLoop"]
    return voxel_size(steps[0] if steps else None, pixel, pixel, "µm")


def _time_step(file: Any) -> float | None:
    """Seconds between time points, as they were on average; None where phases of the recording differ."""
    for loop in file.experiment:
        if loop.type == "TimeLoop":
            return _seconds(loop.parameters)
        if loop.type == "NETimeLoop":
            steps = {_seconds(period) for period in loop.parameters.periods}
            return steps.pop() if len(steps) == 1 else None
    return None


def _seconds(period: Any) -> float | None:
    step = period.periodDiff.avg or period.periodMs
    return step / 1000 if step and step > 0 else None


ND2 = ImageFormat(
    name="nd2",
    title="ND2",
    kind="ND2 image",
    endings=(".nd2",),
    open=open_nd2,
    sniff=signatures({b"\xda\xce\xbe\x0a": "an ND2 image"}),
    series=nd2_series,
    specimen=nd2_specimen,
)
