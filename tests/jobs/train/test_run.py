from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import NotEnoughMemoryError, UserError
from desktop_app.core.job import JobContext, Note, Progress, RecordingContext
from desktop_app.jobs.train.run import SavedState, resume_training, saved_state, was_checked


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


@pytest.mark.parametrize(("saved", "again"), [(80, "Steps 81 to 100"), (0, "Steps 1 to 100")])
def test_where_memory_runs_out_the_bar_waits_and_the_steps_done_again_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: int, again: str
) -> None:
    given = {"recipe": "semantic", "network": "unet2d", "patch_size": (1, 32, 32), "optimisation": {"batch_size": 4}}
    config = TrainingConfig.model_validate({**given, "output": str(tmp_path)})
    steps = config.optimisation.iterations
    if saved:
        save_state(tmp_path, step=saved, validated=60, stopped="")
    (tmp_path / "config.json").write_text(config.model_dump_json())

    def run_training(config: TrainingConfig, _run: Path, ctx: JobContext, *, resume: bool) -> None:
        begun = config.optimisation.batch_size == 4
        ctx.report(Progress(100 if begun else 81, steps, "Step"))
        if begun:
            raise NotEnoughMemoryError("There is not enough memory to train with these settings.")
        raise UserError("Stop here.")

    monkeypatch.setattr("desktop_app.ml.training.run_training", run_training)
    ctx = RecordingContext()
    with pytest.raises(UserError, match="Stop here"):
        resume_training(tmp_path, ctx)
    assert [event.fraction for event in ctx.of_kind(Progress)] == [100 / steps, 100 / steps]
    (told,) = [note.text for note in ctx.of_kind(Note) if note.level == "warning"]
    assert "2 patches at a time" in told
    assert f"{again} are done again" in told
