"""Images as values: volumes, regions, planes, contrast and colours."""

from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.imaging.volume import ArraySource, Volume, VoxelSource
from desktop_app.core.imaging.voxel_size import VoxelSize

__all__ = ["ArraySource", "Index3", "Plane", "Region", "Volume", "VoxelSize", "VoxelSource"]
