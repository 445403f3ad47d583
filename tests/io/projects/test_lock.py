"""One project, one window."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from desktop_app.core.errors import ProjectLockedError, UnwritableFileError
from desktop_app.io.projects.lock import ProjectLock

ROOT = Path(__file__).resolve().parents[3]


def _taken(folder: Path) -> bool:
    try:
        ProjectLock(folder).release()
    except ProjectLockedError:
        return True
    return False


def test_second_window_is_told_who_has_it(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path)
    with pytest.raises(ProjectLockedError, match="already open in another window") as caught:
        ProjectLock(tmp_path)
    assert socket.gethostname() in caught.value.details
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []
    assert not _taken(tmp_path)


@pytest.fixture
def other_program(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Holds the lock of ``tmp_path``."""
    code = "import sys, time; from pathlib import Path; from desktop_app.io.projects.lock import ProjectLock\n"
    code += "lock = ProjectLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"held\n"
        yield child
        child.kill()
        child.wait()


def test_lock_of_a_killed_program_is_recovered(tmp_path: Path, other_program: subprocess.Popen[bytes]) -> None:
    assert _taken(tmp_path)
    other_program.kill()
    other_program.wait()
    lock = ProjectLock(tmp_path)
    assert lock.recovered
    lock.release()


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="Windows keeps no ended processes")
@pytest.mark.parametrize("ticks", [True, False])
def test_lock_of_a_killed_program_whose_end_nobody_has_asked_for_is_taken_at_once(
    tmp_path: Path, other_program: subprocess.Popen[bytes], ticks: bool
) -> None:
    if not ticks:  # as an earlier version wrote it, or a system without ticks
        held = json.loads((tmp_path / "lock.json").read_text())
        (tmp_path / "lock.json").write_text(json.dumps({**held, "ticks": None, "boot": ""}))
    assert _taken(tmp_path)
    other_program.kill()
    os.waitid(os.P_PID, other_program.pid, os.WEXITED | os.WNOWAIT)
    assert not _taken(tmp_path)


def _foreign(folder: Path, seconds_ago: float, content: str | None = None) -> None:
    held = {"token": "x", "pid": 1, "started": 0.0, "host": "microscope-pc", "user": "ada"}
    path = folder / "lock.json"
    path.write_text(json.dumps(held) if content is None else content)
    moment = time.time() - seconds_ago
    os.utime(path, (moment, moment))


def test_lock_of_another_computer_counts_while_it_is_fresh(tmp_path: Path) -> None:
    _foreign(tmp_path, 5)
    with pytest.raises(ProjectLockedError, match=r"\(ada, on microscope-pc\)"):
        ProjectLock(tmp_path)
    _foreign(tmp_path, 600)
    assert not _taken(tmp_path)


def test_other_program_with_the_old_number_does_not_hold_the_lock(tmp_path: Path) -> None:
    held = {"token": "x", "pid": os.getpid(), "started": 12.0, "host": socket.gethostname(), "user": "me"}
    (tmp_path / "lock.json").write_text(json.dumps(held))
    assert not _taken(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the clock ticks of Linux")
@pytest.mark.usefixtures("other_program")
@pytest.mark.parametrize("seconds", [-3600.0, 5.0])
def test_setting_the_clock_opens_no_second_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + seconds)
    assert _taken(tmp_path)
    assert (tmp_path / "lock.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_damaged_lock_is_recovered_once_it_is_old(tmp_path: Path, content: str) -> None:
    _foreign(tmp_path, 60, content)
    assert not _taken(tmp_path)


def test_of_many_that_recover_at_once_one_wins(tmp_path: Path) -> None:
    _foreign(tmp_path, 600)

    def attempt(_: int) -> ProjectLock | None:
        try:
            return ProjectLock(tmp_path)
        except ProjectLockedError:
            return None

    with ThreadPoolExecutor(8) as pool:
        locks = [lock for lock in pool.map(attempt, range(8)) if lock is not None]
    assert len(locks) == 1
    locks[0].release()
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnwritableFileError):
        ProjectLock(tmp_path / "file")
