"""Folders inside a data set, and what is joined of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets.layout import FoundPairs
from desktop_app.io.images.registry import is_image_file
from desktop_app.io.natural_order import by_name
from desktop_app.io.projects import PROJECT_SUFFIX

DEEPEST = 4
"""Folders below: experiment, day, plate, well; deeper ones are given by themselves."""
_OF_RESULTS = ("config.json", "summary.csv")  # what a batch writes beside the labels that it makes


_ask: ContextVar[Callable[[], None]] = ContextVar("ask", default=lambda: None)


@contextmanager
def search_stopped_by(ask: Callable[[], None]) -> Iterator[None]:
    """Within it, what looks through folders calls ``ask`` at each one; an error that it raises ends the search.

    Counts for this thread alone. Whoever types a path names ``/`` and ``/home`` on the way, and may drop a whole disk.
    """
    token = _ask.set(ask)
    try:
        yield
    finally:
        _ask.reset(token)


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, in counting order; hidden ones are left out.

    Raises:
        UnreadableFileError: If the folder may not be read.
    """
    _ask.get()()
    try:
        found = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder may not be read.", details=repr(error)) from error
    return by_name(found)


def may_hold_data(folder: Path) -> bool:
    """Whether a folder further inside is looked into: no link, project, image or results of a batch."""
    if folder.is_symlink() or folder.name.endswith(PROJECT_SUFFIX) or is_image_file(folder):
        return False
    return not all((folder / name).is_file() for name in _OF_RESULTS)


def joined(found: Iterable[FoundPairs]) -> FoundPairs | None:
    """What several folders hold together; pairs of one name are told apart by their part. None of nothing."""
    parts = list(found)
    if not parts:
        return None
    pairs = _distinct([pair for part in parts for pair in part.pairs])
    return FoundPairs(pairs, tuple(path for part in parts for path in part.unmatched))


def _distinct(pairs: list[PairConfig]) -> tuple[PairConfig, ...]:
    names = [p.name for p in pairs]
    return tuple(p.model_copy(update={"name": f"{p.role}/{p.name}"}) if names.count(p.name) > 1 else p for p in pairs)
