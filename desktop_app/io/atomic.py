"""Files that are either old or new, never half written.

Everything is written under a temporary name in the same folder and then renamed, which the system does in one step.
"""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from desktop_app.core.errors import UnwritableFileError

_TRIES = 20
_UNIQUE = 10
_PAUSE_SECONDS = 0.05
_LONGEST_INNER_ENDING = 6  # characters with the dot, as in .ome.tif; longer ones are words of the name
_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full.", "Free some space, or choose a folder on another disk."),
    errno.EDQUOT: ("your share of the disk is used up.", "Free some space, or choose a folder on another disk."),
    errno.EACCES: ("you have no right to write there.", "Choose another folder, or ask for the right to write."),
    errno.EPERM: ("you have no right to write there.", "Choose another folder, or ask for the right to write."),
    errno.EROFS: ("the disk is read-only.", "Choose a folder on another disk."),
    errno.EFBIG: ("the disk does not take files of this size.", "Choose a folder on another disk."),
    errno.EISDIR: ("a folder has this name.", "Choose another name for the file."),
    errno.ENAMETOOLONG: ("the name is too long.", "Choose a shorter name or a folder nearer to the top."),
    errno.ENOTDIR: ("a file is in the way where a folder is needed.", "Choose another folder."),
    errno.EEXIST: ("a file is in the way where a folder is needed.", "Choose another folder."),
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failed write inside the block into one clear sentence about ``path``.

    Raises:
        UnwritableFileError: For a full disk, missing rights and every other refusal of the system.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UnwritableFileError:
    """The sentence for a write to ``path`` that the system refused."""
    said = error.strerror or str(error)
    reason, hint = _REASONS.get(error.errno or 0, (f"the system says “{said}”.", "Try another folder."))
    return UnwritableFileError(path, reason, hint=hint, details=f"{path}: {error!r}")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``; what the block writes there takes its place at the end, or vanishes on error.

    The temporary name keeps the suffix, so libraries that look at it work. Folders in front are made.

    Raises:
        UnwritableFileError: If the folder or the file cannot be written.
    """
    temporary = _beside(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new temporary folder beside ``path`` that takes its place at the end, or vanishes on error.

    Raises:
        UnwritableFileError: If the folder cannot be written.
    """
    temporary = _beside(path)
    try:
        with writing(path):
            temporary.mkdir(parents=True)
            yield temporary
            replace_folder(temporary, path)
    except BaseException:
        _remove_folder(temporary)
        raise


def remove_leftovers(path: Path) -> None:
    """Remove what a program that was killed has left of writing ``path``; not while another program writes it."""
    stem, ending = _parts(path)
    pattern = f".{glob.escape(stem)}.{'[0-9a-f]' * _UNIQUE}.tmp{glob.escape(ending)}"
    for left in path.parent.glob(pattern):
        if left.is_dir():
            _remove_folder(left)
        else:
            with suppress(OSError):
                left.unlink()


def _remove_folder(folder: Path) -> None:
    """Remove a folder into which threads of a failed writer may still be writing, and which they may make anew."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_PAUSE_SECONDS)
        if not folder.exists():
            return


def replace_folder(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``; a folder or file that was there is set aside first and removed last."""
    old = _beside(path)
    if path.exists():
        path.replace(old)
    try:
        new.replace(path)
    except OSError:
        if old.exists():
            old.replace(path)
        raise
    if old.is_dir():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Replace the file by ``data``, forced onto the disk before it takes the old one's place."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Replace the file by ``text`` in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Replace the file by ``value`` as indented JSON; NumPy-free values only."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=True) + "\n")


def _beside(path: Path) -> Path:
    stem, ending = _parts(path)
    return path.with_name(f".{stem}.{uuid4().hex[:_UNIQUE]}.tmp{ending}")


def _parts(path: Path) -> tuple[str, str]:
    """The name without its ending, cut to a safe length, and the ending, with both parts of ``.ome.zarr``."""
    suffixes = path.suffixes[-2:]
    if len(suffixes) == 2 and len(suffixes[0]) > _LONGEST_INNER_ENDING:
        suffixes = suffixes[1:]
    ending = "".join(suffixes)
    return path.name.removesuffix(ending)[:80], ending
