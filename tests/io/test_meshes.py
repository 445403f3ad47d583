from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.io.meshes import SURFACE_ENDINGS, Surface, write_surfaces

POINTS = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 4]], np.float32)
TRIANGLES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)


def tetrahedron(name: str, shift: float = 0) -> Surface:
    normals = np.tile(np.float32([0, 0, 1]), (4, 1))
    return Surface(name, POINTS + np.float32(shift), normals, TRIANGLES, (255, 128, 0))


@pytest.fixture(params=SURFACE_ENDINGS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    out = tmp_path / f"cells{request.param}"
    write_surfaces(out, [tetrahedron("object_3"), tetrahedron("object_5", 10)], "µm")
    return out


def read_back(path: Path) -> tuple[np.ndarray, bytes]:
    """Corners (M, 3, 3) of all triangles, read as the specification of the format says, and the raw bytes."""
    return {".stl": _stl, ".obj": _obj, ".ply": _ply, ".glb": _glb}[path.suffix](path.read_bytes()), path.read_bytes()


def _stl(data: bytes) -> np.ndarray:
    count = struct.unpack("<I", data[80:84])[0]
    assert len(data) == 84 + 50 * count
    rows = [struct.unpack("<12fH", data[84 + 50 * i : 134 + 50 * i]) for i in range(count)]
    return np.array([row[3:12] for row in rows]).reshape(-1, 3, 3)


def _obj(data: bytes) -> np.ndarray:
    lines = [line.split() for line in data.decode().splitlines()]
    points = np.array([[float(v) for v in line[1:]] for line in lines if line[0] == "v"])
    faces = [[int(corner.split("//")[0]) - 1 for corner in line[1:]] for line in lines if line[0] == "f"]
    return points[np.array(faces)]


def _ply(data: bytes) -> np.ndarray:
    header, body = data.split(b"end_header\n", 1)
    count = int(header.split(b"element vertex ")[1].split()[0])
    points = np.array([struct.unpack("<6f3B", body[27 * i : 27 * i + 27])[:3] for i in range(count)])
    assert body[24:27] == bytes((255, 128, 0))
    rest = body[27 * count :]
    faces = [struct.unpack("<B3i", rest[i : i + 13])[1:] for i in range(0, len(rest), 13)]
    return points[np.array(faces)]


def _glb(data: bytes) -> np.ndarray:
    magic, version, total = struct.unpack("<4sII", data[:12])
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length = struct.unpack("<I", data[12:16])[0]
    tree: dict[str, Any] = json.loads(data[20 : 20 + length])
    assert [node["name"] for node in tree["nodes"]] == ["object_3", "object_5"]
    assert tree["asset"]["extras"]["unit"] == "µm"
    body, corners = data[28 + length :], []
    for mesh in tree["meshes"]:
        part = mesh["primitives"][0]
        points, faces = (_view(tree, body, at) for at in (part["attributes"]["POSITION"], part["indices"]))
        corners.append(points.reshape(-1, 3)[faces.reshape(-1, 3)])
    return np.concatenate(corners)


def _view(tree: dict[str, Any], body: bytes, number: int) -> np.ndarray:
    accessor = tree["accessors"][number]
    view = tree["bufferViews"][accessor["bufferView"]]
    kind = {5126: "<f4", 5125: "<u4"}[accessor["componentType"]]
    return np.frombuffer(body[view["byteOffset"] : view["byteOffset"] + view["byteLength"]], kind)


def test_what_is_written_is_read(path: Path) -> None:
    corners, data = read_back(path)
    expected = np.concatenate([POINTS[TRIANGLES], POINTS[TRIANGLES] + 10])
    np.testing.assert_allclose(corners, expected, atol=1e-5)
    assert b"um" in data or "µm".encode() in data


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cells\.fbx"):
        write_surfaces(tmp_path / "cells.fbx", [tetrahedron("a")], "µm")
