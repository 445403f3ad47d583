"""The folder for intermediate files of one image, and what of it outlives an interrupted run."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled
from desktop_app.io.atomic import write_text, writing
from desktop_app.jobs.batch.inputs import BatchCase

_MARK = "settings.lasting"
_LASTING = "*.lasting"


@contextmanager
def working_folder(case: BatchCase, mark: str, *, anew: bool = False) -> Iterator[Path]:
    """A hidden folder beside the results, gone at the end of the block.

    Where the block was cancelled, or ended by what the user can put right, files named ``*.lasting`` stay. The next
    block finds them if its mark is the same and the program is of the same version.

    Args:
        case: The image.
        mark: Changes when anything changes that intermediate files depend on.
        anew: Whether what an earlier block left is not used.

    Raises:
        UnwritableFileError: If the folder cannot be made.
    """
    folder = case.labels.parent / f".{case.stem}.working"
    wanted = f"{metadata.version('voxelwright')} {mark}"
    if anew or _mark_of(folder) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _clear(folder)
    with writing(folder):
        folder.mkdir(exist_ok=True)
    write_text(folder / _MARK, wanted)
    try:
        yield folder
    except (JobCancelled, UserError, MemoryError):
        _clear(folder)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def clear_working_folders(folders: Iterable[Path]) -> None:
    """Remove what killed batches have left in their working folders, also of images that this one does not label.

    Files named ``*.lasting`` stay, with which their images go on. Only for who alone writes there.
    """
    for folder in folders:
        for working in folder.glob(".*.working"):
            with suppress(OSError):
                if _mark_of(working) is not None or not any(working.iterdir()):
                    _clear(working)


def _mark_of(folder: Path) -> str | None:
    try:
        return (folder / _MARK).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _clear(folder: Path) -> None:
    """Remove all but lasting files; the folder, too, where none holds anything."""
    kept = {path for path in folder.glob(_LASTING) if path.is_file()}
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path not in kept:
            with suppress(OSError):
                path.unlink()
    if not any(path.stat().st_size for path in kept if path.name != _MARK):
        shutil.rmtree(folder, ignore_errors=True)
