"""The start of a file, by which its kind is known, and whether it is a file at all."""

from __future__ import annotations

import errno
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.plain_files import NotAPlainFileError, open_plain

_ENOUGH = 512  # bytes: of all files NIfTI images name themselves last, at 344


def first_bytes(path: Path, count: int = _ENOUGH) -> bytes:
    """The start of a file.

    Raises:
        UnreadableFileError: If it is missing, a folder, empty, or may not be read.
    """
    try:
        with open_plain(path) as file:
            data = file.read(count)
    except FileNotFoundError as error:
        raise UnreadableFileError(path, "there is no such file.", hint="Was it moved or renamed?") from error
    except IsADirectoryError as error:
        raise UnreadableFileError(path, "it is a folder.") from error
    except PermissionError as error:
        raise UnreadableFileError(path, "you have no right to read it.", details=repr(error)) from error
    except NotAPlainFileError as error:
        raise UnreadableFileError(path, "it is a pipe or a device, not a file.", details=repr(error)) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnreadableFileError(path, "it is a link that leads in a circle.", details=repr(error)) from error
        raise UnreadableFileError(path, "the disk or network does not answer properly.", details=repr(error)) from error
    if not data:
        raise UnreadableFileError(
            path, "the file is empty (zero bytes).", hint="Copy it again from where it came from."
        )
    return data
