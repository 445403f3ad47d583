"""Surfaces as files that other programs open: STL, OBJ, PLY and GLB.

Coordinates are x, y, z in the unit of the voxel size. STL, OBJ and PLY say it in a comment; GLB in ``extras``, because
glTF counts in metres and programs that show it would draw a cell of 10 µm too small to be found.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import write_bytes

_STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("unused", "<u2")])
# Numbers of the glTF 2.0 specification: float32, uint32, vertices, indices.
_FLOAT, _UINT, _VERTICES, _INDICES = 5126, 5125, 34962, 34963


@dataclass(frozen=True, slots=True)
class Surface:
    """One object as a file has it.

    Attributes:
        name: For example ``object_17``.
        points: (N, 3) float32 as (x, y, z).
        normals: (N, 3) float32 as (x, y, z).
        triangles: (M, 3) int32, anticlockwise from outside.
        color: RGB, 0 to 255.
    """

    name: str
    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int32]
    color: tuple[int, int, int]


def write_surfaces(path: Path, surfaces: Sequence[Surface], unit: str) -> None:
    """Write surfaces into one file, in the format of its ending.

    Args:
        path: Ends in ``.stl``, ``.obj``, ``.ply`` or ``.glb``.
        surfaces: What to write.
        unit: Of the coordinates, for example ``µm`` or ``voxels``.

    Raises:
        UserError: If the ending is none of these, or the file cannot be written.
    """
    write_bytes(path, surface_writer(path)(surfaces, unit))


def surface_writer(path: Path) -> Callable[[Sequence[Surface], str], bytes]:
    """What makes the bytes of such a file.

    Raises:
        UserError: If surfaces are not written in files with that ending.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UserError(f"“{path.name}” is no file for surfaces.", hint="Let its name end in .stl, .obj, .ply or .glb.")
    return writer


def _stl(surfaces: Sequence[Surface], unit: str) -> bytes:
    header = f"Voxelwright, coordinates in {unit.replace('µ', 'u')}".encode().ljust(80)  # bytes, as the format has it
    total = sum(len(s.triangles) for s in surfaces)
    parts = [header, struct.pack("<I", total)]
    for surface in surfaces:
        rows = np.zeros(len(surface.triangles), _STL_TRIANGLE)
        corners = surface.points[surface.triangles]
        spans = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(spans, axis=1, keepdims=True)
        rows["normal"] = spans / np.maximum(length, np.finfo(np.float32).tiny)
        rows["points"] = corners
        parts.append(rows.tobytes())
    return b"".join(parts)


def _obj(surfaces: Sequence[Surface], unit: str) -> bytes:
    text, first = io.StringIO(), 1
    text.write(f"# Voxelwright, coordinates in {unit}\n")
    for surface in surfaces:
        text.write(f"o {surface.name}\n")
        np.savetxt(text, surface.points, "v %.6g %.6g %.6g")
        np.savetxt(text, surface.normals, "vn %.4f %.4f %.4f")
        rows = np.repeat(surface.triangles + first, 2, axis=1)
        np.savetxt(text, rows, "f %d//%d %d//%d %d//%d")
        first += len(surface.points)
    return text.getvalue().encode()


