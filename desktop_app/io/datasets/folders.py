"""Folders inside a data set, and what is joined of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets.layout import FoundPairs
from desktop_app.io.natural_order import natural_key


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, in counting order; hidden ones are left out.

    Raises:
        UnreadableFileError: If the folder may not be read.
    """
    try:
        found = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder may not be read.", details=repr(error)) from error
    return sorted(found, key=lambda p: natural_key(p.name))


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
