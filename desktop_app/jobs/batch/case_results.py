"""What is written for one image of a batch: labels, further labels, table; all of them or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Note
from desktop_app.io.atomic import remove_leftovers
from desktop_app.io.images.label_writer import LabelWriter, label_writer
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch.inputs import BatchCase
from desktop_app.objects.columns import Column, columns_of, table_rows
from desktop_app.objects.confidence import ConfidenceMeter
from desktop_app.objects.measure import StreamingMeasurer

_BYTES_OF_MAPS = 16  # of a voxel: float32, and what the likeliest class is chosen from
_BYTES_AT_ONCE = 32 * 2**20  # of the image while objects are measured: little beside the budget of 0.25 GB or more


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """What was written for an image.

    Attributes:
        objects: Number of objects, None for class labels.
        table: The object table, None if not wanted.
        more: Further label files beside the result.
    """

    objects: int | None
    table: Path | None
    more: tuple[Path, ...] = ()


class CaseResults:
    """Label files that grow slab by slab and time point by time point, and the table.

    The files appear at the end of the block, all of them; none does where the block or the last of them fails.

    Args:
        case: The image.
        volume: Opened, with the time points for which labels will come.
        measure: Whether a table is wanted.
        ctx: Asked whether to go on, and told what is odd.
    """

    def __init__(self, case: BatchCase, volume: Volume, measure: bool, ctx: JobContext) -> None:
        self._case, self._volume, self._wants_table, self._ctx = case, volume, measure, ctx
        self._files: dict[Path, tuple[LabelWriter, ExitStack]] = {}
        self._rows: list[dict[str, Any]] = []
        self._columns: tuple[Column, ...] = ()
        self._objects: int | None = 0

    @property
    def labelled(self) -> CaseFiles:
        """What was written."""
        more = tuple(path for path in self._files if path != self._case.labels)
        return CaseFiles(self._objects, self._case.table if self._wants_table else None, more)

    def add(self, volume: Volume, stream: Any) -> None:
        """Write the labels of the next time point.

        Args:
            volume: The image at that time.
            stream: Labels slab by slab and further ones, as recipes give them.
        """
        measurer, meter = StreamingMeasurer(volume.shape, volume.voxel_size), ConfidenceMeter()
        whole, likely = self._volume, stream.likely if stream.counts else None
        self._columns = columns_of(whole.voxel_size, whole.channels, flat=whole.is_2d, confidence=likely is not None)
        writer = self._writer(self._case.labels, counts=stream.counts)
        for region, labels in stream.slabs:
            self._ctx.raise_if_cancelled()
            if self._wants_table:
                _measure(measurer, region, labels, volume)
                if likely is not None:
                    _ask_how_likely(meter, region, labels, likely)
            writer.write(region, labels)
            del labels
        for suffix, slabs in stream.more.items():
            writer = self._writer(self._case.beside(suffix), counts=stream.counts)
            for region, labels in slabs:
                self._ctx.raise_if_cancelled()
                writer.write(region, labels)
                del labels
        self._objects = self._objects + len(stream.class_of) if stream.counts and self._objects is not None else None
        if measurer.left_out:
            self._ctx.report(Note("warning", f"{self._case.path.name}: {measurer.left_out}"))
        if self._wants_table:
            time = volume.time if self._volume.times > 1 else None
            self._rows += table_rows(measurer.rows(stream.class_of, confidence=meter.means()), self._columns, time)

    def __enter__(self) -> CaseResults:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for _, stack in self._files.values():
                stack.__exit__(kind, error, trace)
            return
        written: list[Path] = []
        try:
            for path, (_, stack) in self._files.items():
                stack.close()
                written.append(path)
            if self._wants_table:
                times = ["time"] if self._volume.times > 1 else []
                write_csv(self._case.table, self._rows, [*times, *(column.name for column in self._columns)])
        except BaseException as failed:
            for path, (_, stack) in self._files.items():
                if path not in written:
                    stack.__exit__(type(failed), failed, failed.__traceback__)
            for path in written:
                remove_result(path)
            raise

    def _writer(self, path: Path, *, counts: bool) -> LabelWriter:
        """The writer of a label file, made when its first labels come."""
        if path not in self._files:
            remove_leftovers([path])
            stack = ExitStack()
            dtype = np.uint16 if counts else np.uint8
            writer = stack.enter_context(label_writer(path, self._volume, dtype, all_times=True))
            self._files[path] = writer, stack
        return self._files[path][0]


def remove_result(labels: Path) -> None:
    """Take a label file or folder away again."""
    if labels.is_dir():
        shutil.rmtree(labels, ignore_errors=True)
    else:
        with suppress(OSError):
            labels.unlink(missing_ok=True)


def _measure(measurer: StreamingMeasurer, region: Region, labels: NDArray[np.uint32], volume: Volume) -> None:
    """Add a slab; grey values are read only where there are objects, several slices at a time."""
    for box, part in _parts(region, labels, volume.channels * volume.dtype.itemsize):
        measurer.add(box, part, volume.read_channels(box) if part.any() else None)


def _ask_how_likely(
    meter: ConfidenceMeter, region: Region, labels: NDArray[np.uint32], likely: Callable[[Region], NDArray[np.float32]]
) -> None:
    """Add a slab; maps are read only where there are objects, several slices at a time."""
    for box, part in _parts(region, labels, _BYTES_OF_MAPS):
        if part.any():
            meter.add(part, likely(box))


def _parts(
    region: Region, labels: NDArray[np.uint32], bytes_of_voxel: int
) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
    """Whole slices of a slab, as many at a time as little memory takes."""
    slices = max(1, _BYTES_AT_ONCE // (labels.shape[1] * labels.shape[2] * bytes_of_voxel))
    for first in range(0, labels.shape[0], slices):
        part, start = labels[first : first + slices], region.start[0] + first
        yield Region((start, *region.start[1:]), (start + part.shape[0], *region.stop[1:])), part
