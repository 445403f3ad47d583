"""Bare systems to build on and to try packages in."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

import bare_system
import pytest
from failures import SetupError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bare systems are made on Linux")


def test_what_is_no_file_is_copied_as_it_is_and_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "dev").mkdir(parents=True)
    (root / "file").write_text("text", encoding="ascii")
    os.mkfifo(root / "dev" / "pipe")
    with suppress(PermissionError):  # root alone may make devices, and not in every container
        os.mknod(root / "dev" / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    bare_system.duplicate(root, tmp_path / "copy")
    for path in root.rglob("*"):
        copy = tmp_path / "copy" / path.relative_to(root)
        assert stat.S_IFMT(copy.lstat().st_mode) == stat.S_IFMT(path.lstat().st_mode), path


def test_a_system_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be copied"):
        bare_system.duplicate(tmp_path / "none", tmp_path / "copy")
