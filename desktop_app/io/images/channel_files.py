"""Images of which each channel is a file of its own, as nnU-Net has them: CASE_0000, CASE_0001 in its folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Movie, Region, Volume, VoxelSource
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.shown_name import shown_name
from desktop_app.io.json_files import read_json

_DESCRIPTION = "dataset.json"


@dataclass(frozen=True, slots=True)
class ChannelFiles:
    """Channels of several sources, one after the other.

    Attributes:
        sources: Of one size.
        dtype: In which all their values fit.
    """

    sources: tuple[VoxelSource, ...]
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return sum(source.shape[0] for source in self.sources), *self.sources[0].shape[1:]

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        for source in self.sources:
            if channel < source.shape[0]:
                return source.read(channel, region).astype(self.dtype, copy=False)
            channel -= source.shape[0]
        raise IndexError(f"There is no such channel of {self.shape[0]}")

    def release(self) -> None:
        """Let go of what was read."""
        for source in self.sources:
            release = getattr(source, "release", None)
            if release is not None:
                release()


def joined_channels(name: str, volumes: Sequence[Volume]) -> Volume:
    """One image of the files of its channels, with place and voxel size of the first, and a name of its own.

    Raises:
        UnreadableFileError: If they differ in size or time points.
    """
    first = volumes[0]
    path = first.path or Path(first.name)
    for other in volumes[1:]:
        if (other.shape, other.times) != (first.shape, first.times):
            raise UnreadableFileError(
                path,
                f"{_file(other)}, another channel of it, has {shown_size(other.shape)} voxels {ORDER}, and the first "
                f"channel has {shown_size(first.shape)}.",
                hint="Bring all channels of an image onto one grid first.",
            )
    dtype = np.result_type(*(volume.dtype for volume in volumes))
    movies = [volume.movie for volume in volumes if volume.movie is not None]
    movie = None
    if len(movies) == len(volumes):
        movie = Movie(
            first.times, lambda time: ChannelFiles(tuple(one.source(time) for one in movies), dtype), movies[0].step
        )
    notes = (note for volume in volumes for note in (*volume.notes, *_other_place(first, volume)))
    return replace(
        first,
        source=ChannelFiles(tuple(volume.source for volume in volumes), dtype),
        movie=movie,
        name=name,
        channel_names=stated_names(path, sum(volume.channels for volume in volumes)),
        axes=_with_channels(first.axes),
        rgb=False,
        notes=tuple(dict.fromkeys(notes)),
        stored_axes="",
        stored_shape=(),
        smaller=(),
    )


def _with_channels(axes: str) -> str:
    """Axes of a file, with that of the channels before the slices, or the rows of a picture."""
    inner = "ZYX" if "Z" in axes else "YX"
    return axes if "C" in axes else axes.replace(inner, f"C{inner}")


def _other_place(first: Volume, other: Volume) -> tuple[str, ...]:
    """A sentence where a channel says that it lies elsewhere, or has other voxels."""
    places = [volume.affine for volume in (first, other)]
    alike = None in places or np.allclose(np.asarray(places[0]), np.asarray(places[1]), atol=1e-3)  # mm: rounding
    if alike and first.voxel_size.same_as(other.voxel_size):
        return ()
    return (f"{_file(other)} says that it lies elsewhere, or has other voxels, than the first channel, which counts.",)


def stated_names(path: Path, channels: int) -> tuple[str, ...]:
    """Names of the channels of a file, as the description of its data set has them; none where it has others."""
    try:
        stated = read_json(path.parent.parent / _DESCRIPTION)
    except (OSError, ValueError):
        return ()
    names = (stated.get("channel_names") or stated.get("modality")) if isinstance(stated, dict) else None
    found = [names.get(str(number)) for number in range(channels)] if isinstance(names, dict) else []
    kept = tuple(name for name in found if isinstance(name, str) and name)
    return kept if len(kept) == channels == len(set(kept)) else ()


def _file(volume: Volume) -> str:
    return shown_name(volume.path or volume.name)
