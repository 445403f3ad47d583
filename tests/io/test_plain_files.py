"""Only regular files are opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.plain_files import NotAPlainFileError, open_plain


def test_files_and_links_to_them_are_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "link"):
        with open_plain(tmp_path / name) as file:
            assert file.read() == b"abc"


def test_folders_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "none")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotAPlainFileError):
            open_plain(path)
        with pytest.raises(UnreadableFileError, match="it is a pipe or a device, not a file"):
            first_bytes(path)
