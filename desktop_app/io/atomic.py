"""Files that are either old or new, never half written.

Everything is written under a temporary name in the same folder and then renamed, which the system does in one step.
No writer makes the folder that it writes into: where a drive was disconnected or a project moved, a folder made anew in
its place would swallow what is written. Whoever begins something new says so with ``make_folder`` or
``make_place``.
"""

from __future__ import annotations

import errno
import glob
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.io.file_names import shortened

_TRIES, _PAUSE_SECONDS = 20, 0.05
"""How long a folder is removed again and again: 1 s, longer than a thread takes to write one chunk into it."""
_ABANDONED_SECONDS = 24 * 3600.0  # far longer than a writer leaves between two files
_UNIQUE = 10
"""Hexadecimal digits in a temporary name; 40 bits do not meet twice in one folder."""
_LONGEST_INNER_ENDING = 6  # characters with the dot, as in .ome.tif; longer ones are words of the name
_SET_ASIDE_NAME = re.compile(rf"\.(?P<name>.+)\.[0-9a-f]{{{_UNIQUE}}}\.old")
_TEMPORARY_NAME = re.compile(rf"\.(?P<stem>.*)\.[0-9a-f]{{{_UNIQUE}}}\.tmp(?P<ending>(\..+)?)")
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
    errno.ENOENT: (
        "its folder is not there any more.",
        "Was the drive disconnected, or the folder moved or renamed? Bring it back, then try again.",
    ),
}


_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class writing:  # a verb where it is used
    """Turn a failed write inside the block into one clear sentence about ``path``; can be entered again and again.

    Raises:
        UnwritableFileError: For a full disk, missing rights and every other refusal of the system.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is done before something fails."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise unwritable(self._path, error) from error


def unwritable(path: Path, error: OSError) -> UnwritableFileError:
    """The sentence for a write to ``path`` that the system refused."""
    said = error.strerror or str(error)
    reason, hint = _REASONS.get(error.errno or 0, (f"the system says “{said}”.", "Try another folder."))
    return UnwritableFileError(path, reason, hint=hint, details=f"{path}: {error!r}")


def make_folder(folder: Path) -> None:
    """Make a folder and those in front of it, where something new begins.

    Raises:
        UnwritableFileError: If it cannot be made.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def make_place(path: Path) -> None:
    """Make the folder of a file or folder that is begun now, and remove what a killed program left of writing it.

    For what a user names, which no other program writes at the same time.

    Raises:
        UnwritableFileError: If the folder cannot be made.
    """
    make_folder(path.parent)
    remove_leftovers([path])


