"""Errors about files of a project name the image, not the file with its random name, and advise what is possible."""

from __future__ import annotations

import errno

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


class naming:  # a verb where it is used
    """Say ``title``, such as ``the labels of cell 3``, in errors inside the block; if empty, nothing changes.

    It can be entered again and again, and no stroke of a brush waits for it.

    Args:
        title: How the user knows what is written or read.
        kept: What the user need not fear for where it cannot be written; nothing if empty.

    Raises:
        UnwritableFileError: In other words.
        UnreadableFileError: In other words.
    """

    __slots__ = ("_kept", "_title")

    def __init__(self, title: str, kept: str = KEPT) -> None:
        self._title, self._kept = title, kept

    def __enter__(self) -> None:
        """Nothing is done before something fails."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and self._title:
            self._say_again(error)

    def _say_again(self, error: BaseException) -> None:
        cause = error.__cause__
        if isinstance(error, UnwritableFileError):
            hint = _HINTS.get(cause.errno or 0, error.hint) if isinstance(cause, OSError) else error.hint
            hint = hint if self._kept in hint else f"{hint} {self._kept}".strip()
            raise UnwritableFileError(
                error.path, error.reason, hint=hint, details=error.details, what=self._title
            ) from cause
        if isinstance(error, UnreadableFileError):
            raise UnreadableFileError(
                error.path, error.reason, hint=error.hint, details=error.details, what=self._title
            ) from cause
