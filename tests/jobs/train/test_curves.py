"""Curves and log of a run that has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import Metric, Note
from desktop_app.jobs.train.curves import read_history

CURVES = "step,name,value\n10,loss/train,0.5\n10,score/f1,0.25\n"
LOG = "2026-11-28 09:30:00,123 INFO Training begins.\n2026-11-28 09:31:00,000 WARNING Few images.\nodd line\n"


def test_points_and_notes_come_back(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(CURVES)
    (tmp_path / "log.txt").write_text(LOG)
    found = read_history(tmp_path)
    assert found.metrics == (Metric("loss/train", 10, 0.5), Metric("score/f1", 10, 0.25))
    assert found.notes == (Note("info", "Training begins."), Note("warning", "Few images."))


def test_a_run_that_was_stopped_at_its_start_has_none(tmp_path: Path) -> None:
    assert read_history(tmp_path).metrics == read_history(tmp_path).notes == ()


@pytest.mark.parametrize(("rest", "damaged"), [("20,loss/tr", False), ("x,loss/train,0.1\n", True)])
def test_a_last_line_that_was_cut_off_is_left_out_and_damage_is_said(tmp_path: Path, rest: str, damaged: bool) -> None:
    (tmp_path / "metrics.csv").write_text(CURVES + rest)
    if damaged:
        with pytest.raises(UserError, match=r"metrics\.csv"):
            read_history(tmp_path)
    else:
        assert len(read_history(tmp_path).metrics) == 2


def test_of_a_run_that_goes_on_only_what_it_keeps_comes_back(tmp_path: Path) -> None:
    tuned = "60,tuning/foreground,0.9\n"  # how objects were made is told by hundredths in place of steps
    (tmp_path / "metrics.csv").write_text(f"{CURVES}80,loss/train,0.4\n{tuned}90,loss/train,0.3\n")
    assert [point.step for point in read_history(tmp_path, until=80).metrics] == [10, 10, 80]
    assert read_history(tmp_path, until=0).metrics == ()
