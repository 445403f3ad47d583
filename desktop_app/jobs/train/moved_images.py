"""A run whose images were moved: they are found again by their names, where the user says they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path, PureWindowsPath

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.io.datasets import images_in_folder

_FILES = ("image", "labels", "mask")
"""Fields of a pair that name a file."""
_MOST_NAMED = 3  # files in a sentence


def gone(config: TrainingConfig) -> tuple[Path, ...]:
    """Files that a run needs and that are not where it knows them; those of unused images do not count."""
    return tuple(path for pair in config.dataset.pairs for path in _named(pair) if not path.exists())


def gone_words(files: Sequence[Path]) -> str:
    """A sentence that names files which are not where they were."""
    one = len(files) == 1
    return f"{_list_of(files)} {'is' if one else 'are'} not where the training knows {'it' if one else 'them'}."


def require_there(config: TrainingConfig) -> None:
    """Refuse to go on with a run whose files are gone.

    Raises:
        UserError: If some are, with the way to say where they are now.
    """
    if files := gone(config):
        raise UserError(
            gone_words(files),
            hint="Say where the images are now: “Resume training” in the window asks for the folder, on the command "
            "line --dataset FOLDER beside --resume.",
        )


def moved(config: TrainingConfig, folders: Sequence[Path]) -> TrainingConfig:
    """The configuration of a run with its files where they are now: those that are gone, or all if none is.

    A file is told by its name and as many of the folders around it as are called as before; else by its name alone, as
    image or as labels, in a folder of any known layout.

    Args:
        config: Of the run.
        folders: Where to look, in this order.

    Raises:
        UserError: If a folder is missing, or a file is in none of them.
    """
    old = gone(config) or tuple(path for pair in config.dataset.pairs for path in _named(pair))
    wanted = [(pair, name) for pair in config.dataset.pairs for name in _FILES if _path(pair, name) in old]
    found = _found(wanted, folders)
    lost = [_path(pair, name) for pair, name in wanted if str(_path(pair, name)) not in found]
    if lost:
        where = " and ".join(folder.name or str(folder) for folder in folders)
        raise UserError(
            f"{_list_of([path for path in lost if path is not None])} cannot be found in {where}.",
            hint="Choose the folder that holds images and labels, under the names that they had when the training "
            "began.",
        )
    pairs = tuple(
        pair.model_copy(
            update={name: found[str(path)] for name in _FILES if (path := _path(pair, name)) and str(path) in found}
        )
        for pair in config.dataset.pairs
    )
    return config.model_copy(update={"dataset": config.dataset.model_copy(update={"pairs": pairs})})


def _named(pair: PairConfig) -> Iterator[Path]:
    if pair.role != "unused":
        yield from (path for name in _FILES if (path := _path(pair, name)) is not None)


def _path(pair: PairConfig, name: str) -> Path | None:
    text = getattr(pair, name)
    return None if text is None else Path(text)


def _found(wanted: Sequence[tuple[PairConfig, str]], folders: Sequence[Path]) -> dict[str, str]:
    """The new places by the old ones; what two files would be is neither."""
    by_name = cache(_by_name)  # looks through the folder, so only where it must
    places: dict[str, str] = {}
    for pair, name in wanted:
        old = str(getattr(pair, name))
        around = (_as_before(old, folder, least=2) for folder in folders)
        alone = (by_name(folder).get((name, _parts(old)[-1])) for folder in folders)
        bare = (_as_before(old, folder, least=1) for folder in folders)
        place = next(filter(None, (*around, *alone, *bare)), None)
        if place is not None:
            places[old] = place
    counts = Counter(places.values())
    return {old: new for old, new in places.items() if counts[new] == 1}


def _as_before(old: str, folder: Path, least: int) -> str | None:
    """A file in a folder, below folders that are called as those around the old one, as many of these as can be."""
    parts = _parts(old)
    for first in range(len(parts) - least + 1):
        place = folder.joinpath(*parts[first:])
        if place.exists():
            return str(place)
    return None


def _parts(old: str) -> tuple[str, ...]:
    """The names in a path, which may be of another system."""
    path = PureWindowsPath(old)
    return path.parts[1:] if path.anchor else path.parts


def _by_name(folder: Path) -> dict[tuple[str, str], str]:
    """The files of a data set by what they are and by their names; those whose name is there twice are left out."""
    files = {(name, str(path)) for pair in images_in_folder(folder) for name in _FILES if (path := _path(pair, name))}
    counts = Counter((name, Path(path).name) for name, path in files)
    return {(name, Path(path).name): path for name, path in files if counts[name, Path(path).name] == 1}


def _list_of(files: Sequence[Path]) -> str:
    paths = [PureWindowsPath(file) for file in files]
    counts = Counter(path.name for path in paths)
    names = [path.name if counts[path.name] == 1 else f"{path.parent.name}/{path.name}" for path in paths]
    others = len(names) - _MOST_NAMED
    more = f" and {others} more file{'s' * (others > 1)}" if others > 0 else ""
    return ", ".join(names[:_MOST_NAMED]) + more
