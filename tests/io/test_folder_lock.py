"""One folder, one program."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from desktop_app.core.errors import UserError
from desktop_app.io import folder_lock
from desktop_app.io.folder_lock import FolderLock


def busy(holder: str, details: str) -> UserError:
    return UserError(f"taken by {holder}", details=details)


def fail(folder: Path) -> None:
    with FolderLock(folder, busy):
        raise ZeroDivisionError


def test_one_at_a_time(tmp_path: Path) -> None:
    with FolderLock(tmp_path, busy), pytest.raises(UserError, match=r"taken by .*, on this computer"):
        FolderLock(tmp_path, busy)
    FolderLock(tmp_path, busy).release()


def test_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_comes_back_after_its_lock_was_given_up_is_free(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "a.vwproj", tmp_path / "elsewhere"
    folder.mkdir()
    lock = FolderLock(folder, busy)
    folder.rename(elsewhere)
    lock.release()
    elsewhere.rename(folder)
    with FolderLock(folder, busy) as again:
        again.require()
        with pytest.raises(UserError, match="taken by"):
            FolderLock(folder, busy)


HOLDER = """
import sys
from pathlib import Path

from desktop_app.io.folder_lock import FolderLock

with FolderLock(Path(sys.argv[1]), lambda holder, details: OSError(holder)):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("seconds", [-7200.0, 7200.0])
def test_a_lock_of_another_program_holds_when_the_clock_is_set(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Linux the times at which processes began move with the clock, as psutil tells them."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began, now = psutil.Process.create_time, time.time
        if sys.platform == "linux":
            monkeypatch.setattr(psutil.Process, "create_time", lambda self: began(self) + seconds)
        monkeypatch.setattr(time, "time", lambda: now() + seconds)
        for _ in range(2):  # a lock that was not believed would be gone after the first
            with pytest.raises(UserError, match=r"taken by .*, on this computer"):
                FolderLock(tmp_path, busy)
        holder.communicate("\n")
    with FolderLock(tmp_path, busy) as lock:
        assert not lock.recovered


def test_a_lock_of_another_computer_holds_though_its_clock_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some shares take a time that is set from the computer that sets it; what is written gets that of the disk."""
    real, late = os.utime, (time.time() - 3600,) * 2
    monkeypatch.setattr(os, "utime", lambda path, *_: real(path, late))
    monkeypatch.setattr(folder_lock, "_BEAT_SECONDS", 0.005)
    monkeypatch.setattr(socket, "gethostname", lambda: "far")
    with FolderLock(tmp_path, busy):
        path = tmp_path / "lock.json"
        real(path, late)
        while path.stat().st_mtime == late[0]:
            time.sleep(0.005)
        monkeypatch.setattr(socket, "gethostname", lambda: "near")
        with pytest.raises(UserError, match=r"taken by .*, on far"):
            FolderLock(tmp_path, busy)
