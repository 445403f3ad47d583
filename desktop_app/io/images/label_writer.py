"""Label images written slab by slab, as the input was: axes, voxel size, format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.images.formats import FORMATS, format_of, listed
from desktop_app.io.images.image_format import LabelSink
from desktop_app.io.images.placing import in_place


class LabelWriter:
    """Takes the labels of a volume in slabs of whole slices, from the first to the last; of a movie time by time.

    Args:
        path: The file to be, for errors.
        sink: What the format does with them.
        shape: (Z, Y, X) of the whole volume.
        largest_id: The largest number that the format holds.
        times: Number of time points; after the last slice of one the first of the next is expected.
    """

    def __init__(
        self, path: Path, sink: LabelSink, shape: tuple[int, int, int], largest_id: int, times: int = 1
    ) -> None:
        self._path, self._sink, self._shape, self._largest_id = path, sink, shape, largest_id
        self._times, self._done = times, 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the file so far; it widens when an id needs it."""
        return self._sink.dtype

    def write(self, region: Region, values: NDArray[Any]) -> None:
        """Write the next slices: ``values`` (Z, Y, X), any integer type without negatives.

        Raises:
            ValueError: If ``region`` is not the next slab of whole slices, or a value is negative.
            UnwritableFileError: If a number is too large for the format.
        """
        time, first = divmod(self._done, self._shape[0])
        wanted = Region((first, 0, 0), (min(region.stop[0], self._shape[0]), *self._shape[1:]))
        if region != wanted or region.empty or time >= self._times:
            raise ValueError(f"Expected the slab from slice {first} of time point {time}, got {region}")
        if values.shape != region.shape or values.dtype.kind not in "bui":
            raise ValueError(f"Expected integers of shape {region.shape}, got {values.dtype} {values.shape}")
        if int(values.max(initial=0)) > self._largest_id:
            raise UnwritableFileError(
                self._path, f"this format holds object numbers up to {self._largest_id:,} only.",
                hint=f"Save the labels as {_endings()}.",
            )  # fmt: skip
        self._sink.append(values)
        self._done += len(values)

    def require_complete(self) -> None:
        """Every slice has been written.

        Raises:
            ValueError: If slices are missing.
        """
        if self._done != self._shape[0] * self._times:
            raise ValueError(f"Only {self._done} of {self._shape[0] * self._times} slices were written")


@contextmanager
def label_writer(
    path: Path, like: Volume, dtype: DTypeLike = np.uint8, *, all_times: bool = False
) -> Iterator[LabelWriter]:
    """A writer of the labels of ``like``; the file appears, whole, at the end of the block, and not at all on error.

    Args:
        path: Its ending names the format.
        like: The image that the labels belong to: its shape, axes and voxel size are kept; channels are dropped.
        dtype: The first guess, for example ``smallest_label_dtype(max_id)``; a larger id widens it.
        all_times: Of a movie labels of all time points come, one after the other; else of the one that ``like`` is.

    Raises:
        UnwritableFileError: If the file cannot be written: no rights, full disk, unknown ending, number too large.
        ValueError: If the block ends before the last slice.
    """
    form = format_of(path)
    if form is None or form.label_sink is None:
        raise UnwritableFileError(path, f"labels are saved as {_endings()}.", hint="Choose one of these endings.")
    like = like if all_times else like.alone()
    if like.times > 1 and "T" not in form.keeps.axes:
        raise UnwritableFileError(
            path, f"{form.title} cannot hold {like.times} time points.", hint=f"Save the labels as {_endings('T')}."
        )
    with in_place(form, path) as temporary, form.label_sink(temporary, like, np.dtype(dtype)) as sink:
        writer = LabelWriter(path, sink, like.shape, form.keeps.largest_id, like.times)
        yield writer
        writer.require_complete()


def _endings(axis: str = "") -> str:
    able = (form for form in FORMATS.values() if form.label_sink is not None and axis in form.keeps.axes)
    return listed([form.label_ending for form in able])
