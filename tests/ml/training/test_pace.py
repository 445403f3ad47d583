from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_time import Pace
from desktop_app.core.job import JobCancelled, JobEvent, Note, Progress, RecordingContext
from desktop_app.jobs.train.run import load_run_config, resume_training, train_model
from desktop_app.ml.training import pace as pace_module
from desktop_app.ml.training.checkpoints import load_weights
from desktop_app.ml.training.pace import measure_pace

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]
SHORT = 0.001
"""Minutes: too short for any computer, so that the fewest steps are taken."""


def in_minutes(config: TrainingConfig, minutes: float) -> TrainingConfig:
    return config.model_copy(update={"optimisation": config.optimisation.model_copy(update={"minutes": minutes})})


def test_a_pace_is_measured_without_a_trace_of_learning(
    phantom_pairs: Pairs, tiny_config: Config, tmp_path: Path
) -> None:
    config = tiny_config(phantom_pairs(3))
    (tmp_path / "run").mkdir()
    found = measure_pace(config, tmp_path / "run", RecordingContext())
    assert min(found.step, found.check, found.last_check, found.start) > 0
    assert not (tmp_path / "run" / "checkpoints").exists()
    assert not (tmp_path / "run" / "metrics.csv").exists()


def test_a_timed_run_learns_what_a_run_of_as_many_steps_learns(phantom_pairs: Pairs, tiny_config: Config) -> None:
    pairs = phantom_pairs(2)
    context = RecordingContext()
    timed = train_model(in_minutes(tiny_config(pairs, run="timed"), SHORT), context)
    fixed = load_run_config(timed.run)
    assert fixed.optimisation.iterations == 20
    notes = [note.text for note in context.of_kind(Note)]
    assert any(text.startswith("About 0.001 minutes: 20 steps here") for text in notes)
    assert any("the fewest that make sense" in text for text in notes)
    counted = in_minutes(fixed, 0).model_copy(update={"output": str(timed.run.with_name("counted"))})
    plain = train_model(counted, RecordingContext())
    one, two = (load_weights(run / "checkpoints" / "last") for run in (timed.run, plain.run))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert timed.scores == plain.scores


def test_steps_once_found_stay_when_a_run_goes_on(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StopAtStep(RecordingContext):
        def report(self, event: JobEvent) -> None:
            self.events.append(event)
            if isinstance(event, Progress) and event.message == "Step 3 of 20":
                self.cancel_after = 0

    config = in_minutes(tiny_config(phantom_pairs(2)), SHORT)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep())
    monkeypatch.setattr(pace_module, "measure_pace", lambda *_: Pace(1e-9, 0, 0))
    resume_training(Path(config.output), RecordingContext())
    assert load_run_config(Path(config.output)).optimisation.iterations == 20


def test_a_run_that_was_stopped_while_it_was_timed_is_timed_anew(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = in_minutes(tiny_config(phantom_pairs(2)), 1)
    with pytest.raises(JobCancelled):
        train_model(config, RecordingContext(cancel_after=3))
    assert load_run_config(Path(config.output)) == config
    monkeypatch.setattr(pace_module, "measure_pace", lambda *_: Pace(2.0, 0, 0))
    resume_training(Path(config.output), RecordingContext())
    assert load_run_config(Path(config.output)).optimisation.iterations == 30
