from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, JobEvent, Note, Progress, RecordingContext
from desktop_app.io.models import load_card
from desktop_app.io.training_curves import read_points
from desktop_app.jobs.train.run import continue_training, resume_training, train_model
from desktop_app.ml.recipes.base import LossInput
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe
from desktop_app.ml.training.checkpoints import Progression, load_progression, load_weights
from desktop_app.ml.training.optimisers import OPTIMISERS, new_optimiser
from desktop_app.ml.training.schedule import rate_at

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


class StopAtStep(RecordingContext):
    """The user stops as soon as a step is done."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step, self.stopped = step, False

    def report(self, event: JobEvent) -> None:
        self.stopped |= isinstance(event, Progress) and event.message.startswith(f"Step {self.step} of")

    def raise_if_cancelled(self) -> None:
        if self.stopped:
            raise JobCancelled


@pytest.mark.parametrize("name", OPTIMISERS)
def test_each_optimiser_finds_the_bottom_of_a_bowl(name: Any) -> None:
    weights = torch.nn.Linear(3, 1, bias=False)
    rates = OptimisationParameters(optimiser=name, learning_rate=0.05, weight_decay=0, momentum=0.9)
    optimiser = new_optimiser(weights, rates, fused=False)
    for _ in range(400):
        optimiser.zero_grad()
        (weights.weight - 1).square().sum().backward()
        optimiser.step()
    assert weights.weight.tolist() == [pytest.approx([1, 1, 1], abs=0.05)]


@pytest.mark.parametrize(
    ("name", "after", "expected"),
    [
        ("poly", [0, 50, 90], [1, 0.5**0.9, 0.1**0.9]),
        ("step", [0, 29, 30, 89], [1, 1, 0.5, 0.25]),
        ("constant", [0, 99], [1, 1]),
        ("cosine", [0, 50], [1, 0.505]),
    ],
)
def test_schedules_fall_as_they_say(name: Any, after: list[int], expected: list[float]) -> None:
    rates = OptimisationParameters(schedule=name, learning_rate=0.1, warm_up=0.0, fall_every=30)
    assert [rate_at(rates, 1 + step, 101) / 0.1 for step in after] == pytest.approx(expected)


def test_a_plateau_falls_after_validations_that_were_no_better() -> None:
    at, rates = Progression(), OptimisationParameters(schedule="plateau", learning_rate=0.1, warm_up=0.1)
    for loss in (3.0, 2.0, 2.5, float("nan"), 2.1, 1.0, 1.0, 1.0):
        at.watch(loss, patience=2)
    assert (at.falls, at.lowest, at.flat) == (2, 1.0, 0)
    assert rate_at(rates, 50, 100, at.falls) == pytest.approx(0.025)
    assert rate_at(rates, 0, 100, at.falls) == pytest.approx(0.01)


def test_settings_of_earlier_versions_mean_the_same() -> None:
    assert OptimisationParameters.model_validate({"schedule": "warm_up"}).schedule == "cosine"


@pytest.mark.parametrize(
    "rates",
    [
        {"optimiser": "sgd", "schedule": "plateau", "fall_patience": 1, "average": 0.0, "clip": 0.0},
        {"optimiser": "radam", "schedule": "poly", "accumulate": 2, "precision": "bfloat16"},
    ],
)
def test_every_choice_goes_on_bit_for_bit(phantom_pairs: Pairs, tiny_config: Config, rates: dict[str, Any]) -> None:
    pairs = phantom_pairs(2)
    settings = {"optimisation": {"iterations": 6, "batch_size": 1, **rates}, "validation": {"every": 2}}
    straight = train_model(tiny_config(pairs, 6, "straight", **settings), RecordingContext())
    config = tiny_config(pairs, 6, "stopped", **settings)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(3))
    resume_training(Path(config.output), RecordingContext())
    one, two = (load_weights(Path(run) / "checkpoints" / "last") for run in (straight.run, config.output))
    assert all(torch.equal(one[name], two[name]) for name in one)
    if not rates.get("average", 1):
        statistics = ("norm", "running_", "num_batches")
        learned = {n: v for n, v in one.items() if n.startswith("network.") and not any(s in n for s in statistics)}
        assert all(torch.equal(value, one[name.replace("network", "average", 1)]) for name, value in learned.items())


def test_two_rounds_of_one_patch_are_a_step_of_two(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 2, optimisation={"iterations": 2, "batch_size": 1, "accumulate": 3})
    result = train_model(config, RecordingContext())
    assert load_progression(result.run / "checkpoints" / "last").step == 2


def test_a_loss_that_is_no_number_stops_before_it_ruins_anything(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = SemanticRecipe.loss

    def loss(self: SemanticRecipe, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        value, parts = usual(self, batch)
        return (value * float("nan") if batch.step == 4 and value.requires_grad else value), parts

    monkeypatch.setattr(SemanticRecipe, "loss", loss)
    config = tiny_config(phantom_pairs(2), 6, validation={"every": 3})
    with pytest.raises(UserError, match=r"no longer a number at step 5. The best state so far is kept") as caught:
        train_model(config, RecordingContext())
    assert "a lower learning rate, such as 0.0007" in str(caught.value.hint)
    run = Path(config.output)
    assert load_progression(run / "checkpoints" / "last").step == 4
    weights = load_weights(run / "checkpoints" / "last")
    assert all(bool(torch.isfinite(w).all()) for w in weights.values() if w.is_floating_point())
    assert load_card(run / "tiny.vwmodel").training["best_step"] == 3


def test_a_state_that_has_come_apart_is_not_gone_on_from(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = SemanticRecipe.loss

    def loss(self: SemanticRecipe, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        value, parts = usual(self, batch)
        factor = {4: 1e6, 5: float("nan")}.get(batch.step, 1.0) if value.requires_grad else 1.0
        return value * factor, parts

    monkeypatch.setattr(SemanticRecipe, "loss", loss)
    config = tiny_config(phantom_pairs(2), 8, validation={"every": 3})
    with pytest.raises(UserError, match="no longer a number at step 6"):
        train_model(config, RecordingContext())
    last, best = (Path(config.output) / "checkpoints" / name for name in ("last", "best"))
    assert load_progression(last).step == load_progression(best).step == 3
    kept = load_weights(best)
    gone_on_from = load_weights(last)
    for prefix in ("network.", "average."):
        assert all(torch.equal(gone_on_from[prefix + name], value) for name, value in kept.items())
    monkeypatch.undo()
    result = continue_training(Path(config.output), Continuation(learning_rate=1e-3), RecordingContext())
    assert load_progression(result.run / "checkpoints" / "last").step == 8


def test_the_norm_of_gradients_is_logged_as_it_is_before_it_is_cut(phantom_pairs: Pairs, tiny_config: Config) -> None:
    rates = {"iterations": 4, "batch_size": 1, "learning_rate": 1e-2, "clip": 1e-3, "optimiser": "sgd"}
    rates |= {"momentum": 0.0, "weight_decay": 0.0, "schedule": "constant", "warm_up": 0.0}
    runs = []
    for steps in (3, 4):
        config = tiny_config(phantom_pairs(2), run=f"run{steps}", optimisation={**rates, "iterations": steps})
        runs.append(train_model(config, RecordingContext()).run)
    norms = [p.value for p in read_points(runs[1] / "metrics.csv") if p.name == "gradient norm"]
    assert norms
    assert min(norms) > 10 * 1e-3
    before, after = (load_weights(run / "checkpoints" / "last") for run in runs)
    learned = [name for name in before if name.startswith("network.") and "running_" not in name and "num_" not in name]
    step = torch.cat([(after[name] - before[name]).flatten() for name in learned])
    assert float(step.norm()) == pytest.approx(1e-2 * 1e-3, rel=0.01)


def test_half_precision_of_graphics_cards_is_full_on_a_processor_and_said(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    runs = []
    for precision in ("full", "float16"):
        ctx = RecordingContext()
        rates = {"iterations": 2, "batch_size": 1, "precision": precision}
        runs.append(train_model(tiny_config(phantom_pairs(2), run=precision, optimisation=rates), ctx).run)
        said = [note.text for note in ctx.of_kind(Note) if "float16" in note.text]
        assert len(said) == (precision == "float16")
    one, two = (load_weights(run / "checkpoints" / "last") for run in runs)
    assert all(torch.equal(one[name], two[name]) for name in one)
