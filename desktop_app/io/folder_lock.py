"""One folder, one program: a lock file with who holds it, and recovery where that program is gone."""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias
from uuid import uuid4

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import unwritable, writing
from desktop_app.io.json_files import read_json
from desktop_app.io.process_identity import ProcessIdentity

Refusal: TypeAlias = Callable[[str, str], UserError]
"""Makes an error of who holds the lock, such as ``anna, on this computer``, and of details for a report."""

_FILE = "lock.json"
_BEAT_SECONDS = 20.0  # six beats may be lost on a slow share before the lock counts as left behind
_STALE_SECONDS = 120.0  # without a beat from another computer; the price of a wrong guess is two writers
_HALF_WRITTEN_SECONDS = 2.0  # a lock without content may be that of a program which is just writing it
_GUARD_SECONDS = 10.0  # far longer than taking a lock takes: its holder has crashed
_PAUSE_SECONDS = 0.02  # with the number of attempts two seconds in all
_ATTEMPTS = 100  # each waits for another program that takes the lock just now
_held: set[str] = set()
"""Tokens of the locks that this process holds. One that it gave up while the folder was away is none of them."""


class FolderLock:
    """Held from ``__init__`` to ``release``, or by ``with``.

    On one computer the holder's process tells whether the lock still counts, whatever the clock says. From another
    computer (a shared disk) it counts until it was not refreshed for two minutes. The package filelock does not serve:
    its locks of the system are not seen from other computers on many shared disks, and its lock files do not say who
    holds them, or that the holder is gone.

    Args:
        folder: The folder.
        refusal: The error to raise if another program has the folder.

    Raises:
        UserError: As ``refusal`` makes it.
        UnwritableFileError: If the folder cannot be written.
    """

    def __init__(self, folder: Path, refusal: Refusal) -> None:
        self._refusal = refusal
        self._path = folder / _FILE
        self._token = uuid4().hex
        self.recovered = False
        _held.add(self._token)
        try:
            self._take(folder)
        except BaseException:
            _held.discard(self._token)
            raise
        self._stop = threading.Event()
        self._beat = threading.Thread(target=_beat, args=(self._path, self._stop), name="folder lock", daemon=True)
        self._beat.start()

    def release(self) -> None:
        """Give the folder free; may be called twice."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._beat.join()
        _held.discard(self._token)
        if _content(self._path).get("token") == self._token:
            with suppress(OSError):
                self._path.unlink()

    def require(self) -> None:
        """Make sure that the folder is still the one that was locked.

        Raises:
            UserError: If it is gone, or another program holds it by now: its drive was disconnected, or it was moved.
        """
        if _content(self._path).get("token") != self._token:
            folder = self._path.parent
            raise UserError(
                f"The folder {folder.name} is not there any more.",
                hint="Was its drive disconnected, or was it moved or renamed? Bring it back, then start this again.",
                details=str(folder),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _refused(self) -> UserError:
        held = _content(self._path)
        host = held.get("host", "another computer")
        where = "on this computer" if host == socket.gethostname() else f"on {host}"
        return self._refusal(f"{held.get('user', 'someone')}, {where}", json.dumps(held))

    def _take(self, folder: Path) -> None:
        for _ in range(_ATTEMPTS):
            try:
                with self._path.open("x", encoding="utf-8") as file:
                    json.dump(_myself(self._token), file)
                return
            except FileExistsError:
                self._recover_or_refuse(folder)
            except OSError as error:
                raise unwritable(folder, error) from error
        raise self._refused()

    def _recover_or_refuse(self, folder: Path) -> None:
        """Remove a stale lock; of several programs that try at once, one at a time looks and removes."""
        if not self._path.exists():
            return
        if _counts(_content(self._path), self._path):
            raise self._refused()
        guard = self._path.with_name(f"{_FILE}.recovery")
        with writing(folder):
            try:
                guard.open("x").close()
            except FileExistsError:
                if _age(guard) > _GUARD_SECONDS:
                    guard.unlink(missing_ok=True)
                time.sleep(_PAUSE_SECONDS)
                return
            try:
                if not _counts(_content(self._path), self._path):
                    self._path.unlink(missing_ok=True)
                    self.recovered = True
            finally:
                guard.unlink(missing_ok=True)


def _myself(token: str) -> dict[str, Any]:
    return {"token": token, "user": _user(), **ProcessIdentity.own().as_record()}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "someone"


def _content(path: Path) -> dict[str, Any]:
    try:
        data = read_json(path)
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _counts(held: dict[str, Any], path: Path) -> bool:
    """Whether the holder of the lock is still there."""
    holder = ProcessIdentity.of(held)
    if holder is not None and holder.is_here:
        return held.get("token") in _held if holder.pid == os.getpid() else holder.is_alive()
    return _age(path) < (_STALE_SECONDS if held else _HALF_WRITTEN_SECONDS)


def _age(path: Path) -> float:
    """Seconds since the last refresh, by the clock of the disk that the lock is on."""
    probe = path.with_name(f"{_FILE}.{uuid4().hex[:8]}")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _beat(path: Path, stop: threading.Event) -> None:
    while not stop.wait(_BEAT_SECONDS):
        with suppress(OSError):
            _refresh(path)


def _refresh(path: Path) -> None:
    """By writing what is there: a time that is set would be that of this computer's clock on some shares."""
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(first)
