"""MRC images (also REC and MAP) of electron tomography, read lazily and written slab by slab.

Source: Cheng et al., "MRC2014: Extensions to the MRC format header for electron cryo-microscopy and tomography", J.
Struct. Biol. 2015; bytes without a sign as IMOD marks them (bio3d.colorado.edu/imod/doc/mrc_format.txt). The header is
read here, as the library for it warns and refuses where a file still opens.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.raw_files import GZIP, Packing, RawLayout, raw_array, unpacked_start, unpacking
from desktop_app.io.images.spooled_labels import spooled_labels
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, damaged, stored_volume
from desktop_app.io.images.volume_blocks import blocks, time_points
from desktop_app.io.images.voxel_sizes import voxel_size

_HEAD = 1024  # bytes of the header
_HEAD_LOOKED_AT = 220  # bytes of it, which hold all that tells an MRC image
_FIELDS = np.dtype(
    [
        ("size", "<i4", 3), ("mode", "<i4"), ("start", "<i4", 3), ("intervals", "<i4", 3), ("cell", "<f4", 3),
        ("angles", "<f4", 3), ("order", "<i4", 3), ("statistics", "<f4", 3), ("space_group", "<i4"),
        ("extended", "<i4"), ("extra", "V56"), ("imod_stamp", "<i4"), ("imod_flags", "<i4"), ("more", "V36"),
        ("origin", "<f4", 3), ("map", "S4"), ("machine", "V4"), ("rms", "<f4"), ("labels", "<i4"), ("text", "V800"),
    ]
)  # fmt: skip
_TYPES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_MODES = {"int8": 0, "uint8": 0, "int16": 1, "float32": 2, "uint16": 6, "float16": 12}  # of the format
_IMOD, _SIGNED_BYTES = 1146047817, 1  # the stamp of IMOD's files, and its flag for bytes with a sign
_LITTLE = b"\x44\x44\0\0"  # the stamp of the byte order
_VOLUME = 1  # the space group of a volume; 0 is a stack of pictures
_ANGSTROMS = {"nm": 10.0, "µm": 1e4, "mm": 1e7}  # by definition
_LARGEST_ID = 2**16 - 1  # of mode 6, the widest for whole numbers


def sniff_mrc(start: bytes) -> str:
    """“an MRC image” for the first bytes of one: by its word MAP, or by plausible numbers in files before 2000."""
    start = unpacked_start(start)
    if start[208:212] in (b"MAP ", b"MAP\0"):
        return "an MRC image"
    if len(start) < _HEAD_LOOKED_AT:
        return ""
    head = np.frombuffer(start[:_HEAD_LOOKED_AT], "<i4")
    return "an MRC image" if any(_plausible(h) for h in (head, head.byteswap())) else ""


def open_mrc(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over an MRC image.

    Args:
        path: ``.mrc``, ``.rec``, ``.map`` and their kin.
        cache_bytes: Memory for an unpacked image.
        reading: What the user said of the file.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no MRC image.
    """
    try:
        with path.open("rb") as file:
            packing: Packing = "gzip" if file.read(2) == GZIP else ""
        with unpacking(RawLayout(path, np.dtype("u1"), (_HEAD,), 0, packing)) as file:
            data = file.read(_HEAD)
        header = _header(path, data)
        array = raw_array(_layout(path, header, packing), cache_bytes)
        return stored_volume(path, array, _axes(path, header), _stated(header), open_mrc, cache_bytes, reading)
    except DAMAGE as error:
        raise damaged(path, error) from error


def _plausible(head: NDArray[np.int32]) -> bool:
    """Whether numbers could be the start of a header: sizes, a mode, and an order of the axes."""
    # The axes x, y, z in some order.
    return bool((head[:3] > 0).all()) and int(head[3]) in _TYPES and sorted(head[16:19].tolist()) == [1, 2, 3]


def _header(path: Path, data: bytes) -> Any:
    if len(data) < _HEAD:
        raise UnreadableFileError(path, "it ends within its header.", hint="Copy it again from where it came from.")
    header = np.frombuffer(data, _FIELDS)[0]
    if not 0 <= int(header["mode"]) < 1000 or min(header["size"]) < 1:  # as the library of the format tells the order
        header = np.frombuffer(data, _FIELDS.newbyteorder(">"))[0]
    if min(header["size"]) < 1:
        raise UnreadableFileError(path, "its header states an impossible size.", details=str(header["size"]))
    if int(header["mode"]) not in _TYPES:
        raise UnreadableFileError(
            path, f"grey values of the kind {int(header['mode'])} are not supported.",
            hint="Save it with 8 or 16 bits or as float, for example with IMOD's newstack.",
        )  # fmt: skip
    return header


