"""The XML file that BigDataViewer puts beside its HDF5 file or N5 folder: names and voxel sizes of what lies in it.

Source: imagej.net/plugins/bdv.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from desktop_app.core.imaging import VoxelSize
from desktop_app.io.images.voxel_sizes import voxel_size


def setups_of(path: Path) -> dict[int, tuple[str, VoxelSize]]:
    """Title and voxel size by number of the setup; nothing where there is no such file.

    Args:
        path: The file or folder of the voxels.
    """
    try:
        setups = ET.parse(path.with_suffix(".xml")).getroot().iter("ViewSetup")
        return {int(_of(s, "id")): (_of(s, "name") or f"setup {_of(s, 'id')}", _size(s)) for s in setups}
    except (OSError, ET.ParseError, ValueError):
        return {}


def _of(element: ET.Element, tag: str) -> str:
    found = element.find(tag)
    return (found.text or "").strip() if found is not None else ""


def _size(setup: ET.Element) -> VoxelSize:
    edges = [float(v) for v in _of(setup, "voxelSize/size").split()]
    if len(edges) != 3:
        return VoxelSize.unknown()
    return voxel_size(edges[2], edges[1], edges[0], _of(setup, "voxelSize/unit"))
