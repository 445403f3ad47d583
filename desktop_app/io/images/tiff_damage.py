"""Damaged TIFF files: how damage shows, and the sentence it gets."""

from __future__ import annotations

import logging
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tifffile

from desktop_app.core.errors import UnreadableFileError

DAMAGE = (
    tifffile.TiffFileError, OSError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError,
    struct.error, zlib.error, RuntimeError, EOFError, MemoryError, AssertionError,
)  # fmt: skip
"""What tifffile and its decoders raise when bytes are not what the header promises."""

_SIGNS = (
    "invalid page offset",
    "invalid offset to page",
    "invalid value offset",
    "corrupted",
    "requires a buffer",
    "circular",
)
_NEVER_MIND = "read_micromanager_metadata"  # comments and display settings at the end; often damaged, never needed
_LOGGER = logging.getLogger("tifffile")
_LOGGER.addHandler(logging.NullHandler())


class _Recorder(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._owner = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._owner:
            self.messages.append(record.getMessage())


@contextmanager
def complaints() -> Iterator[list[str]]:
    """What tifffile logs in this thread inside the block: it logs some damage instead of raising."""
    recorder = _Recorder()
    _LOGGER.addHandler(recorder)
    try:
        yield recorder.messages
    finally:
        _LOGGER.removeHandler(recorder)


def tells_of_damage(messages: list[str]) -> bool:
    """Whether any logged message means that bytes are missing."""
    return any(sign in message for message in messages if _NEVER_MIND not in message for sign in _SIGNS)


def cut_off(path: Path, complete: int, total: int, details: str = "") -> UnreadableFileError:
    """The sentence for a file that ends too early."""
    where = f" after {complete} of {total} slices" if total > 1 and complete < total else ""
    return UnreadableFileError(
        path,
        f"the file is cut off{where}.",
        hint="Copy it again from where it came from.",
        details=details or str(path),
    )


def damaged(path: Path, error: BaseException) -> UnreadableFileError:
    """The sentence for a file whose bytes make no sense."""
    if isinstance(error, FileNotFoundError):
        return UnreadableFileError(
            path, "it is not there any more.", hint="Was it moved or renamed?", details=repr(error)
        )
    if isinstance(error, PermissionError):
        return UnreadableFileError(path, "you have no right to read it.", details=repr(error))
    if isinstance(error, MemoryError):
        return UnreadableFileError(path, "it does not fit into memory.", details=repr(error))
    return UnreadableFileError(
        path, "the file is damaged or of an unusual kind.",
        hint="Copy it again, or open and save it as TIFF in Fiji.", details=f"{path}: {error!r}",
    )  # fmt: skip
