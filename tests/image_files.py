"""Image files that tests write for the program to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.images.registry import write_volume


def saved(path: Path, voxels: NDArray[Any], size: VoxelSize | None = None) -> Path:
    """Write voxels ``([C,] Z, Y, X)`` in the format that the ending says; makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume.from_array(voxels, voxel_size=size or VoxelSize.unknown())
    write_volume(path, volume.source, volume)
    return path
