from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.jobs.train.archive import zip_run


def test_a_run_becomes_one_file_without_its_cache(tmp_path: Path) -> None:
    run = tmp_path / "cache" / "first"  # the folder of the user may be called as ours
    for name in ("config.json", "log.txt", "checkpoints/best/state.json", "cache/train/0.npz", "lock.json"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text("{}")
        os.utime(run / name, (0, 0))  # as on a computer without a clock; the format holds nothing before 1980
    out = zip_run(run, tmp_path / "first.zip", RecordingContext())
    with zipfile.ZipFile(out) as archive:
        names = sorted(archive.namelist())
    assert names == ["first/checkpoints/best/state.json", "first/config.json", "first/log.txt"]
    with pytest.raises(JobCancelled):
        zip_run(run, tmp_path / "again.zip", RecordingContext(cancel_after=1))
    assert not (tmp_path / "again.zip").exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training run"):
        zip_run(tmp_path, tmp_path / "x.zip", RecordingContext())
