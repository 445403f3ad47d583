"""Reads slices beside the window's thread, newest request first, and keeps the last ones."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.recently_used import bytes_of, recently_used

_Read = TypeVar("_Read")
WAIT_SECONDS = 0.012  # within one frame of 16 ms: what is read by then shows without flicker


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read for a request.

    Attributes:
        pictures: Image slices, or grey values, by the key under which they are kept.
        labels: Label slices by the key under which they are kept.
        errors: Why a picture or labels (by their key) cannot be read.
        seconds: That the longest of the pictures took.
    """

    pictures: dict[Hashable, NDArray[Any]] = field(default_factory=dict)
    labels: dict[Any, NDArray[np.uint32]] = field(default_factory=dict)
    errors: dict[Hashable, UserError] = field(default_factory=dict)
    seconds: float = 0.0


_Load: TypeAlias = Callable[[], Loaded]


@dataclass(frozen=True, slots=True)
class SliceResult:
    """What became of a request.

    Attributes:
        key: What was asked for.
        version: As given with the request.
        loaded: What was read.
    """

    key: Hashable
    version: int
    loaded: Loaded


@dataclass(slots=True)
class ReadRequest:
    """Something to read.

    Attributes:
        key: Names it.
        version: Handed back with the result.
        load: Reads it.
    """

    key: Hashable
    version: int
    load: _Load
    finished: threading.Event = field(default_factory=threading.Event)
    result: SliceResult | None = None


class SliceLoader(QObject):
    """One thread that reads; it starts with the first request and ends with ``stop``.

    Args:
        budget_bytes: For kept image slices.

    Signals:
        ready: ``SliceResult`` of each request, also of those that ``fetch`` answered.
    """

    ready = Signal(object)

    def __init__(self, budget_bytes: int = 256 * 2**20, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept = recently_used(budget_bytes, bytes_of)
        self._requests: OrderedDict[str, ReadRequest] = OrderedDict()
        self._later: list[ReadRequest] = []
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def fetch(self, slot: str, request: ReadRequest, wait: float = WAIT_SECONDS) -> SliceResult | None:
        """What was requested if it comes within ``wait`` seconds; otherwise None, and ``ready`` follows.

        A newer request for the same ``slot`` replaces one that has not started.
        """
        with self._lock:
            self._requests[slot] = request
            self._requests.move_to_end(slot)
            self._start()
            self._lock.notify()
        request.finished.wait(wait)
        return request.result

    def set_budget(self, budget_bytes: int) -> None:
        """Keep so many bytes; what was used longest ago goes."""
        with self._lock:
            kept, self._kept = self._kept, recently_used(budget_bytes, bytes_of)
            for key, picture in kept.items():
                self._kept[key] = picture

    def prefetch(self, requests: list[ReadRequest]) -> None:
        """Read these when nothing else is to do; earlier such requests are dropped."""
        with self._lock:
            self._later = list(requests)
            if requests:
                self._start()
                self._lock.notify()

    def kept(self, key: Hashable) -> NDArray[Any] | None:
        """An image slice read before, if it is still there."""
        with self._lock:
            return self._kept.get(key)

    def forget(self) -> None:
        """Drop all requests and kept slices: another volume is shown."""
        with self._lock:
            self._requests.clear()
            self._later.clear()
            self._kept.clear()

    def stop(self) -> None:
        """End the thread; waits for the slice that is being read."""
        with self._lock:
            self._stopping = True
            self._lock.notify()
        if self._thread is not None:
            self._thread.join(timeout=10)  # s: a slice is read, from a network drive too
            self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._work, name="slice reader", daemon=True)
            self._thread.start()

    def _next(self) -> ReadRequest | None:
        with self._lock:
            while not self._stopping:
                if self._requests:
                    return self._requests.popitem()[1]
                if self._later:
                    return self._later.pop(0)
                self._lock.wait()
        return None

    def _work(self) -> None:
        while (request := self._next()) is not None:
            result = _read(request)
            self._keep(result.loaded.pictures)
            request.result = result
            request.finished.set()
            if not self._stopping:
                self.ready.emit(result)

    def _keep(self, pictures: dict[Hashable, NDArray[Any]]) -> None:
        with self._lock:
            for key, picture in pictures.items():
                self._kept[key] = picture


def _read(request: ReadRequest) -> SliceResult:
    found = tried(request.load)
    loaded = Loaded(errors={request.key: found}) if isinstance(found, UserError) else found
    return SliceResult(request.key, request.version, loaded)


def tried(read: Callable[[], _Read]) -> _Read | UserError:
    """What ``read`` gives, or why it can't."""
    try:
        return read()
    except UserError as error:
        return error
    except (OSError, ValueError, MemoryError) as error:
        return UserError("This slice cannot be read.", hint="Is the file complete?", details=repr(error))
