"""ND2 files written chunk by chunk, as the format describes them; there is no other writer than the microscope."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

_MAGIC, _ALIGNED = 0x0ABECEDA, 4096
_MAP_NAME, _MAP_END = b"ND2 FILEMAP SIGNATURE NAME 0001!", b"ND2 CHUNK MAP SIGNATURE 0000001!"
_TYPES = {bool: (1, "<B"), int: (3, "<I"), float: (6, "<d")}


def _name(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


def variant(name: str, value: Any) -> bytes:
    """A value as it stands in the metadata: a type, a name, and the value or others inside."""
    head = struct.pack("<B", len(name) + 1) + _name(name)
    if isinstance(value, dict):
        inside = b"".join(variant(key, each) for key, each in value.items())
        length = 1 + len(head) + 12 + len(inside)
        return b"\x0b" + head + struct.pack("<IQ", len(value), length) + inside + bytes(8 * len(value))
    if isinstance(value, str):
        return b"\x08" + head + _name(value)
    if isinstance(value, bytes):
        return b"\x09" + head + struct.pack("<Q", len(value)) + value
    number, form = _TYPES[type(value)]
    return bytes([number]) + head + struct.pack(form, value)


def _chunk(name: bytes, data: bytes, *, aligned: bool) -> bytes:
    room = _ALIGNED - 24 if aligned else len(name)  # so that pictures begin at whole pages, after their time
    return struct.pack("<IIQ", _MAGIC, room, len(data)) + name.ljust(room, b"\0") + data


def loop(kind: int, parameters: dict[str, Any], inner: dict[str, Any] | None = None, valid: bytes = b"") -> Any:
    """A loop of the recording with what runs inside of it."""
    below = {} if inner is None else {"ppNextLevelEx": {"i0": inner}}
    told = {"pItemValid": valid} if valid else {}
    return {"eType": kind, "uLoopPars": parameters, **told, **below}


def write_nd2(
    path: Path, frames: list[np.ndarray], names: list[str], experiment: dict[str, Any] | None, *,
    pixel: float | None = 0.25, packed: bool = False, spare: int = 0, left_out: tuple[int, ...] = (),
    components: int = 1, sample: str = "",
) -> Path:  # fmt: skip
    """A file of pictures (rows, columns, values of a pixel).

    Args:
        path: The file.
        frames: In the order of the loops.
        names: Of the channels.
        experiment: The outermost loop.
        pixel: Its width in µm, None where not calibrated.
        packed: Whether pictures are packed.
        spare: Bytes at the end of each row.
        left_out: Pictures that were never recorded.
        components: Colours of a channel.
        sample: What was typed as Sample ID.
    """
    first = frames[0]
    rows, columns, values = first.shape
    row_bytes = columns * values * first.itemsize + spare
    attributes = {
        "uiWidth": columns, "uiWidthBytes": row_bytes, "uiHeight": rows, "uiComp": values,
        "uiBpcInMemory": 8 * first.itemsize, "uiBpcSignificant": 8 * first.itemsize, "uiSequenceCount": len(frames),
        "eCompression": 0 if packed else 2,
    }  # fmt: skip
    planes = {f"a{i}": {"sDescription": name, "uiCompCount": components} for i, name in enumerate(names)}
    metadata = {
        "bCalibrated": pixel is not None, "dCalibration": pixel or 0.0,
        "sPicturePlanes": {"uiCount": len(names), "sPlaneNew": planes},
    }  # fmt: skip
    chunks = [(b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver3.0".ljust(64, b"\0"), False)]
    for number, frame in enumerate(frames):
        if number in left_out:
            continue
        lines = np.zeros((rows, row_bytes), np.uint8)
        lines[:, : row_bytes - spare] = np.ascontiguousarray(frame).view(np.uint8).reshape(rows, -1)
        data = zlib.compress(lines.tobytes()) if packed else lines.tobytes()
        chunks.append((f"ImageDataSeq|{number}!".encode(), bytes(8) + data, True))
    chunks += [
        (b"ImageAttributesLV!", variant("SLxImageAttributes", attributes), True),
        (b"ImageMetadataSeqLV|0!", variant("SLxPictureMetadata", metadata), True),
    ]
    if experiment is not None:
        chunks.append((b"ImageMetadataLV!", variant("SLxExperiment", experiment), True))
    if sample:
        texts = {f"TextInfoItem_{number}": text for number, text in ((2, "no group"), (3, sample))}
        chunks.append((b"ImageTextInfoLV!", variant("SLxImageTextInfo", texts), True))
    whole, places = b"", b""
    for name, data, aligned in chunks:
        places += name + struct.pack("<QQ", len(whole), len(data))
        whole += _chunk(name, data, aligned=aligned)
    at = len(whole)
    places += _MAP_END + struct.pack("<Q", at)
    path.write_bytes(whole + _chunk(_MAP_NAME, places, aligned=True))
    return path
