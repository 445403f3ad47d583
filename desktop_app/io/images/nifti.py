"""NIfTI-1 and NIfTI-2 images, packed or not, read lazily.

Source: Cox et al., "A (sort of) new image data format standard: NIfTI-1", Human Brain Mapping 2004; nifti1.h, nifti2.h.
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSize
from desktop_app.core.imaging.shown_size import ORDER
from desktop_app.core.imaging.volume import Affine
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.raw_files import GZIP, RawLayout, raw_array, unpacked_start
from desktop_app.io.images.scanner_space import affine_of, edges_of, place_notes
from desktop_app.io.images.stored_voxels import DAMAGE, Stated, StoredArray, damaged, stored_volume
from desktop_app.io.images.voxel_sizes import voxel_size

_HEADS = {348: 1, 540: 2}  # bytes of a header by version of the format (nifti1.h, nifti2.h)
_MAGIC_AT = {348: 344, 540: 4}  # the byte of the word n+1 or n+2, by bytes of a header (the same)
_LONGEST_HEAD = 540  # bytes, of version 2
_UNITS = {"meter": "m", "mm": "mm", "micron": "µm"}
_SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}  # by definition
_MILLIMETRES = {"meter": 1e3, "mm": 1.0, "micron": 1e-3, "unknown": 1.0}  # by definition; most mean mm if they say none
_CLOSE = 0.01  # relative; programs that write single precision and rounded millimetres differ by less


def sniff_nifti(start: bytes) -> str:
    """“a NIfTI image” for the first bytes of one, packed or not."""
    head = unpacked_start(start)
    size = _head_size(head)
    return "a NIfTI image" if size and (len(head) <= _MAGIC_AT[size] or _has_magic(head, size)) else ""


def open_nifti(path: Path, cache_bytes: int = CACHE_BYTES, reading: ImageReading = AS_STATED) -> Volume:
    """A volume over a NIfTI image; grey values are scaled as the header says.

    Args:
        path: ``.nii`` or ``.nii.gz``.
        cache_bytes: Memory for an unpacked image.
        reading: What the user said of the file.

    Raises:
        UnreadableFileError: If the file is cut off, damaged or no NIfTI image.
    """
    try:
        header, packed = _header(path)
        array, axes, rgb = _array(path, header, packed, cache_bytes)
        stated = _stated(header)
        return stored_volume(
            path, array, axes, stated, open_nifti, cache_bytes, reading, rgb=rgb, alpha=rgb and array.shape[-1] == 4
        )
    except DAMAGE as error:
        raise damaged(path, error) from error


def _head_size(head: bytes) -> int:
    """Bytes of the header, 0 where it is none."""
    sizes = {int.from_bytes(head[:4], order) for order in ("little", "big")}
    return next((size for size in _HEADS if size in sizes), 0)


def _has_magic(head: bytes, size: int) -> bool:
    return head[_MAGIC_AT[size] :].startswith((b"n+", b"ni"))


def _header(path: Path) -> tuple[Any, bool]:
    """The header as nibabel has it, unchecked, and whether the file is packed."""
    from nibabel import nifti1, nifti2

    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        with gzip.open(raw) if packed else raw as file:
            head = file.read(_LONGEST_HEAD)
    size = _head_size(head)
    if not size or len(head) < size or not _has_magic(head, size):
        raise UnreadableFileError(path, "its header is no NIfTI header.", hint="Copy it again from where it came from.")
    kind: Any = nifti1.Nifti1Header if _HEADS[size] == 1 else nifti2.Nifti2Header
    header = kind.from_fileobj(io.BytesIO(head), check=False)
    if bytes(header["magic"].tobytes()).startswith(b"ni"):
        raise UnreadableFileError(
            path, "its grey values are in another file (.img).", hint="Save both as one .nii file, in ITK-SNAP or Fiji."
        )
    return header, packed


def _array(path: Path, header: Any, packed: bool, cache_bytes: int) -> tuple[StoredArray, str, bool]:
    """The voxels, a letter for each axis, and whether they are colours."""
    dimensions = int(header["dim"][0])
    lengths = tuple(int(n) for n in header["dim"][1 : dimensions + 1])
    if not 1 <= dimensions <= 7 or min(lengths) < 1:
        raise UnreadableFileError(path, "its header states an impossible size.", details=str(header["dim"]))
    lengths += (1,) * (2 - len(lengths))
    dtype = header.get_data_dtype()
    shape, axes, rgb = lengths[::-1], "QQCTZYX"[-len(lengths) :], False
    if dtype.names is not None:  # red, green, blue and perhaps opacity beside each other
        shape, axes, rgb, dtype = (*shape, len(dtype.names)), axes + "S", True, np.dtype(np.uint8)
    offset = int(header["vox_offset"])
    least = int(header["sizeof_hdr"])
    layout = RawLayout(path, dtype, shape, max(offset, least), "gzip" if packed else "")
    array = raw_array(layout, cache_bytes)
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    scaled = np.isfinite([slope, inter]).all() and slope != 0 and (slope, inter) != (1.0, 0.0)
    return (ScaledArray(array, slope, inter) if scaled and not rgb else array), axes, rgb


@dataclass(frozen=True, slots=True)
class ScaledArray:
    """An array whose values are to be multiplied and shifted; float32, or float64 where 32 bits were stored.

    Attributes:
        array: As it is stored.
        slope: Factor.
        inter: What is added.
    """

    array: StoredArray
    slope: float
    inter: float

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Wide enough for what is stored."""
        return np.dtype(np.float64 if self.array.dtype.itemsize > 2 else np.float32)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part, scaled."""
        return (self.array[index] * np.float64(self.slope) + np.float64(self.inter)).astype(self.dtype)

    def release(self) -> None:
        """Let go of what was read."""
        release = getattr(self.array, "release", None)
        if release is not None:
            release()


def _stated(header: Any) -> Stated:
    affine, notes = _place(header)
    size, more = _voxel_size(header, affine)
    step = None
    if header["dim"][0] >= 4 and header["dim"][4] > 1:
        seconds = float(header["pixdim"][4]) * _SECONDS.get(_units(header)[1], 0.0)
        step = seconds if np.isfinite(seconds) and seconds > 0 else None
    return Stated(size, affine, time_step=step, notes=(*notes, *more, *place_notes(affine)))


def _units(header: Any) -> tuple[str, str]:
    """Units of length and time as nibabel names them; “unknown” for what the format does not know."""
    from nibabel.nifti1 import unit_codes

    code = int(header["xyzt_units"])
    names = []
    for part in (code & 7, code & 56):  # three bits each (nifti1.h, XYZT_TO_SPACE and XYZT_TO_TIME)
        try:
            names.append(str(unit_codes.label[part]))
        except KeyError:
            names.append("unknown")
    return names[0], names[1]


def _place(header: Any) -> tuple[Affine | None, tuple[str, ...]]:
    """Where the image lies, in millimetres; the matrix of the file comes before its rotation."""
    if int(header["sform_code"]) > 0:
        matrix = np.vstack([header["srow_x"], header["srow_y"], header["srow_z"], [0, 0, 0, 1]]).astype(np.float64)
    elif int(header["qform_code"]) > 0:
        try:
            matrix = np.asarray(header.get_qform(), dtype=np.float64)
        except DAMAGE:
            matrix = np.full((4, 4), np.nan)
    else:
        return None, ()
    matrix[:3] *= _MILLIMETRES.get(_units(header)[0], 1.0)
    affine = affine_of(matrix)
    return affine, () if affine else ("What it says of its place in the scanner makes no sense; none is taken.",)


def _voxel_size(header: Any, affine: Affine | None) -> tuple[VoxelSize, tuple[str, ...]]:
    """The size of a voxel: the edges of the header, or of its matrix where both differ."""
    edges = [float(v) for v in header["pixdim"][1:4]]
    unit = _units(header)[0]
    if int(header["dim"][0]) < 3:
        edges[2] = edges[2] if np.isfinite(edges[2]) and edges[2] > 0 else edges[0]
    if not all(np.isfinite(v) and v > 0 for v in edges):
        if affine is None:
            told = " × ".join(f"{v:.4g}" for v in edges)
            return VoxelSize.unknown(), (f"Its voxel size of {told} {ORDER} makes no sense; none is taken.",)
        return _in_unit(edges_of(affine), unit), ("Its voxel size makes no sense; that of its matrix is taken.",)
    if unit == "unknown" and edges == [1.0, 1.0, 1.0]:
        return VoxelSize.unknown(), ()
    notes = () if unit != "unknown" else ("It states no unit of length; millimetres are taken, as is usual in NIfTI.",)
    if affine is not None:
        matrix, stated = edges_of(affine), [v * _MILLIMETRES[unit] for v in edges[::-1]]
        if not np.allclose(matrix, stated, rtol=_CLOSE):
            return _in_unit(matrix, unit), (
                *notes,
                "Its voxel size differs from its matrix; that of the matrix is taken.",
            )
    return voxel_size(edges[2], edges[1], edges[0], _UNITS.get(unit, "mm")), notes


def _in_unit(edges: tuple[float, float, float], unit: str) -> VoxelSize:
    """Edges (z, y, x) in millimetres as a voxel size in the unit of the file."""
    z, y, x = (v / _MILLIMETRES[unit] for v in edges)
    return voxel_size(z, y, x, _UNITS.get(unit, "mm"))
