from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.jobs.train.run import SavedState, saved_state, was_checked


def save_state(run: Path, **progression: object) -> Path:
    """The state of a run, as a training writes it."""
    state = run / "checkpoints" / "last" / "state.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"progression": progression}))
    return state


@pytest.mark.parametrize(("stopped", "ended"), [("", False), ("finished", True), ("early", True)])
def test_the_saved_state_tells_whether_the_run_has_ended(tmp_path: Path, stopped: str, ended: bool) -> None:
    save_state(tmp_path, step=80, validated=60, stopped=stopped)
    assert saved_state(tmp_path) == SavedState(80, 60, ended)
    assert was_checked(tmp_path)


def test_a_run_that_was_stopped_before_its_model_was_made_has_not_ended(tmp_path: Path) -> None:
    save_state(tmp_path, step=80, validated=80, stopped="finished", unmade=True)
    assert saved_state(tmp_path) == SavedState(80, 80, ended=False, unmade=True)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"progression": {"step": "x", "validated": 0}}'])
def test_what_cannot_be_read_is_no_state(tmp_path: Path, text: str) -> None:
    assert saved_state(tmp_path) is None
    save_state(tmp_path).write_text(text)
    assert saved_state(tmp_path) is None
    assert not was_checked(tmp_path)
