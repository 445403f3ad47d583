from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, JobEvent, Metric, Note, Preview, Progress, RecordingContext
from desktop_app.core.training_result import TrainingResult
from desktop_app.io.models import load_card, read_weights
from desktop_app.jobs.train.run import finish_run, kept_of, resume_training, saved_state, train_model
from desktop_app.ml.inference import load_predictor
from desktop_app.ml.training.checkpoints import load_progression, load_weights

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


class StopAtStep(RecordingContext):
    """The user stops as soon as a step is done."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step
        self.stopped = False

    def report(self, event: JobEvent) -> None:
        self.events.append(event)
        self.stopped |= isinstance(event, Progress) and event.message == f"Step {self.step} of 6"

    def raise_if_cancelled(self) -> None:
        if self.stopped:
            raise JobCancelled


def test_a_run_leaves_everything_behind(phantom_pairs: Pairs, tiny_config: Config) -> None:
    context = RecordingContext()
    result = train_model(tiny_config(phantom_pairs(3), steps=4), context)
    assert result.stopped == "finished"
    assert 0 <= result.scores["dice"] <= 1
    assert {"f1", "score"} <= set(result.scores)
    files = {p.relative_to(result.run).as_posix() for p in result.run.rglob("*") if p.is_file()}
    expected = {"config.json", "manifest.json", "log.txt", "metrics.csv", "loss.png", "scores.png"}
    assert expected <= files
    assert {f"tiny.vwmodel/{n}" for n in ("model.json", "weights.safetensors", "README.md", "preview.png")} <= files
    card = load_card(result.model)
    assert card.metrics["dice"] == pytest.approx(result.scores["dice"], abs=1e-5)
    assert card.training["data_fingerprint"]
    assert card.decode["min_size"] > 1
    names = {m.name for m in context.of_kind(Metric)}
    assert {"loss/train", "loss/depth", "loss/validation", "score/dice", "score/f1", "learning rate"} <= names
    previews = context.of_kind(Preview)
    assert previews[0].image.shape == previews[0].labels.shape == (40, 40)
    assert context.of_kind(Progress)[-1].message == "Step 4 of 4" or previews
    shares = [event.fraction for event in context.of_kind(Progress)]
    assert shares == sorted(shares)
    assert any("Preparing" in event.message and event.fraction for event in context.of_kind(Progress))


def test_resumed_training_is_the_same_bit_for_bit(phantom_pairs: Pairs, tiny_config: Config) -> None:
    pairs = phantom_pairs(2)
    network: dict[str, Any] = {"network": "segresnet3d", "network_arguments": {"channels": 4, "dropout": 0.3}}
    straight = train_model(tiny_config(pairs, 6, "straight", **network), RecordingContext())
    config = tiny_config(pairs, 6, "stopped", **network)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(3))
    run = Path(config.output)
    assert load_progression(run / "checkpoints" / "last").step == 3
    torch.manual_seed(999)
    resumed = resume_training(run, RecordingContext())
    for part in ("last", "best"):
        one = load_weights(straight.run / "checkpoints" / part)
        two = load_weights(run / "checkpoints" / part)
        assert set(one) == set(two)
        assert all(torch.equal(one[name], two[name]) for name in one)
    assert resumed.scores == straight.scores
    assert resumed.best_step == straight.best_step
    assert (run / "metrics.csv").read_text() == (straight.run / "metrics.csv").read_text()


def test_stopping_keeps_the_best_and_a_model(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), steps=6)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(4))
    run = Path(config.output)
    assert load_card(run / "tiny.vwmodel").training["stopped"] == "cancelled"
    assert kept_of(run) == f"The best state so far is kept: {run / 'tiny.vwmodel'}"
    kept = finish_run(run)
    assert (kept.stopped, kept.best_step) == ("cancelled", 3)
    assert "dice" in kept.scores


class StopAtTuning(RecordingContext):
    """The user stops when all steps are done."""

    def raise_if_cancelled(self) -> None:
        if any(note.text.startswith("Tuning") for note in self.of_kind(Note)):
            raise JobCancelled


class KilledAtTuning(RecordingContext):
    """The program dies when all steps are done."""

    def report(self, event: JobEvent) -> None:
        self.events.append(event)
        if isinstance(event, Note) and event.text.startswith("Tuning"):
            raise KeyboardInterrupt


@pytest.mark.parametrize("steps", [4, 20])  # 20 steps stop early
def test_a_run_that_died_while_its_model_was_tuned_does_that_when_it_is_resumed(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    if steps > 4:
        monkeypatch.setattr("desktop_app.ml.training.loop.validate", lambda *_: {"score": 0.5})
    config = tiny_config(phantom_pairs(2), steps, validation={"every": 2, "patience": 2})
    with pytest.raises(KeyboardInterrupt):
        train_model(config, KilledAtTuning())
    run = Path(config.output)
    saved = saved_state(run)
    assert saved is not None
    assert (saved.step, saved.ended, saved.unmade) == (min(steps, 6), False, True)
    context = RecordingContext()
    made = resume_training(run, context)
    notes = [note.text for note in context.of_kind(Note)]
    assert any("stopped while its model was made" in text for text in notes)
    assert not any("nothing is learned anew" in text for text in notes)
    assert made.stopped == ("finished" if steps == 4 else "early")
    assert load_card(made.model).training["stopped"] == made.stopped
    saved = saved_state(run)
    assert saved is not None
    assert (saved.ended, saved.unmade) == (True, False)


def test_stopping_at_the_end_keeps_a_model_too(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 4)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtTuning())
    model = Path(config.output) / "tiny.vwmodel"
    assert kept_of(model.parent) == f"The best state so far is kept: {model}"
    assert load_card(model).training["stopped"] == "cancelled"
    resume_training(model.parent, RecordingContext())
    tuned = load_card(model)
    assert tuned.training["stopped"] == "finished"
    with pytest.raises(JobCancelled):
        resume_training(model.parent, StopAtTuning())
    assert load_card(model) == tuned


@pytest.mark.parametrize(("objects", "kept"), [(4, 6), (4000, 2)])
def test_of_states_that_score_alike_the_latest_is_kept(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch, objects: int, kept: int
) -> None:
    values = iter([0.3, 0.8, 0.5, 0.6, 0.4, 0.75])

    def validate(*_: object) -> dict[str, float]:
        score = next(values)
        return {"score": score, "f1": score, "tp": score * objects, "fn": (1 - score) * objects}

    monkeypatch.setattr("desktop_app.ml.training.loop.validate", validate)
    config = tiny_config(phantom_pairs(2), steps=6, validation={"every": 1})
    train_model(config, RecordingContext())
    best = load_progression(Path(config.output) / "checkpoints" / "best")
    assert (best.best_step, best.best_scores["score"]) == (kept, {2: 0.8, 6: 0.75}[kept])


def test_images_smaller_than_the_patch_are_told(phantom_pairs: Pairs, tiny_config: Config) -> None:
    ctx = RecordingContext()
    train_model(tiny_config(phantom_pairs(2), 1, patch_size=(16, 24, 24)), ctx)
    assert any("volume0 is smaller than the patch of 16 × 24 × 24" in note.text for note in ctx.of_kind(Note))


def test_scores_on_a_few_objects_are_called_a_guess() -> None:
    result = TrainingResult(Path("run"), Path("model"), {}, 1, "finished")
    assert not result.caution
    assert "no object" in replace(result, objects=0).caution
    assert "single object" in replace(result, objects=1).caution
    assert "9 objects" in replace(result, objects=9).caution
    assert not replace(result, objects=10).caution


def test_stopping_before_the_first_validation_keeps_the_present_weights(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    config = tiny_config(phantom_pairs(2), steps=6)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(1))
    run = Path(config.output)
    assert not list(run.glob("*.vwmodel")), "nothing is known of how good it is"
    assert kept_of(run) == "It was stopped before its first check: no model is kept."
    assert finish_run(run).best_step == 1


def test_a_run_that_goes_on_removes_what_a_kill_left_half_written(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), steps=6)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(1))
    run = Path(config.output)
    left = run / ".tiny.0123456789.tmp.vwmodel"
    left.mkdir()
    resume_training(run, RecordingContext())
    assert not left.exists()
    assert (run / "tiny.vwmodel").is_dir()


def test_stopping_before_the_first_step_leaves_nothing_to_finish(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), steps=6)
    with pytest.raises(JobCancelled):
        train_model(config, RecordingContext(cancel_after=1))
    with pytest.raises(UserError, match="too early"):
        finish_run(Path(config.output))


def test_finetuning_takes_weights_and_grows_a_new_head(
    phantom_pairs: Pairs, tiny_config: Config, write_pair: Callable[..., PairConfig]
) -> None:
    first = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext())
    rng = np.random.default_rng(0)
    pairs = tuple(
        write_pair(
            f"c{i}", rng.integers(0, 99, (8, 32, 32)).astype(np.uint8), rng.integers(0, 4, (8, 32, 32)).astype(np.uint8)
        )
        for i in range(2)
    )
    dataset = DatasetConfig(pairs=pairs, kind="classes", class_values=(1, 2, 3), class_names=("A", "B", "C"))
    base = tiny_config(pairs, 1, "tuned")
    optimisation = base.optimisation.model_copy(update={"learning_rate": 1e-12, "frozen_stages": 1})
    context = RecordingContext()
    config = base.model_copy(update={"dataset": dataset, "start_from": str(first.model), "optimisation": optimisation})
    second = train_model(config, context)
    old, new = read_weights(first.model), read_weights(second.model)
    assert new["output.weight"].shape[0] == 4
    assert np.array_equal(old["encoder.0.0.0.weight"], new["encoder.0.0.0.weight"])
    assert np.allclose(old["decoder.0.0.weight"], new["decoder.0.0.weight"], atol=1e-6)
    assert any("start fresh" in n.text for n in context.of_kind(Note))
    assert load_card(second.model).decode["objects"] == "classes"
    counted = config.model_copy(
        update={"recipe_parameters": {"result": "objects"}, "output": f"{config.output}-counted"}
    )
    assert load_card(train_model(counted, RecordingContext()).model).decode["objects"] == "connected"


def test_frozen_levels_learn_after_their_share_of_the_steps_also_after_a_stop(
    phantom_pairs: Pairs, tiny_config: Config
) -> None:
    first = train_model(tiny_config(phantom_pairs(2), 2), RecordingContext())
    name = "encoder.0.0.0.weight"
    before = read_weights(first.model)[name]

    def tuned(run: str, share: float) -> TrainingConfig:
        base = tiny_config(phantom_pairs(2), 6, run, start_from=str(first.model), validation={"every": 3})
        told = {"frozen_stages": 10, "frozen_share": share}
        return base.model_copy(update={"optimisation": base.optimisation.model_copy(update=told)})

    def learned(config: TrainingConfig) -> dict[str, torch.Tensor]:
        return load_weights(Path(config.output) / "checkpoints" / "last")

    always, half = tuned("always", 1), tuned("half", 0.5)
    train_model(always, RecordingContext())
    assert np.array_equal(before, learned(always)[f"network.{name}"])
    context = RecordingContext()
    train_model(half, context)
    assert not np.array_equal(before, learned(half)[f"network.{name}"])
    assert [n.text for n in context.of_kind(Note)].count("From here on all levels of the network learn.") == 1
    for stop in (2, 4):  # before they learn, and after it
        stopped = tuned(f"stopped-{stop}", 0.5)
        with pytest.raises(JobCancelled):
            train_model(stopped, StopAtStep(stop))
        at = learned(stopped)[f"network.{name}"]
        assert np.array_equal(before, at) == (stop < 3)
        resume_training(Path(stopped.output), RecordingContext())
        for key, value in learned(half).items():
            assert torch.equal(value, learned(stopped)[key]), key


def test_finetuning_another_network_is_a_clear_error(phantom_pairs: Pairs, tiny_config: Config) -> None:
    first = train_model(tiny_config(phantom_pairs(2), 1), RecordingContext())
    other = {"network_arguments": {"channels": 8, "levels": 3}, "start_from": str(first.model)}
    with pytest.raises(UserError, match="another one"):
        train_model(tiny_config(phantom_pairs(2), 1, "other", **other), RecordingContext())


def test_one_image_is_split_by_space(phantom_pairs: Pairs, tiny_config: Config) -> None:
    context = RecordingContext()
    result = train_model(tiny_config(phantom_pairs(1), 2), context)
    assert any("cut in two" in n.text for n in context.of_kind(Note))
    assert "dice" in result.scores
    preview = context.of_kind(Preview)[0]
    assert preview.image.size < 40 * 40


def test_a_2d_network_learns_from_marked_slices_of_a_stack(
    write_pair: Callable[..., PairConfig], tiny_config: Config
) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 200, (5, 48, 48)).astype(np.uint8)
    labels = np.zeros((5, 48, 48), np.uint8)
    labels[1, 8:20, 8:40], labels[3, 8:20, 8:40], labels[4] = 1, 1, 9
    pair = write_pair("stack", image, labels, slices=(1, 3))
    dataset = DatasetConfig(pairs=(pair,), kind="classes", class_names=("Mito",))
    changes = {"network": "unet2d", "patch_size": (1, 16, 16), "dataset": dataset.model_dump()}
    result = train_model(tiny_config((pair,), 2, **changes), RecordingContext())
    assert load_card(result.model).dimensions == 2
    assert "dice/Mito" in result.scores


def test_training_learns_bright_squares(write_pair: Callable[..., PairConfig], tiny_config: Config) -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(2):
        labels = np.zeros((64, 64), np.uint8)
        for identity, (y, x) in enumerate([(6, 8), (30, 12), (44, 44), (10, 40)], start=1):
            labels[y : y + 12, x : x + 12] = identity
        image = (40 + 120 * (labels > 0) + rng.normal(0, 10, labels.shape)).astype(np.uint8)
        pairs.append(write_pair(f"p{number}", image, labels))
    changes = {"network": "unet2d", "patch_size": (1, 32, 32), "network_arguments": {"channels": 8, "levels": 3}}
    result = train_model(tiny_config(tuple(pairs), 60, **changes), RecordingContext())
    assert result.scores["dice"] > 0.95
    assert result.scores["f1"] == 1


def test_how_many_images_are_looked_at_while_it_learns_is_said(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(4), steps=2)
    dataset = config.dataset.model_copy(update={"split": DatasetSplitParameters(validation=0.5)})
    watched = config.validation.model_copy(update={"max_images": 1})
    ctx = RecordingContext()
    train_model(config.model_copy(update={"dataset": dataset, "validation": watched}), ctx)
    assert any("checking with 2 images (1 of them while it learns), on" in note.text for note in ctx.of_kind(Note))


def test_without_an_image_kept_aside_it_says_that_nothing_is_known(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), steps=2)
    dataset = config.dataset.model_copy(update={"split": DatasetSplitParameters(validation=0)})
    config = config.model_copy(update={"dataset": dataset})
    ctx = RecordingContext()
    result = train_model(config, ctx)
    said = [note.text for note in ctx.of_kind(Note)]
    assert any("and checking with none, on" in text for text in said)
    assert any("No image was kept aside" in text for text in said)
    assert (result.best_step, result.scores) == (config.optimisation.iterations, {})


def test_early_stop(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 30)
    slow = config.optimisation.model_copy(update={"learning_rate": 1e-12})
    watched = config.validation.model_copy(update={"every": 1, "patience": 2})
    result = train_model(config.model_copy(update={"optimisation": slow, "validation": watched}), RecordingContext())
    assert result.stopped == "early"
    assert load_progression(result.run / "checkpoints" / "last").step < 30


def test_what_users_can_get_wrong_is_said_clearly(
    phantom_pairs: Pairs, tiny_config: Config, write_pair: Callable[..., PairConfig]
) -> None:
    empty = write_pair("empty", np.zeros((8, 32, 32), np.uint8), np.zeros((8, 32, 32), np.uint8))
    with pytest.raises(UserError, match="empty"):
        train_model(tiny_config((empty,), 1, "a"), RecordingContext())
    wrong = write_pair("wrong", np.zeros((8, 32, 32), np.uint8), np.zeros((8, 32, 30), np.uint8))
    with pytest.raises(UserError, match="wrong_labels"):
        train_model(tiny_config((wrong,), 1, "b"), RecordingContext())
    with pytest.raises(UserError, match="no image to learn from"):
        train_model(tiny_config((), 1, "c"), RecordingContext())
    with pytest.raises(UserError, match="no folder"):
        train_model(tiny_config(phantom_pairs(1)).model_copy(update={"output": ""}), RecordingContext())
    uneven = tiny_config(phantom_pairs(1), 1, "d").model_copy(update={"patch_size": (8, 31, 31)})
    with pytest.raises(UserError, match="8 × 31 × 31 does not suit the network"):
        train_model(uneven, RecordingContext())
    assert not Path(uneven.output).exists()
    taken = tiny_config(phantom_pairs(1), 1, "e")
    Path(taken.output).mkdir(parents=True)
    (Path(taken.output) / "image.tif").write_bytes(b"precious")
    with pytest.raises(UserError, match="not empty"):
        train_model(taken, RecordingContext())
    assert [path.name for path in Path(taken.output).iterdir()] == ["image.tif"]
    with pytest.raises(UserError, match="holds no training run"):
        resume_training(Path(tiny_config(()).output), RecordingContext())


def test_a_run_folder_is_never_overwritten(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 1)
    train_model(config, RecordingContext())
    with pytest.raises(UserError, match="already"):
        train_model(config, RecordingContext())


@pytest.mark.parametrize(
    ("network", "arguments"),
    [
        ("dynunet3d", {"channels": 4, "levels": 4, "flat_levels": 1}),
        ("plain_unet3d", {"channels": 4, "levels": 3}),
        ("attention_unet3d", {"channels": 4, "levels": 3}),
        ("mednext3d", {"channels": 4}),
        ("easyreg_unet3d", {"channels": 4}),
        ("segresnet3d", {"channels": 8, "autoencoder": 0.1}),
    ],
)
def test_networks_of_the_literature_learn_and_find(
    phantom_pairs: Pairs, tiny_config: Config, network: str, arguments: dict[str, Any]
) -> None:
    edge = {"mednext3d": (16, 32, 32)}.get(network, (8, 32, 32))
    loss = {"loss": "dice_focal"}
    config = tiny_config(
        phantom_pairs(2), 2, network, network=network, network_arguments=arguments, patch_size=edge,
        recipe_parameters=loss,
    )  # fmt: skip
    ctx = RecordingContext()
    result = train_model(config, ctx)
    drawn = [metric for metric in ctx.of_kind(Metric) if metric.name == "loss/drawing"]
    assert bool(drawn) is ("autoencoder" in arguments)
    card = load_card(result.model)
    assert (card.network, card.recipe_parameters["loss"]) == (network, "dice_focal")
    maps = load_predictor(result.model, "cpu").network(torch.zeros(1, 1, *edge))
    assert maps.shape == (1, card.output_channels, *edge)
