"""Killed at any moment of a stroke, an operation, an undo or a save: nothing finished is lost, and undo goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.io.labels.kills import faults, killed

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a way to kill a program at once")


@pytest.mark.parametrize(("seed", "seconds"), [(1, 0.15), (2, 0.4), (3, 0.8), (4, 1.3)])
def test_a_killed_program_loses_nothing_finished_and_undo_goes_on(tmp_path: Path, seed: int, seconds: float) -> None:
    told = killed(tmp_path, seed, seconds)
    assert list(faults(tmp_path, told)) == []