def disk_refuses(error: UserError) -> bool:
    """Whether an error says that a disk is full or takes nothing: what comes next would fail on it, too."""
    cause = error.__cause__
    return isinstance(error, UnwritableFileError) and isinstance(cause, OSError) and cause.errno in _OF_THE_DISK


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``; what the block writes there takes its place at the end, or vanishes on error.

    The temporary name keeps the suffix, so libraries that look at it work.

    Raises:
        UnwritableFileError: If the folder is not there, or the file cannot be written.
    """
    temporary = _beside(path)
    try:
        with writing(path):
            _require_folder(path.parent)
            yield temporary
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new temporary folder beside ``path`` that takes its place at the end, or vanishes on error.

    Raises:
        UnwritableFileError: If the folder in front is not there, or the folder cannot be written.
    """
    with temporary_folder(path) as temporary:
        yield temporary
        with writing(path):
            replace_folder(temporary, path)


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """A new folder beside ``path`` that is gone at the end, unless the block has given it another name.

    Raises:
        UnwritableFileError: If the folder in front is not there, or the folder cannot be written.
    """
    temporary = _beside(path)
    try:
        with writing(path):
            _require_folder(path.parent)
            temporary.mkdir()
            yield temporary
    finally:
        if temporary.exists():
            _remove_folder(temporary)


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Remove what a killed program has left of writing ``paths``; not while another program writes them.

    Each folder is looked through once, however many paths there are in it.
    """
    wanted: dict[Path, set[tuple[str, str]]] = {}
    for path in paths:
        wanted.setdefault(path.parent, set()).add(_parts(path))
    for folder, parts in wanted.items():
        for left in folder.glob(".*.tmp*"):
            match = _TEMPORARY_NAME.fullmatch(left.name)
            if match is None or (match["stem"], match["ending"]) not in parts:
                continue
            if left.is_dir():
                _remove_folder(left)
            else:
                with suppress(OSError):
                    left.unlink()


def remove_all_leftovers(folder: Path) -> None:
    """Remove what killed programs have left half written in ``folder`` and those inside, under whatever names.

    Only for who alone writes there, as the holder of its lock does.
    """
    for left in list(folder.rglob(".*.tmp*")):
        if _TEMPORARY_NAME.fullmatch(left.name):
            _remove(left)


def remove_abandoned(folder: Path) -> None:
    """Remove what killed programs have left half written in ``folder``, under whatever names.

    Only what was not touched for a day: another program may be writing there just now.
    """
    for left in folder.glob(".*.tmp*"):
        with suppress(OSError):
            if _TEMPORARY_NAME.fullmatch(left.name) and time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                _remove(left)


def _remove_folder(folder: Path) -> None:
    """Remove a folder into which threads of a failed writer may still be writing, and which they may make anew."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_PAUSE_SECONDS)
        if not folder.exists():
            return


def replace_folder(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``; a folder or file that was there is set aside first and removed last.

    A program killed between the two renames leaves the old one set aside; ``restore_set_aside`` puts it back, and the
    next replacement removes it.
    """
    old = path.with_name(f".{path.name}.{uuid4().hex[:_UNIQUE]}.old")
    if path.exists():
        path.replace(old)
    try:
        new.replace(path)
    except OSError:
        if old.exists():
            old.replace(path)
        raise
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.old"):
        match = _SET_ASIDE_NAME.fullmatch(left.name)
        if match is not None and match["name"] == path.name:
            _remove(left)


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as that goes."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def restore_set_aside(folder: Path) -> list[Path]:
    """Put back what a killed program had set aside in ``folder`` and not yet replaced; returns what came back.

    Not while another program writes there. What was set aside and is replaced already is removed.

    Raises:
        UnwritableFileError: If something cannot be put back.
    """
    restored = []
    for old in sorted(folder.glob(".*.old")):
        match = _SET_ASIDE_NAME.fullmatch(old.name)
        if match is None:
            continue
        path = old.with_name(match["name"])
        if not path.exists():
            with writing(path):
                old.replace(path)
            restored.append(path)
        else:
            _remove(old)
    return restored


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Replace the file by ``data``, forced onto the disk before it takes the old one's place."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Replace the file by ``text`` in UTF-8; what is no text in the name of a file is escaped, as JSON escapes it."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Replace the file by ``value`` as indented JSON; NumPy-free values only."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=True) + "\n")


def intended_name(path: Path) -> str:
    """The name, without ending, that a file or folder will have, for texts in it: also where ``path`` is temporary."""
    match = _TEMPORARY_NAME.fullmatch(path.name)
    return match["stem"] if match else _parts(path)[0]


def _require_folder(folder: Path) -> None:
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(folder))


def _beside(path: Path) -> Path:
    stem, ending = _parts(path)
    return path.with_name(f".{stem}.{uuid4().hex[:_UNIQUE]}.tmp{ending}")


def _parts(path: Path) -> tuple[str, str]:
    """The name without its ending, cut to a safe length, and the ending, with both parts of ``.ome.zarr``."""
    suffixes = path.suffixes[-2:]
    if len(suffixes) == 2 and len(suffixes[0]) > _LONGEST_INNER_ENDING:
        suffixes = suffixes[1:]
    ending = "".join(suffixes)
    return shortened(path.name.removesuffix(ending)), ending
