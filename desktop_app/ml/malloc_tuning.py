"""Freed memory: kept while training on a processor, given back after a part of a long work."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
_KEEP_BYTES = 2**30  # more than tensors of a step on a processor take
_USUAL_BYTES = 2**25  # the highest that glibc chooses by itself


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let the C library reuse the large blocks of one training step in the next.

    By default glibc hands large blocks back to the system and asks for them anew, which costs some hundred thousand
    page faults per step: about a tenth of the time of a 3D network on a processor. Afterwards the memory is given
    back, and blocks of 32 MB or more (the highest value that glibc itself adapts to) are returned at once again.
    Elsewhere than on glibc nothing happens.
    """
    library = _glibc()
    if library is None:
        yield
        return
    _set_thresholds(library, _KEEP_BYTES)
    try:
        yield
    finally:
        _set_thresholds(library, _USUAL_BYTES)
        library.malloc_trim(0)


def give_back_freed_memory() -> None:
    """Have the C library hand back what it keeps of arrays that are gone.

    By default glibc keeps what each thread has freed for its next array: 0.9 GB after slices of 2048 x 2048 px went
    through a network and became objects, beside which the labels are then painted. Elsewhere nothing happens.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def _set_thresholds(library: ctypes.CDLL, size: int) -> None:
    for threshold in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
        library.mallopt(threshold, size)
