"""Errors that a user can understand and act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from desktop_app.core.shown_name import shown, shown_name


class UserError(Exception):
    """Something the user can fix; shown as one clear sentence, never as a traceback.

    Args:
        message: What happened, to which file, in the user's words.
        hint: What to do about it.
        details: Technical text for a report, never shown first.
    """

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        """The message with its hint, as one line for logs and consoles."""
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by value, so that workers can hand the error over."""
        return _rebuild, (type(self), self.message, self.hint, self.details)


@contextmanager
def errors_told(tell: Callable[[UserError], object]) -> Iterator[None]:
    """Tell what the user can put right instead of raising it; the block ends there, what follows it goes on.

    Args:
        tell: Hears of it, as a signal or a notifier.
    """
    try:
        yield
    except UserError as error:
        tell(error)


class NotEnoughMemoryError(UserError):
    """A computation needs more memory than there is; with less at once it may go on."""


def _rebuild(kind: type[UserError], message: str, hint: str, details: str) -> UserError:
    error = kind.__new__(kind)
    UserError.__init__(error, message, hint=hint, details=details)
    return error


class _FileError(UserError):
    """A file that something cannot be done to, with the reason and what to do about it.

    Args:
        path: The file.
        reason: Why, as the end of a sentence.
        hint: What to do about it.
        details: Technical text for a report.
        what: How the user knows it, where the name of the file says nothing.
    """

    verb: ClassVar[str]

    def __init__(self, path: Path | str, reason: str, *, hint: str = "", details: str = "", what: str = "") -> None:
        self.path, self.reason = Path(path), reason
        message = f"Cannot {self.verb} {shown(what) or shown_name(path)}: {shown(reason)}"
        super().__init__(message, hint=shown(hint), details=shown(details or str(path)))


class UnreadableFileError(_FileError):
    """A file that cannot be read."""

    verb = "open"


class MissingLabelsError(UnreadableFileError):
    """Labels that were there are gone; the user may put them back, or begin with empty ones."""


class UnwritableFileError(_FileError):
    """A file or folder that cannot be written: no rights, or a full disk."""

    verb = "write"


class OfflineError(UserError):
    """A server that cannot be reached: no internet, or the server is down."""


class ProjectLockedError(UserError):
    """The project is open in another window or on another computer."""
