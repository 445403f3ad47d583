"""Objects of slices, made in threads or in processes, in order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.job import JobContext, Note
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.slice_runs import SliceWork, runs_of_slice

_PATIENCE = 0.05  # s between two looks at whether to stop
_Found = tuple[SliceRuns, NDArray[np.uint8]]
_Maps = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


class SlicePool:
    """Workers that make objects of maps.

    Threads share memory, and suffice where the network is slow. Behind a fast GPU they would take turns with each
    other for the interpreter, so processes do the work there; if these cannot be started or end, threads go on.

    Args:
        work: What is done to a slice.
        workers: How many.
        processes: Whether they are processes.
        ctx: Hears if processes end.
    """

    def __init__(self, work: SliceWork, workers: int, processes: bool, ctx: JobContext) -> None:
        self._work, self._workers, self._ctx = work, workers, ctx
        self._waiting: deque[tuple[Future[_Found], _Maps]] = deque()
        self._pool: Executor
        if processes:
            self._pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
        else:
            self._pool = ThreadPoolExecutor(workers, "objects")

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether the next slice should wait until one was taken."""
        return len(self._waiting) > 2 * self._workers

    @property
    def ready(self) -> bool:
        """Whether the oldest slice is done."""
        return bool(self._waiting) and self._waiting[0][0].done()

    def submit(self, maps: _Maps) -> None:
        """Take the class numbers, the heatmap and the offsets of the next slice."""
        try:
            self._waiting.append((self._pool.submit(runs_of_slice, *maps, self._work), maps))
        except BrokenProcessPool:
            self._waiting.append((Future(), maps))
            self._go_on_with_threads()

    def take(self, check: Callable[[], None]) -> _Found:
        """The oldest slice.

        Args:
            check: Called often while it is not done; may raise to stop.
        """
        while True:
            check()
            try:
                found = self._waiting[0][0].result(timeout=_PATIENCE)
            except TimeoutError:
                continue
            except BrokenProcessPool:
                self._go_on_with_threads()
                continue
            self._waiting.popleft()
            return found

    def close(self) -> None:
        """End the workers; what was not started is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _go_on_with_threads(self) -> None:
        self._ctx.report(Note("warning", "Helper processes could not be used; going on without them, more slowly."))
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = ThreadPoolExecutor(self._workers, "objects")
        again = [maps for _, maps in self._waiting]
        self._waiting.clear()
        for maps in again:
            self.submit(maps)
