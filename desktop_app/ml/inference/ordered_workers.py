"""Work on pieces in several threads: read ahead, bounded in memory, results in order."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_PATIENCE = 0.05  # s between two looks at whether to stop
_FAREWELL = 0.3  # s for threads to end; daemons need not
_END = -1  # no place has this number


@dataclass(slots=True)
class Timings:
    """Where the time went, in seconds; workers are added up.

    Attributes:
        reading: Making pieces ready.
        working: Workers at work.
        starved: Workers waiting for pieces.
        blocked: Workers waiting because results were not taken.
    """

    reading: float = 0.0
    working: float = 0.0
    starved: float = 0.0
    blocked: float = 0.0


class _Stopped(Exception):
    """Ends a thread that is no longer needed."""


class OrderedWorkers(Generic[T, R]):
    """Pieces are made in one thread, worked on by others, and taken in their order.

    Threads serve, because networks, decompression and NumPy let go of the interpreter while they compute; nothing is
    copied between processes.

    Args:
        pieces: Made one after the other, in the reading thread.
        workers: One thread each; every piece goes to whichever is free.
        ahead: Results that may be under way or waiting to be taken, at least one per worker.
        check: Called often by the thread that takes the results; may raise to stop everything.
        stop: Set when everything shall stop; workers may look at it to end sooner.
    """

    def __init__(
        self,
        pieces: Iterator[T],
        workers: Sequence[Callable[[T], R]],
        ahead: int,
        check: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        self.timings = Timings()
        self._pieces, self._check, self._stop = pieces, check, stop
        self._queue: queue.Queue[tuple[int, T | None]] = queue.Queue(maxsize=len(workers) + 1)
        self._free = threading.Semaphore(max(ahead, len(workers)))
        self._changed = threading.Condition()
        self._done: dict[int, R] = {}
        self._total: int | None = None
        self._error: BaseException | None = None
        self._threads = [threading.Thread(target=self._guarded, args=(self._read,), name="reading")]
        self._threads += [
            threading.Thread(target=self._guarded, args=(self._work, worker), name=f"worker {number}")
            for number, worker in enumerate(workers)
        ]

    def __iter__(self) -> Generator[R]:
        """Results in the order of the pieces.

        Raises:
            BaseException: The first error of any thread.
        """
        for thread in self._threads:
            thread.start()
        try:
            number = 0
            while (result := self._next(number)) is not None:
                yield result[0]
                number += 1
        finally:
            self._stop.set()
            for thread in self._threads:  # one in the midst of a long step ends after it, unheard
                thread.join(_FAREWELL)

    def _next(self, number: int) -> tuple[R] | None:
        while True:
            self._check()
            with self._changed:
                if self._error is not None:
                    raise self._error
                if number in self._done:
                    result = self._done.pop(number)
                    self._free.release()
                    return (result,)
                if self._total is not None and number >= self._total:
                    return None
                self._changed.wait(_PATIENCE)

    def _guarded(self, part: Callable[..., None], *arguments: Callable[[T], R]) -> None:
        try:
            part(*arguments)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - handed to the thread that takes the results
            if not self._stop.is_set():
                with self._changed:
                    self._error = self._error or error
                    self._changed.notify_all()

    def _read(self) -> None:
        number = 0
        start = time.perf_counter()
        for piece in self._pieces:
            self.timings.reading += time.perf_counter() - start
            self._put((number, piece))
            number += 1
            start = time.perf_counter()
        with self._changed:
            self._total = number
            self._changed.notify_all()
        self._put((_END, None))

    def _work(self, worker: Callable[[T], R]) -> None:
        while True:
            begin = time.perf_counter()
            self._wait(lambda: self._free.acquire(timeout=_PATIENCE))
            free = time.perf_counter()
            number, piece = self._get()
            if piece is None:
                self._put((_END, None))
                return
            got = time.perf_counter()
            result = worker(piece)
            with self._changed:
                self.timings.blocked += free - begin
                self.timings.starved += got - free
                self.timings.working += time.perf_counter() - got
                self._done[number] = result
                self._changed.notify_all()

    def _put(self, item: tuple[int, T | None]) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_PATIENCE)
                return
            except queue.Full:
                continue
        raise _Stopped

    def _get(self) -> tuple[int, T | None]:
        while not self._stop.is_set():
            try:
                return self._queue.get(timeout=_PATIENCE)
            except queue.Empty:
                continue
        raise _Stopped

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            if self._stop.is_set():
                raise _Stopped
