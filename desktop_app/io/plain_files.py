"""Regular files alone: a named pipe lets a reader wait for ever, and a device such as ``/dev/zero`` never ends."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO


class NotAPlainFileError(OSError):
    """A pipe, a device or a socket stands where a file should be."""


def require_plain(path: Path) -> int:
    """Look at a file without opening it; links to files are followed. Returns its bytes.

    Raises:
        NotAPlainFileError: If it is a pipe, a device or a socket.
        OSError: If it is missing or a folder.
    """
    found = path.stat()
    _require_plain(found.st_mode, path)
    return found.st_size


def open_plain(path: Path) -> IO[bytes]:
    """Open a file for reading; links to files are followed.

    Raises:
        NotAPlainFileError: If it is a pipe, a device or a socket.
        OSError: If it is missing, a folder, or may not be read.
    """
    require_plain(path)  # a device may act when it is opened, so it is not even that
    # without waiting for the other end of a pipe, which may have taken the place of the file meanwhile
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _require_plain(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def is_plain(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder, which mostly knows by itself what it is, is a file; links to files are followed."""
    with suppress(OSError):  # a link in a circle
        return entry.is_file()
    return False


def is_no_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is neither file nor folder: a pipe, a device, a link that leads nowhere."""
    with suppress(OSError):
        return not (entry.is_file() or entry.is_dir())
    return True


def _require_plain(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise NotAPlainFileError(errno.EINVAL, "not a regular file", str(path))
