"""How the chunk files of labels come onto the disk."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from desktop_app.io.labels.chunks import _write_all


@pytest.mark.parametrize(("seconds", "threads"), [(2e-6, {"own"}), (4e-3, {"own", "other"})])
def test_files_are_forced_side_by_side_only_where_that_takes_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float, threads: set[str]
) -> None:
    now, forced, seen = [0.0], [], set()

    def force(file: Any) -> None:
        now[0] += seconds
        forced.append(os.fstat(file.fileno()).st_ino)
        seen.add("own" if threading.current_thread() is threading.main_thread() else "other")

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(os, "fsync", force)
    paths = [tmp_path / str(number) for number in range(20)]
    _write_all([(path, b"x") for path in paths], force=True)
    assert sorted(forced) == sorted(path.stat().st_ino for path in paths)
    assert seen == threads


def test_nothing_is_forced_where_it_can_be_copied_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forced: list[Any] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    _write_all([(tmp_path / "one", b"x")], force=False)
    assert (tmp_path / "one").read_bytes() == b"x"
    assert forced == []
