"""How many slices at a time are made objects of, so that memory stays within its budget."""

from __future__ import annotations

import os
from dataclasses import dataclass

from desktop_app.ml.recipes.panoptic.maps import SliceMapsSource

_SHARES = {"network": 0.4, "objects": 0.2, "runs": 0.1}
"""Of the memory budget; that of a network on a GPU is free for objects."""
_OBJECT_BYTES_PER_PIXEL = {False: 24, True: 56}
"""Of a slice on its way to objects, without and with fine boundaries (measured)."""
_MOST_THREADS = 8
"""More threads only wait for each other."""
_MOST_PROCESSES = 12  # with more the one that hands out slices should be the slowest; not measured
_PROCESS_BYTES = 120 * 2**20
"""Of a helper process with its libraries (measured)."""
_SPARED = 2
"""Processors left to the network and to the window."""
_SLICES_PER_PROCESS = 8
"""Fewer slices do not pay for starting a process."""
_WORTH_PROCESSES = 128 * 1024**2
"""Pixels: making objects of fewer takes less time than the processes take to start, about five seconds."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """How objects are made of the slices of a stack.

    Attributes:
        workers: For making objects of maps.
        processes: Whether these are processes.
        run_bytes: Runs kept in memory.
        least_bytes: Memory that a single slice takes on its way.
    """

    workers: int
    processes: bool
    run_bytes: int
    least_bytes: int


def object_plan(slices: SliceMapsSource, memory: int, fine: bool = False) -> ObjectPlan:
    """How objects are made of slices.

    Args:
        slices: Their maps.
        memory: The budget in bytes.
        fine: Whether objects are told apart at full resolution.
    """
    rows, columns = slices.size
    pixels = max(1, rows * columns)
    room = memory * (_SHARES["objects"] + (_SHARES["network"] if slices.on_gpu else 0.0))
    workers, processes = _workers(slices.on_gpu, len(slices), pixels, room, _OBJECT_BYTES_PER_PIXEL[fine])
    return ObjectPlan(
        workers=workers,
        processes=processes,
        run_bytes=int(memory * _SHARES["runs"]),
        least_bytes=pixels * (_OBJECT_BYTES_PER_PIXEL[fine] + 2 * (1 + 2 * slices.classes)),
    )


def _workers(on_gpu: bool, slices: int, pixels: int, room: float, pixel_bytes: int) -> tuple[int, bool]:
    """How many make objects, and whether in processes: behind a GPU where there is enough to do for them to pay."""
    processors = os.cpu_count() or 1
    fitting = int(room / (pixels * pixel_bytes))
    many = int(room / (pixels * pixel_bytes + _PROCESS_BYTES))
    wanted = min(_MOST_PROCESSES, processors - _SPARED, many, slices // _SLICES_PER_PROCESS)
    if on_gpu and pixels * slices >= _WORTH_PROCESSES and wanted > 1:
        return wanted, True
    return max(1, min(_MOST_THREADS, processors, fitting)), False
