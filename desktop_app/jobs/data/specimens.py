"""The specimens of images, by what files say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UserError
from desktop_app.io.datasets.specimen_tables import specimens_beside
from desktop_app.io.images.formats import format_of
from desktop_app.io.images.stored_voxels import DAMAGE

_REMEMBERED = 10_000  # files; the window asks again with each change


def _go_on() -> None:
    """Nobody stops it."""


def with_specimens(pairs: Sequence[PairConfig], stop: Callable[[], None] = _go_on) -> tuple[PairConfig, ...]:
    """Pairs with the group that a table beside the images, or the image file itself, names.

    Groups that the layout says stay. Nothing is taken where all would be of one specimen, or each of its own: then
    names may tell more.

    Args:
        pairs: Images; each file is opened, which takes its time on a server.
        stop: Called before each of them; raises where the user stops it.
    """
    free = [pair for pair in pairs if not pair.group]
    tables = specimens_beside(Path(pair.image) for pair in free)
    told = {}
    for pair in free:
        stop()
        told[pair.name] = tables.get(Path(pair.image)) or _said_by(Path(pair.image))
    if not 1 < len({told[name] or name for name in told}) < len(told):
        return tuple(pairs)
    return tuple(pair.model_copy(update={"group": told[pair.name]}) if told.get(pair.name) else pair for pair in pairs)


def _said_by(image: Path) -> str:
    try:
        state = image.stat()
    except OSError:
        return ""
    return _read(image, state.st_mtime_ns, state.st_size)


@lru_cache(_REMEMBERED)
def _read(image: Path, _changed: int, _size: int) -> str:
    """What a file says; a damaged one says nothing here, and is named where it is opened."""
    kind = format_of(image)
    if kind is None or kind.specimen is None:
        return ""
    try:
        return kind.specimen(image)
    except (UserError, *DAMAGE):
        return ""
