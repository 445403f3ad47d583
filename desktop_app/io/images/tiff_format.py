"""TIFF as an image format: images and labels written page by page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps, LabelSink, signatures
from desktop_app.io.images.label_dtype import widened
from desktop_app.io.images.tiff import open_tiff, tiff_series
from desktop_app.io.images.tiff_image import files_of_image
from desktop_app.io.images.tiff_specimen import tiff_specimen
from desktop_app.io.images.tiff_writer import TiffPages


def write_tiff(path: Path, source: VoxelSource, like: Volume) -> None:
    """Write a compressed TIFF: ImageJ style for uint8, uint16, float32 and RGB, OME for other types.

    Args:
        path: The file.
        source: Voxels (C, Z, Y, X).
        like: Gives voxel size, channel names, all time points, and whether the channels are colours.
    """
    rgb = like.rgb and source.shape[0] == 3
    shape = (like.times, *source.shape)
    step = None if like.movie is None else like.movie.step
    with TiffPages(
        path, shape, source.dtype, like.voxel_size, rgb=rgb, channel_names=like.channel_names, time_step=step
    ) as pages:
        for one in [source] if like.movie is None else [volume.source for volume in like.each_time()]:
            for picture in _pictures(one, rgb=rgb):
                pages.append(picture)


def _pictures(source: VoxelSource, *, rgb: bool) -> Iterator[NDArray[Any]]:
    """The pictures of a time point in the order of a file: channels of a slice follow each other."""
    channels, slices, rows, columns = source.shape
    for z in range(slices):
        slab = Region((z, 0, 0), (z + 1, rows, columns))
        pictures = [source.read(c, slab)[0] for c in range(channels)]
        yield from [np.stack(pictures, axis=-1)] if rgb else pictures


@contextmanager
def tiff_labels(path: Path, like: Volume, dtype: np.dtype[Any]) -> Iterator[LabelSink]:
    """Labels as compressed TIFF: ImageJ style up to uint16, OME for uint32, BigTIFF beyond 4 GB."""
    with closing(TiffLabels(path, like, dtype)) as labels:
        yield labels


class TiffLabels:
    """A label file that grows page by page.

    Args:
        path: The file.
        like: The image that the labels belong to: shape, time points and voxel size.
        dtype: First guess of the type; when an id needs a wider one, the pages so far are written again.
    """

    def __init__(self, path: Path, like: Volume, dtype: np.dtype[Any]) -> None:
        self._path, self._like, self._dtype, self._done = path, like, dtype, 0
        self._pages = self._started(path)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pages so far."""
        return self._dtype

    def append(self, values: NDArray[Any]) -> None:
        """Write the next slices (Z, Y, X)."""
        wider = widened(self._dtype, values)
        if wider != self._dtype:
            self._rewrite(wider)
        for picture in values:
            self._pages.append(picture.astype(self._dtype))
        self._done += len(values)

    def close(self) -> None:
        """Finish the file."""
        self._pages.close()

    def _started(self, path: Path) -> TiffPages:
        like = self._like
        step = None if like.movie is None else like.movie.step
        return TiffPages(path, (like.times, 1, *like.shape), self._dtype, like.voxel_size, time_step=step)

    def _rewrite(self, dtype: np.dtype[Any]) -> None:
        """Copy the slices so far into a file of a wider type."""
        self._pages.close()
        narrow = self._path.with_name(self._path.name + ".narrow")
        self._dtype = dtype
        if self._done == 0:
            self._path.unlink()
            self._pages = self._started(self._path)
            return
        shutil.move(self._path, narrow)
        try:
            self._pages = self._started(self._path)
            with tifffile.TiffFile(narrow) as tif:
                for page in tif.pages:
                    self._pages.append(page.asarray().reshape(self._like.shape[1:]).astype(dtype))
        finally:
            narrow.unlink(missing_ok=True)


_KIND = "a TIFF image"
TIFF = ImageFormat(
    name="tiff",
    title="TIFF",
    kind="TIFF image",
    endings=(".tif", ".tiff", ".ome.tif", ".ome.tiff"),
    open=open_tiff,
    series=tiff_series,
    sniff=signatures(dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _KIND)),
    files=files_of_image,
    specimen=tiff_specimen,
    label_endings=(".tif", ".tiff", ".ome.tif", ".ome.tiff"),
    keeps=Keeps(axes="TCZYX"),
    write=write_tiff,
    label_sink=tiff_labels,
    label_ending=".tif",
)
