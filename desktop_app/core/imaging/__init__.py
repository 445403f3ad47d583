"""Images as values: volumes, regions, planes, contrast and colours."""

from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.imaging.resolutions import Resolution
from desktop_app.core.imaging.times import Times, describe_times, parse_times
from desktop_app.core.imaging.volume import Movie, Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.imaging.voxel_source import ArraySource, VoxelSource

__all__ = [
    "AS_STATED",
    "ArraySource",
    "ImageReading",
    "Index3",
    "Movie",
    "Plane",
    "Region",
    "Resolution",
    "Times",
    "Volume",
    "VoxelSize",
    "VoxelSource",
    "describe_times",
    "parse_times",
]
