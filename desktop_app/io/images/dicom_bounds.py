"""Packed DICOM files and pictures, held against their size before the library for them unpacks any.

Source: DICOM PS3.5, sections A.5 (deflated files) and G.3 to G.5 (run lengths).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.stored_voxels import cut_off
from desktop_app.io.unpacking import require_bounded_deflate

_META_GROUP = 2  # of the elements in front that say how the rest is stored
_MOST_DEFLATED = (
    256 * 2**20
)  # bytes of an unpacked file: hundreds of slices, and no camera or scanner writes such files
_RLE_HEAD = 64  # bytes: how many segments there are, and where each begins
_RLE_ROOM = 2  # times the size of a picture: more than padding, and no harm
_LITERAL, _NOTHING = (
    127,
    128,
)  # a run's head up to this is followed by as many bytes and one more; this one says nothing
_PICTURES = ("JPEG", "JPEG2000")  # names of Pillow


def require_bounded_file(path: Path) -> None:
    """A file that is deflated as a whole does not become larger than any that a scanner writes.

    Raises:
        UnreadableFileError: If it does.
        InvalidDicomError: If it is no DICOM file.
    """
    from pydicom.filereader import read_dataset, read_preamble
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    with path.open("rb") as file:
        read_preamble(file, force=False)
        meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != _META_GROUP)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return
        packed = file.read()
    try:
        require_bounded_deflate(packed, _MOST_DEFLATED)
    except ValueError as error:
        raise UnreadableFileError(
            path, "it is packed as a whole and becomes larger than it should be.",
            hint="Save it without compression, or do not trust it.", details=repr(error),
        ) from error  # fmt: skip


def require_bounded_picture(path: Path, dataset: Any, index: int, size: tuple[int, int, int]) -> None:
    """A packed picture is as large as the file says, neither far more nor less.

    Args:
        path: The file, for the error.
        dataset: Of pydicom, with its pixels.
        index: Which of its pictures.
        size: (rows, columns, samples) as the file says.

    Raises:
        UnreadableFileError: If it is not.
    """
    from pydicom.encaps import get_frame
    from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax not in (RLELossless, JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000, JPEG2000Lossless):
        return
    packed = get_frame(dataset.PixelData, index, number_of_frames=int(dataset.get("NumberOfFrames") or 1))
    rows, columns, samples = size
    if syntax != RLELossless:
        _require_size(path, packed, rows, columns)
        return
    promised = rows * columns * samples * -(-int(dataset.BitsAllocated) // 8)  # whole bytes
    there = _run_lengths(packed[_RLE_HEAD:], _RLE_ROOM * promised)
    if there < promised:
        raise cut_off(path, there, promised)
    if there > _RLE_ROOM * promised:
        raise _larger(path)


def _require_size(path: Path, packed: bytes, rows: int, columns: int) -> None:
    """The head of a picture, read without its pixels, is believed by its decoder."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(packed), formats=_PICTURES) as picture:
            size = picture.size
    except Image.DecompressionBombError as error:  # far more pixels than any picture has
        raise _larger(path) from error
    if size != (columns, rows):
        raise _larger(path)


def _run_lengths(packed: bytes, most: int) -> int:
    """Bytes that run lengths become, counted until there are more than ``most``."""
    total = at = 0
    while at < len(packed) and total <= most:
        head = packed[at]
        if head <= _LITERAL:
            total, at = total + head + 1, at + head + 2
        elif head == _NOTHING:
            at += 1
        else:
            # A byte above 128 repeats the next one 257 minus itself times (PackBits; DICOM PS3.5, annex G).
            total, at = total + 257 - head, at + 2
    return total


def _larger(path: Path) -> UnreadableFileError:
    return UnreadableFileError(
        path, "a picture in it is not as large as the file says.", hint="Copy it again from where it came from."
    )
