"""Errors about files of a project name the image, not the file with its random name, and advise what is possible."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError

_SPACE, _RIGHT = "Free some space on that disk.", "Make the folder of the project writable again."
_HINTS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: _RIGHT,
}
"""Labels belong to their project: another folder cannot be chosen for them."""
KEPT = "What you painted is kept until then."


@contextmanager
def naming(title: str, kept: str = KEPT) -> Iterator[None]:
    """Say ``title``, such as ``the labels of cell 3``, in errors inside the block; if empty, nothing changes.

    Args:
        title: How the user knows what is written or read.
        kept: What the user need not fear for where it cannot be written; nothing if empty.

    Raises:
        UnwritableFileError: In other words.
        UnreadableFileError: In other words.
    """
    try:
        yield
    except UnwritableFileError as error:
        if not title:
            raise
        cause = error.__cause__
        hint = _HINTS.get(cause.errno or 0, error.hint) if isinstance(cause, OSError) else error.hint
        hint = hint if kept in hint else f"{hint} {kept}".strip()
        raise UnwritableFileError(
            error.path, error.reason, hint=hint, details=error.details, what=title
        ) from cause  # fmt: skip
    except UnreadableFileError as error:
        if not title:
            raise
        raise UnreadableFileError(
            error.path, error.reason, hint=error.hint, details=error.details, what=title
        ) from error.__cause__
