"""The most memory that a piece of work takes, as far as the system tells."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PEAK, _RESET_PEAK = "VmHWM:", "5"  # Linux: proc_pid_status(5), proc_pid_clear_refs(5)


@contextmanager
def takes_at_most(count: int) -> Iterator[None]:
    """The block's peak lies at most so many bytes above the beginning; where no peak is known, its end.

    Args:
        count: Bytes.
    """
    before = psutil.Process().memory_info().rss
    with suppress(OSError):
        _RESET.write_text(_RESET_PEAK)
    yield
    assert _peak() - before <= count


@dataclass(slots=True)
class Taken:
    """Bytes that a block took above its beginning; 0 until it has ended."""

    count: int = 0


@contextmanager
def memory_taken() -> Iterator[Taken]:
    """How much the block takes; what was freed before goes back to the system first, so that it hides nothing."""
    taken = Taken()
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # glibc's
    before = psutil.Process().memory_info().rss
    with suppress(OSError):
        _RESET.write_text(_RESET_PEAK)
    yield taken
    taken.count = max(0, _peak() - before)


def _peak() -> int:
    with suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith(_PEAK) and _RESET.exists():
                return int(line.split()[1]) * 1024
    return psutil.Process().memory_info().rss
