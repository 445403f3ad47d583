"""Images in several files: OME-TIFF sets, and what Micro-Manager leaves of several positions."""

from __future__ import annotations

import json
import struct
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

_OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
_PAGE_TAGS = 13
_PIXELS_AFTER = 162  # bytes from a page's tags to its pixels, as Micro-Manager always leaves them


def ramp(*shape: int) -> np.ndarray:
    """uint16 voxels that are all different, slice by slice and channel by channel."""
    return np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)


def write_ome_set(folder: Path, voxels: np.ndarray, axis: str, names: list[str], **options: Any) -> list[Path]:
    """A stack (C, Z, Y, X) whose slices or channels (``axis``) lie in one file each, every file with the whole text."""
    folder.mkdir(exist_ok=True)
    image = _image(0, voxels, axis, names, (2.0, 0.5))
    paths = []
    for number, name in enumerate(names):
        part = voxels[:, number : number + 1] if axis == "Z" else voxels[number : number + 1]
        pages = part.reshape(-1, *voxels.shape[2:])
        _write(folder / name, pages, _text([image], _id(name)), **options)
        paths.append(folder / name)
    return paths


def write_ome_positions(folder: Path, positions: list[np.ndarray], names: list[str]) -> list[Path]:
    """One file per position of the stage, (C, Z, Y, X) each, every file with the text of all; pixels grow by one."""
    folder.mkdir(exist_ok=True)
    images = [
        _image(n, voxels, "", [name], (2.0, 1.0 + n))
        for n, (voxels, name) in enumerate(zip(positions, names, strict=True))
    ]
    for voxels, name in zip(positions, names, strict=True):
        _write(folder / name, voxels.reshape(-1, *voxels.shape[2:]), _text(images, _id(name)))
    return [folder / name for name in names]


def write_micro_manager(path: Path, stack: np.ndarray, position: int, positions: int) -> None:
    """The file of one position of a Micro-Manager acquisition, a stack (Z, Y, X) uint16, with its index of pages."""
    slices, height, width = stack.shape
    facts = {
        "MicroManagerVersion": "2.0", "Prefix": path.name.split("_MMStack")[0], "Positions": positions, "Frames": 1,
        "Channels": 1, "Slices": slices, "SlicesFirst": True, "TimeFirst": False,
    }  # fmt: skip
    summary = json.dumps(facts).encode()
    summary += b" " * (-len(summary) % 2)
    size, first = _PIXELS_AFTER + height * width * 2, 40 + len(summary)
    index = first + slices * size
    head = (
        b"II*\0"
        + struct.pack("<I", first)
        + struct.pack("<8I", 54773648, index, 483765892, 0, 99384722, 0, 2355492, len(summary))
    )
    with path.open("wb") as file:
        file.write(head + summary)
        for z, picture in enumerate(stack):
            following = first + (z + 1) * size if z + 1 < slices else 0
            file.write(
                _page(first + z * size, width, height, len(summary), following) + picture.astype("<u2").tobytes()
            )
        file.write(struct.pack("<II", 3453623, slices))
        for z in range(slices):
            file.write(struct.pack("<5I", 0, z, 0, position, first + z * size))


def write_ndtiff(folder: Path, stack: np.ndarray, places: list[dict[str, int | str]], name: str = "a.tif") -> Path:
    """A folder as Micro-Manager leaves it since NDTiff 2, of one file with a stack (Z, Y, X) uint16.

    Args:
        folder: The folder.
        stack: Pictures.
        places: Of each picture along each axis.
        name: Of the file, as the index tells it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _, height, width = stack.shape
    summary = json.dumps({"Prefix": "a", "PixelSize_um": 0.5}).encode()
    summary += b" " * (-len(summary) % 2)
    size, first, index = _PIXELS_AFTER + height * width * 2, 24 + len(summary), b""
    with (folder / "a.tif").open("wb") as file:
        file.write(b"II*\0" + struct.pack("<5I", first, 483729, 2, 2355492, len(summary)) + summary)
        for z, picture in enumerate(stack):
            at = first + z * size
            following = at + size if z + 1 < len(stack) else 0
            file.write(_page(at, width, height, len(summary), following, 24) + picture.astype("<u2").tobytes())
            for text in (json.dumps(places[z]).encode(), name.encode()):
                index += struct.pack("<I", len(text)) + text
            index += struct.pack("<8I", at + _PIXELS_AFTER, width, height, 1, 0, 0, 0, 0)
    (folder / "NDTiff.index").write_bytes(index)
    return folder / "a.tif"


def _page(at: int, width: int, height: int, text: int, following: int, text_at: int = 40) -> bytes:
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, at + _PIXELS_AFTER),
        (277, 3, 1), (278, 4, height), (279, 4, width * height * 2), (282, 4, 1), (283, 4, 1), (296, 3, 1),
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    body += struct.pack("<HHII", 51123, 2, text, text_at)
    return struct.pack("<H", _PAGE_TAGS) + body + struct.pack("<I", following)


def _write(path: Path, pages: np.ndarray, text: str, **options: Any) -> None:
    tifffile.imwrite(path, pages, photometric="minisblack", description=text.encode(), metadata=None, **options)


def _id(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _text(images: list[str], own: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{_OME}" UUID="{own}">{"".join(images)}</OME>'


def _image(number: int, voxels: np.ndarray, axis: str, names: list[str], size: tuple[float, float]) -> str:
    channels, slices, rows, columns = voxels.shape
    places = ""
    for c, z in np.ndindex(channels, slices):
        name, page = {
            "Z": (names[z % len(names)], c), "C": (names[c % len(names)], z), "": (names[0], c * slices + z),
        }[axis]  # fmt: skip
        places += (
            f'<TiffData FirstC="{c}" FirstZ="{z}" IFD="{page}" PlaneCount="1">'
            f'<UUID FileName="{name}">{_id(name)}</UUID></TiffData>'
        )
    listed = "".join(f'<Channel ID="Channel:{number}:{c}" Name="c{c}" SamplesPerPixel="1"/>' for c in range(channels))
    facts = {
        "DimensionOrder": "XYZCT", "Type": "uint16", "SizeX": columns, "SizeY": rows, "SizeZ": slices,
        "SizeC": channels, "SizeT": 1, "PhysicalSizeX": size[1], "PhysicalSizeY": size[1], "PhysicalSizeZ": size[0],
    }  # fmt: skip
    described = " ".join(f'{key}="{value}"' for key, value in facts.items())
    return f'<Image ID="Image:{number}"><Pixels ID="Pixels:{number}" {described}>{listed}{places}</Pixels></Image>'
