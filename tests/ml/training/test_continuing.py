from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.smaller import smaller
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.tables import read_csv
from desktop_app.jobs.train.run import continue_training, load_run_config, resume_training, train_model
from desktop_app.ml.training.checkpoints import load_optimiser, load_progression, load_weights, save_checkpoint
from desktop_app.ml.training.continuing import prepare_checkpoint
from desktop_app.ml.training.loop import Trainer

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


def _rates(run: Path) -> dict[int, float]:
    rows = read_csv(run / "metrics.csv")
    return {int(row["step"]): float(row["value"]) for row in rows if row["name"] == "learning rate"}


def test_a_finished_run_goes_on_with_another_rate(phantom_pairs: Pairs, tiny_config: Config) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext()).run
    with pytest.raises(UserError, match="done its 2 steps"):
        continue_training(run, Continuation(learning_rate=1e-3), RecordingContext())
    result = continue_training(run, Continuation(steps=3, learning_rate=1e-3, state="best"), RecordingContext())
    assert result.stopped == "finished"
    at = load_progression(run / "checkpoints" / "last")
    assert (at.step, at.began) == (5, 2)
    assert _rates(run)[5] < _rates(run)[2]
    config = load_run_config(run)
    assert (config.optimisation.iterations, config.optimisation.learning_rate) == (5, 1e-3)
    assert (run / "config-until-2.json").is_file()


def test_no_run_is_left_with_more_steps_than_can_be_read_again(phantom_pairs: Pairs, tiny_config: Config) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext()).run
    with pytest.raises(UserError, match="2 steps and 1,000,000 more are more than the 1,000,000"):
        continue_training(run, Continuation(steps=1_000_000), RecordingContext())
    assert load_run_config(run).optimisation.iterations == 2


def test_counting_begins_anew_and_earlier_curves_are_kept(phantom_pairs: Pairs, tiny_config: Config) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 3), RecordingContext()).run
    continue_training(run, Continuation(steps=2, count_from=0), RecordingContext())
    assert load_progression(run / "checkpoints" / "last").step == 2
    assert (run / "metrics-until-3.csv").is_file()
    assert set(_rates(run)) == {2}
    assert {picture.name[-5] for picture in (run / "pictures").iterdir()} == {"1", "2"}
    assert (run / "pictures-until-3" / "validation-0000003.png").is_file()


def test_where_memory_does_not_do_it_goes_on_with_less(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Trainer._step

    def step(self: Trainer, rounds: list[object]) -> None:
        if self.plan.config.optimisation.batch_size > 1 and self.progression.step >= 1:
            raise RuntimeError("CUDA out of memory")
        usual(self, rounds)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "_step", step)
    context = RecordingContext()
    result = train_model(tiny_config(phantom_pairs(2), 3), context)
    rates = load_run_config(result.run).optimisation
    assert (rates.batch_size, rates.accumulate) == (1, 2)
    assert any("one patch at a time" in note.text for note in context.of_kind(Note))


def test_patches_shrink_as_the_network_allows_and_at_last_nothing_is_left(tiny_config: Config) -> None:
    config = tiny_config((), optimisation={"batch_size": 1}, patch_size=(8, 24, 24))
    less = smaller(config)
    assert less is not None
    assert less.patch_size == (6, 18, 18)
    sizes = 0
    while less is not None:
        sizes, less = sizes + 1, smaller(less)
    assert 1 < sizes < 20


def test_a_finished_run_that_is_only_resumed_says_that_nothing_is_left(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext()).run
    ctx = RecordingContext()
    continue_training(run, Continuation(), ctx)
    assert any("done already (2)" in note.text and "--more" in note.text for note in ctx.of_kind(Note))


def test_a_best_state_that_was_not_yet_gone_on_from_can_be_changed_again(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext()).run
    prepare_checkpoint(run, Continuation(steps=2, state="best"))
    result = continue_training(run, Continuation(steps=3), RecordingContext())
    assert load_progression(result.run / "checkpoints" / "last").step == 5


def test_another_rate_is_taken_whole_and_gets_its_time(phantom_pairs: Pairs, tiny_config: Config) -> None:
    run = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext()).run
    last = run / "checkpoints" / "last"
    worn = replace(load_progression(last), falls=3, flat=2, stale=4, stopped="early")
    save_checkpoint(last, worn, load_weights(last), load_optimiser(last))
    prepare_checkpoint(run, Continuation(learning_rate=1e-3))
    at = load_progression(last)
    assert (at.falls, at.flat, at.stale, at.stopped) == (0, 0, 0, "")


def test_a_run_without_a_state_begins_anew_and_says_so(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 3)
    run = train_model(config, RecordingContext()).run
    straight = (run / "metrics.csv").read_text()
    shutil.rmtree(run / "checkpoints")
    ctx = RecordingContext()
    resume_training(run, ctx)
    assert any("begins anew" in note.text for note in ctx.of_kind(Note))
    assert (run / "metrics.csv").read_text() == straight
