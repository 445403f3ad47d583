"""TIFF files written picture by picture: ImageJ style where it fits, OME elsewhere."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.imaging import VoxelSize

_BIG_BYTES = 4 * 10**9  # a classic TIFF ends at 4 GiB; the rest is for its directory
_IMAGEJ_TYPES = ("uint8", "uint16", "float32")
_IMAGEJ_UNITS = {"µm": "micron", "nm": "nm", "mm": "mm"}
_PER_CM = {"nm": 1e7, "µm": 1e4, "mm": 10.0}  # by definition
_LARGEST_OF_32_BITS = 2**32 - 1  # both parts of a TIFF rational
_CLOSE = Fraction(1, 10**7)  # relative; far finer than any microscope is calibrated
_LEVEL = (
    4  # of zlib: labels of an EM stack are 28 to 60 % smaller than at 1, and written 4 to 25 times faster than at 9
)


class TiffPages:
    """A compressed TIFF file that grows by one picture per call; not atomic itself.

    uint8, uint16, float32 and RGB are written as ImageJ does, so that Fiji shows axes, unit and slice distance. Other
    types (uint32 labels), named channels, and pixels of a size that the tags cannot hold, get OME metadata. Beyond 4 GB
    of voxels the file is a BigTIFF.

    Args:
        path: The file.
        shape: (T, C, Z, Y, X) of the whole image; with ``rgb`` C is 3 and a picture is (Y, X, 3).
        dtype: Type of a voxel.
        voxel_size: Stated in the file where it is known.
        rgb: Pictures are colour pictures.
        channel_names: One per channel, or nothing.
        time_step: Seconds from one time point to the next, where known.
    """

    def __init__(
        self, path: Path, shape: tuple[int, int, int, int, int], dtype: np.dtype[Any], voxel_size: VoxelSize,
        *, rgb: bool = False, channel_names: tuple[str, ...] = (), time_step: float | None = None,
    ) -> None:  # fmt: skip
        big = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize > _BIG_BYTES
        self._writer = tifffile.TiffWriter(path, bigtiff=big, byteorder="<")
        imagej = dtype.name in _IMAGEJ_TYPES and (dtype == np.uint8 or not rgb) and _in_tags(voxel_size)
        imagej = imagej and not any(channel_names)  # which has no place for them
        self._description: str | None = (
            imagej_description(shape, voxel_size, rgb=rgb, time_step=time_step) if imagej
            else ome_description(
                shape, dtype, voxel_size, rgb=rgb, channel_names=channel_names, time_step=time_step
            )
        )  # fmt: skip
        self._options = _page_options(voxel_size, rgb=rgb, ome=not imagej)

    def append(self, picture: NDArray[Any]) -> None:
        """Write the next picture (Y, X) or (Y, X, 3); channels of a slice follow each other, then slices, then time."""
        self._writer.write(picture, description=self._description, **self._options)
        self._description = None

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()

    def __enter__(self) -> TiffPages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _page_options(voxel_size: VoxelSize, *, rgb: bool, ome: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "photometric": "rgb" if rgb else "minisblack", "metadata": None, "contiguous": False,
        "compression": "zlib", "compressionargs": {"level": _LEVEL}, "software": "Voxelwright",
    }  # fmt: skip
    if not voxel_size.known:
        return {**options, "resolution": (1.0, 1.0), "resolutionunit": "NONE"}
    scale, unit = (_PER_CM[voxel_size.unit], "CENTIMETER") if ome else (1.0, "NONE")
    across, down = _rational(scale, voxel_size.x), _rational(scale, voxel_size.y)
    if across is None or down is None:
        return {**options, "resolution": (1.0, 1.0), "resolutionunit": "NONE"}
    return {**options, "resolution": (across, down), "resolutionunit": unit}


def _in_tags(voxel_size: VoxelSize) -> bool:
    """Whether the tags of ImageJ can hold the pixel: they count pixels per unit."""
    return not voxel_size.known or all(_rational(1.0, edge) is not None for edge in (voxel_size.x, voxel_size.y))


def _rational(scale: float, edge: float) -> tuple[int, int] | None:
    """``scale / edge`` as TIFF stores it, two numbers of 32 bits; None where they cannot come close."""
    if not (math.isfinite(edge) and edge > 0):
        return None
    value = Fraction(scale) / Fraction(edge)
    largest = min(_LARGEST_OF_32_BITS, int(_LARGEST_OF_32_BITS / value))
    if largest < 1:
        return None
    near = value.limit_denominator(largest)
    return (near.numerator, near.denominator) if abs(near / value - 1) < _CLOSE else None


def imagej_description(
    shape: tuple[int, int, int, int, int], voxel_size: VoxelSize, *, rgb: bool, time_step: float | None = None
) -> str:
    """The text of the first page by which ImageJ knows axes, unit, slice distance and time step."""
    times, channels, slices = (shape[0], 1, shape[2]) if rgb else shape[:3]
    lines = ["ImageJ=1.11a", f"images={times * channels * slices}"]
    lines += [f"channels={channels}"] if channels > 1 else []
    lines += [f"slices={slices}"] if slices > 1 else []
    lines += [f"frames={times}"] if times > 1 else []
    lines += ["hyperstack=true"] if times * channels * slices > 1 else []
    lines += [f"finterval={time_step!r}", "tunit=s"] if times > 1 and time_step is not None else []
    lines += ["mode=" + ("composite" if channels > 1 else "grayscale")]
    if voxel_size.known:
        lines += [f"unit={_IMAGEJ_UNITS[voxel_size.unit]}", f"spacing={voxel_size.z!r}"]
    return "\n".join([*lines, "loop=false", ""])


def ome_description(
    shape: tuple[int, int, int, int, int], dtype: np.dtype[Any], voxel_size: VoxelSize,
    *, rgb: bool, channel_names: tuple[str, ...] = (), time_step: float | None = None,
) -> str:  # fmt: skip
    """OME-XML (schema 2016-06) for pictures that follow each other channel first, then slice, then time."""
    t, c, z, y, x = shape
    kind = {"float32": "float", "float64": "double", "bool": "uint8"}.get(dtype.name, dtype.name)
    sizes = ""
    if voxel_size.known:
        sizes = "".join(
            f' PhysicalSize{axis}="{edge!r}" PhysicalSize{axis}Unit="{_ascii(voxel_size.unit)}"'
            for axis, edge in zip("ZYX", voxel_size.zyx, strict=True)
        )
    if t > 1 and time_step is not None:
        sizes += f' TimeIncrement="{time_step!r}" TimeIncrementUnit="s"'
    per_channel = 3 if rgb else 1
    names = channel_names if len(channel_names) == c and not rgb else ("",) * (1 if rgb else c)
    channels = "".join(
        f'<Channel ID="Channel:0:{i}" SamplesPerPixel="{per_channel}"{_name(name)}/>' for i, name in enumerate(names)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 '
        'http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd" Creator="Voxelwright">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{kind}" SizeX="{x}" SizeY="{y}" '
        f'SizeC="{c}" SizeZ="{z}" SizeT="{t}"{sizes}>{channels}<TiffData IFD="0" PlaneCount="{t * z * len(names)}"/>'
        "</Pixels></Image></OME>"
    )


def _name(name: str) -> str:
    from xml.sax.saxutils import quoteattr  # brings what talks to servers, which only who writes a name waits for

    return f" Name={_ascii(quoteattr(name))}" if name else ""


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
