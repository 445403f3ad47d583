"""The mean of a model and what it learned anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.dataset import DatasetSplitParameters, PairConfig
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.models import load_card, read_weights
from desktop_app.jobs.train.run import finish_run, train_model
from desktop_app.ml.data import dataset as gathering
from desktop_app.ml.data.dataset import gather
from desktop_app.ml.recipes.base import task_of
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training import weight_averaging as blending
from desktop_app.ml.training.checkpoints import load_weights

Scores = dict[str, float]


def scored(score: float, objects: int = 8) -> Scores:
    return {"score": score, "f1": score, "tp": score * objects, "fn": (1 - score) * objects}


@pytest.fixture
def first(phantom_pairs: Callable[[int], tuple[PairConfig, ...]], tiny_config: Callable[..., TrainingConfig]) -> Path:
    return train_model(tiny_config(phantom_pairs(2), 2, "first"), RecordingContext()).model


@pytest.fixture
def tuned(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]], tiny_config: Callable[..., TrainingConfig], first: Path
) -> TrainingConfig:
    return tiny_config(phantom_pairs(3), 2, "tuned", start_from=str(first))


def give(monkeypatch: pytest.MonkeyPatch, *scores: Scores) -> list[int]:
    """Let comparisons find these scores; returns how many images each looked at."""
    looked: list[int] = []
    following: Iterator[Scores] = iter(scores)

    def validate(predictor: Any, images: Any, *_: Any, final: bool = False) -> Scores:
        if final:
            return scored(0.5)
        looked.append(len(images))
        return next(following)

    monkeypatch.setattr(blending, "validate", validate)
    return looked


def weights_of(config: TrainingConfig, first: Path) -> tuple[list[Any], list[Any], list[Any]]:
    """Of the model, of what was learned, and of the start, tensor by tensor; statistics of a mean are taken anew."""
    run = Path(config.output)
    made, begun = read_weights(run / "tiny.vwmodel"), read_weights(first)
    made = {name: value for name, value in made.items() if "running_" not in name}
    learned = load_weights(run / "checkpoints" / "best")
    return [made[k] for k in made], [learned[k].numpy() for k in made], [begun[k] for k in made]


def test_the_mean_is_used_where_learning_gained_nothing_sure(
    tuned: TrainingConfig, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = give(monkeypatch, scored(0.8), scored(0.8), scored(0.75), scored(0.7))
    context = RecordingContext()
    train_model(tuned, context)
    made, learned, begun = weights_of(tuned, first)
    assert any(not np.array_equal(a, b) for a, b in zip(learned, begun, strict=True))
    for model, one, other in zip(made, learned, begun, strict=True):
        np.testing.assert_allclose(model, (one + other) / 2, atol=1e-6)
    assert load_card(Path(tuned.output) / "tiny.vwmodel").training["mean_with_start"] is True
    assert any("mean of the start model" in note.text for note in context.of_kind(Note))
    assert looked == [1, 3, 3, 3]


@pytest.mark.parametrize("mean", [0.3, 0.0])
def test_what_was_learned_is_used_where_it_is_clearly_better(
    tuned: TrainingConfig, first: Path, monkeypatch: pytest.MonkeyPatch, mean: float
) -> None:
    give(monkeypatch, *(2 * [scored(0.8 if mean else 0.02)]), scored(mean), scored(0.0))
    train_model(tuned, RecordingContext())
    made, learned, _ = weights_of(tuned, first)
    assert all(np.array_equal(a, b) for a, b in zip(made, learned, strict=True))
    assert load_card(Path(tuned.output) / "tiny.vwmodel").training["mean_with_start"] is False


def test_a_start_model_that_does_better_is_kept_as_it_was(
    tuned: TrainingConfig, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, *(2 * [scored(0.889)]), scored(0.9), scored(1.0))
    context = RecordingContext()
    train_model(tuned, context)
    made, _, begun = weights_of(tuned, first)
    assert all(np.array_equal(a, b) for a, b in zip(made, begun, strict=True))
    assert load_card(Path(tuned.output) / "tiny.vwmodel").training["kept"] == "start"
    assert any("it is kept as it was" in note.text for note in context.of_kind(Note))


def test_many_objects_kept_aside_are_enough_to_compare(tuned: TrainingConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = give(monkeypatch, scored(0.8, 400), scored(0.7, 400), scored(0.6, 400))
    train_model(tuned, RecordingContext())
    assert looked == [1, 1, 1]


def test_without_images_kept_aside_those_it_learned_from_are_compared(
    tuned: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = tuned.dataset.model_copy(update={"split": DatasetSplitParameters(validation=0)})
    looked = give(monkeypatch, scored(0.8), scored(0.75), scored(0.75))
    train_model(tuned.model_copy(update={"dataset": dataset}), RecordingContext())
    assert looked == [3, 3, 3]
    assert load_card(Path(tuned.output) / "tiny.vwmodel").training["mean_with_start"] is True


def test_without_the_start_model_what_was_learned_stays(
    tuned: TrainingConfig, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, *(4 * [scored(0.8)]))
    train_model(tuned, RecordingContext())
    shutil.rmtree(first)
    looked = give(monkeypatch)
    finish_run(Path(tuned.output))
    assert looked == []
    assert load_card(Path(tuned.output) / "tiny.vwmodel").training["mean_with_start"] is False


def test_the_result_tells_how_the_start_did_on_the_same_images(
    tuned: TrainingConfig, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, seen = read_weights(first), []

    def validate(predictor: Any, images: Any, *_: Any, final: bool = False) -> Scores:
        if not final:
            return scored(0.0 if seen else 0.9)
        state = predictor.network.state_dict()
        seen.append((len(images), all(np.array_equal(state[name].numpy(), begun[name]) for name in begun)))
        return scored(0.6)

    monkeypatch.setattr(blending, "validate", validate)
    result = train_model(tuned, RecordingContext())
    assert seen == [(1, True)]
    assert (result.scores["start/f1"], result.scores["start/score"]) == (0.6, 0.6)
    assert "start/tp" not in result.scores
    card = load_card(result.model)
    assert card.metrics
    assert not any(name.startswith("start/") for name in card.metrics)
    made, begun_again = read_weights(result.model), read_weights(first)
    assert any(not np.array_equal(made[name], begun_again[name]) for name in made)


def test_training_from_scratch_compares_nothing(first: Path) -> None:
    assert "mean_with_start" not in load_card(first).training


@pytest.mark.parametrize(("voxels", "images"), [(100, 1), (2 * 12 * 40 * 40, 2), (10**9, 3)])
def test_of_large_images_few_are_looked_at_again(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]],
    tiny_config: Callable[..., TrainingConfig],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    voxels: int,
    images: int,
) -> None:
    monkeypatch.setattr(gathering, "_REHEARSED_VOXELS", voxels)
    config = tiny_config(phantom_pairs(4), 2)
    context = RecordingContext()
    recipe, task = recipe_named(config.recipe), task_of(config)
    assert gather(config, recipe, task, Normalisation(), context).rehearsal == ()
    tuned = config.model_copy(update={"start_from": "first.vwmodel"})
    assert len(gather(tuned, recipe, task, Normalisation(), context).rehearsal) == images
