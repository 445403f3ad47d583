"""NRRD images, read lazily and written slab by slab.

Source: the definition of the format by G. Kindlmann, teem.sourceforge.net/nrrd/format.html. The header is read here, as
the library for it reads whole files only.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.io.images.image_format import ImageFormat, Keeps, signatures
from desktop_app.io.images.nrrd_header import NrrdHeader, read_header
from desktop_app.io.images.nrrd_space import axes_and_place
from desktop_app.io.images.nrrd_writer import write_nrrd
from desktop_app.io.images.ome_description import outside_of_folder
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.raw_files import Packing, RawLayout, raw_array
from desktop_app.io.images.specimen_facts import specimen_in
from desktop_app.io.images.spooled_labels import spooled_labels
from desktop_app.io.images.stored_voxels import DAMAGE, damaged, stored_volume

_PACKINGS: dict[str, Packing] = {"raw": "", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
_TYPES = {
    "i1": "signed char, int8, int8_t", "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t", "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, signed long long int, int64, int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t", "f4": "float", "f8": "double",
}  # fmt: skip
_KIND_OF = {name: kind for kind, names in _TYPES.items() for name in names.split(", ")}


def open_nrrd(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over an NRRD image.

    Args:
        path: ``.nrrd``, or ``.nhdr`` with its voxels in another file.
        cache_bytes: Memory for an unpacked image.
        reading: What the user said of the file.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no NRRD image.
    """
    try:
        header = read_header(path)
        space = axes_and_place(header)
        array = raw_array(_layout(path, header), cache_bytes)
        return stored_volume(path, array, space.axes, space.stated, open_nrrd, cache_bytes, reading, rgb=space.rgb)
    except DAMAGE as error:
        raise damaged(path, error) from error


def files_of_nrrd(path: Path) -> tuple[Path, ...]:
    """The header and the file of its voxels."""
    if path.suffix.lower() != ".nhdr":
        return (path,)
    try:
        named = read_header(path).fields.get("data file", "")
    except (OSError, UnreadableFileError):
        return (path,)
    return (path, path.parent / named) if named and _is_beside(path, named) else (path,)


def nrrd_specimen(path: Path) -> str:
    """The specimen by the keys and values that programs write into the header."""
    return specimen_in(read_header(path).pairs)


def _layout(path: Path, header: NrrdHeader) -> RawLayout:
    """Where the voxels are.

    Raises:
        UnreadableFileError: If they are packed, typed or spread over files in a way that is not read here.
    """
    fields = header.fields
    encoding = fields.get("encoding", "").lower()
    if encoding not in _PACKINGS:
        raise UnreadableFileError(
            path, f"its grey values are stored as “{encoding}”.", hint="Save it with the encoding raw or gzip."
        )
    kind = _KIND_OF.get(fields.get("type", "").lower())
    if kind is None:
        raise UnreadableFileError(path, f"grey values of the type {fields.get('type', '(none)')} are not supported.")
    order = "<" if fields.get("endian", "little").lower() == "little" else ">"
    data, start = path, header.end
    if named := fields.get("data file"):
        data, start = _data_file(path, named), 0
    skip = int(fields.get("byte skip", "0"))
    packing = _PACKINGS[encoding]
    if skip < 0 and packing:
        raise UnreadableFileError(path, "its header is contradictory (byte skip).", details=str(skip))
    start += _line_bytes(data, start, int(fields.get("line skip", "0")))
    shape = header.sizes[::-1]
    if packing:
        return RawLayout(data, np.dtype(order + kind), shape, skip, packing, start)
    return RawLayout(data, np.dtype(order + kind), shape, -1 if skip < 0 else start + skip)


def _is_beside(path: Path, named: str) -> bool:
    """Whether a header's other file is there, in its folder or deeper."""
    other = path.parent / named
    return other.is_file() and other.resolve().is_relative_to(path.parent.resolve())


def _data_file(path: Path, named: str) -> Path:
    """The file beside the header that holds the voxels."""
    words = named.split()
    if named.upper().startswith("LIST") or (len(words) > 1 and "%" in words[0]):
        raise UnreadableFileError(
            path, "its slices are in many files.", hint="Open the folder of the slices, or save it as one .nrrd file."
        )
    data = path.parent / named
    if data.exists() and not _is_beside(path, named):
        raise outside_of_folder(path, named)
    if not data.is_file():
        raise UnreadableFileError(
            path, f"its grey values are in {named}, which is not there.", hint="Put both files into one folder."
        )
    return data


def _line_bytes(data: Path, start: int, lines: int) -> int:
    if lines <= 0:
        return 0
    with data.open("rb") as file:
        file.seek(start)
        return sum(len(file.readline()) for _ in range(lines))


NRRD = ImageFormat(
    name="nrrd",
    title="NRRD",
    kind="NRRD image",
    endings=(".nrrd", ".nhdr", ".seg.nrrd"),
    open=open_nrrd,
    sniff=signatures({b"NRRD000": "an NRRD image"}),
    files=files_of_nrrd,
    specimen=nrrd_specimen,
    label_endings=(".nrrd", ".nhdr", ".seg.nrrd"),
    keeps=Keeps(
        axes="TCZYX",
        dtypes=(
            "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64",
        ),
        affine=True,
    ),
    write=write_nrrd,
    label_sink=partial(spooled_labels, write_nrrd),
    label_ending=".nrrd",
)  # fmt: skip