def _layout(path: Path, header: Any, packing: Packing) -> RawLayout:
    mode = int(header["mode"])
    order = ">" if header.dtype["mode"].str.startswith(">") else "<"
    kind = _TYPES[mode]
    if mode == 0 and int(header["imod_stamp"]) == _IMOD and not int(header["imod_flags"]) & _SIGNED_BYTES:
        kind = "u1"
    shape = tuple(int(n) for n in header["size"])[::-1]
    return RawLayout(path, np.dtype(order + kind), shape, _HEAD + max(0, int(header["extended"])), packing)


def _axes(path: Path, header: Any) -> str:
    """Letters of columns, rows and sections, the slowest first."""
    order = [int(n) for n in header["order"]]
    if not any(order):
        return "ZYX"  # written by old programs that leave the order out
    if sorted(order) != [1, 2, 3]:  # x, y, z, in any order
        raise UnreadableFileError(path, "its header states impossible axes.", details=str(order))
    return "".join(" XYZ"[n] for n in order[::-1])


def _stated(header: Any) -> Stated:
    """The size of a voxel, from the edges of the cell, in ångström, and how often it is sampled."""
    cell, intervals = header["cell"].astype(np.float64), header["intervals"]
    if not np.isfinite(cell).all() or min(cell) <= 0 or min(intervals) < 1:
        told = bool(np.any(cell != 0))
        return Stated(notes=("What it says of its voxel size makes no sense; none is taken.",) if told else ())
    x, y, z = (float(np.float32(edge)) / int(count) for edge, count in zip(cell, intervals, strict=True))
    if (x, y, z) == (1.0, 1.0, 1.0):
        return Stated()  # what programs write that know no size
    return Stated(voxel_size(z / 10, y / 10, x / 10, "nm"))  # stated in Å


def write_mrc(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write a volume (ZYX); bytes without a sign are marked as IMOD does.

    Args:
        path: ``.mrc`` and its kin.
        source: Voxels (1, Z, Y, X).
        like: Gives the voxel size.
    """
    header = np.zeros(1, _FIELDS)
    values = header[0]
    shape = source.shape[1:][::-1]
    values["size"] = values["intervals"] = shape
    # Columns are x, rows y, sections z.
    values["mode"], values["order"], values["space_group"] = _MODES[source.dtype.name], (1, 2, 3), _VOLUME
    values["cell"] = [n * edge for n, edge in zip(shape, _edges(like), strict=True)]
    values["angles"] = 90.0  # degrees: a box
    values["statistics"], values["rms"] = (0, -1, -2), -1  # the format's way to say that they are not known
    values["map"], values["machine"] = b"MAP ", np.void(_LITTLE)
    if source.dtype.itemsize == 1:
        values["imod_stamp"], values["imod_flags"] = _IMOD, _SIGNED_BYTES * (source.dtype.kind == "i")
    with path.open("wb") as file:
        file.write(header.tobytes())
        for point in time_points(source, like):
            for block in blocks(point, 0):
                file.write(np.ascontiguousarray(block, source.dtype.newbyteorder("<")).data)


def _edges(like: Volume) -> tuple[float, ...]:
    """Edges of a voxel (x, y, z) in ångström; 1 where they are not known, as other programs write it."""
    size = like.voxel_size
    factor = _ANGSTROMS[size.unit] if size.known else 1.0
    return tuple(edge * factor if math.isfinite(edge) else 1.0 for edge in size.zyx[::-1])


MRC = ImageFormat(
    name="mrc",
    title="MRC",
    kind="MRC image",
    endings=(".mrc", ".rec", ".map", ".mrcs", ".st", ".ali", ".ccp4"),
    open=open_mrc,
    sniff=sniff_mrc,
    label_endings=(".mrc", ".rec", ".map"),
    keeps=Keeps(axes="ZYX", dtypes=tuple(_MODES), largest_id=_LARGEST_ID),
    write=write_mrc,
    label_sink=partial(spooled_labels, write_mrc, smallest=np.uint16),
    label_ending=".mrc",
)
