"""One folder, one program."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
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