def _ply(surfaces: Sequence[Surface], unit: str) -> bytes:
    names = ("x", "y", "z", "nx", "ny", "nz")
    vertex = np.dtype([*((n, "<f4") for n in names), *((n, "u1") for n in ("red", "green", "blue"))])
    face = np.dtype([("count", "u1"), ("corners", "<i4", 3)])  # of a triangle
    vertices = np.zeros(sum(len(s.points) for s in surfaces), vertex)
    faces = np.zeros(sum(len(s.triangles) for s in surfaces), face)
    faces["count"] = 3  # corners of a triangle
    row = triangle = 0
    for surface in surfaces:
        part = vertices[row : row + len(surface.points)]
        for names3, values in (("xyz", surface.points), (("nx", "ny", "nz"), surface.normals)):
            for name, column in zip(names3, values.T, strict=True):
                part[name] = column
        part["red"], part["green"], part["blue"] = surface.color
        faces["corners"][triangle : triangle + len(surface.triangles)] = surface.triangles + row
        row, triangle = row + len(surface.points), triangle + len(surface.triangles)
    lines = ["ply", "format binary_little_endian 1.0", f"comment Voxelwright, coordinates in {unit.replace('µ', 'u')}"]
    lines += [f"element vertex {row}", *(f"property float {name}" for name in names)]
    lines += [f"property uchar {name}" for name in ("red", "green", "blue")]
    lines += [f"element face {triangle}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(lines).encode("ascii") + vertices.tobytes() + faces.tobytes()


class _Glb:
    """A binary glTF file that grows object by object."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.length = 0
        self.lists: dict[str, list[Any]] = {
            name: [] for name in ("nodes", "meshes", "materials", "accessors", "bufferViews")
        }

    def add(self, surface: Surface) -> None:
        """One more node with its mesh and colour."""
        lists, number = self.lists, len(self.lists["nodes"])
        low, high = surface.points.min(axis=0).tolist(), surface.points.max(axis=0).tolist()
        place = self._accessor(surface.points, "VEC3", _FLOAT, _VERTICES, {"min": low, "max": high})
        normal = self._accessor(surface.normals, "VEC3", _FLOAT, _VERTICES, {})
        corner = self._accessor(surface.triangles.astype("<u4").reshape(-1), "SCALAR", _UINT, _INDICES, {})
        part = {"attributes": {"POSITION": place, "NORMAL": normal}, "indices": corner, "material": number}
        linear = [(c / 255) ** 2.2 for c in surface.color]  # glTF wants linear colour; 2.2 is the gamma of sRGB
        # Dull, so that the shape is seen; by eye.
        look = {"baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.7}
        lists["materials"].append({"name": surface.name, "pbrMetallicRoughness": look})
        lists["meshes"].append({"name": surface.name, "primitives": [part]})
        lists["nodes"].append({"name": surface.name, "mesh": number})

    def content(self, unit: str) -> bytes:
        """The whole file."""
        scene = {"nodes": list(range(len(self.lists["nodes"])))}
        about = {"version": "2.0", "generator": "Voxelwright", "extras": {"unit": unit}}
        tree = {"asset": about, "scene": 0, "scenes": [scene], "buffers": [{"byteLength": self.length}], **self.lists}
        words = json.dumps(tree, ensure_ascii=False).encode()
        words += b" " * (-len(words) % 4)  # bytes to which chunks are filled up
        total = 12 + 8 + len(words) + 8 + self.length  # bytes of the head, and of the head of each chunk
        return b"".join(
            [
                struct.pack("<4sII", b"glTF", 2, total), struct.pack("<I4s", len(words), b"JSON"), words,
                struct.pack("<I4s", self.length, b"BIN\0"), *self.parts,
            ]
        )  # fmt: skip

    def _accessor(self, values: NDArray[Any], kind: str, number: int, target: int, more: dict[str, Any]) -> int:
        data = np.ascontiguousarray(values).tobytes()
        view = {"buffer": 0, "byteOffset": self.length, "byteLength": len(data), "target": target}
        self.lists["bufferViews"].append(view)
        self.parts.append(data)
        self.length += len(data)  # all parts are made of numbers of four bytes: no padding is needed
        about = {"bufferView": len(self.lists["bufferViews"]) - 1, "componentType": number, "count": len(values)}
        self.lists["accessors"].append({**about, "type": kind, **more})
        return len(self.lists["accessors"]) - 1


def _glb(surfaces: Sequence[Surface], unit: str) -> bytes:
    file = _Glb()
    for surface in surfaces:
        file.add(surface)
    return file.content(unit)


_WRITERS: dict[str, Callable[[Sequence[Surface], str], bytes]] = {
    ".stl": _stl,
    ".obj": _obj,
    ".ply": _ply,
    ".glb": _glb,
}
SURFACE_ENDINGS = tuple(_WRITERS)
"""With a dot, in lower case; the first is used where the user names none."""
