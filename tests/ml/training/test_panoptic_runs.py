from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobCancelled, JobEvent, Metric, Note, Preview, Progress, RecordingContext
from desktop_app.io.models import load_card, read_weights
from desktop_app.jobs.train.run import finish_run, resume_training, train_model
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.training.checkpoints import load_progression, load_weights

Write = Callable[..., PairConfig]
NETWORK = {"encoder": "regnety_200mf", "channels": 32, "layers": 1}


class StopAtStep(RecordingContext):
    """The user stops as soon as a step is done."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step
        self.stopped = False

    def report(self, event: JobEvent) -> None:
        self.events.append(event)
        self.stopped |= isinstance(event, Progress) and event.message.startswith(f"Step {self.step} of")

    def raise_if_cancelled(self) -> None:
        if self.stopped:
            raise JobCancelled


class StopWithin(StopAtStep):
    """The user stops so many looks of the job after a step is done."""

    def __init__(self, step: int, looks: int) -> None:
        super().__init__(step)
        self.looks = looks

    def raise_if_cancelled(self) -> None:
        self.looks -= self.stopped
        if self.looks <= 0:
            raise JobCancelled


def _spots(seed: int, size: int = 128) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Dark discs on noise, some of them touching."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.uint16)
    for number, (row, column) in enumerate(rng.uniform(14, size - 14, (9, 2)), start=1):
        labels[((y - row) ** 2 + (x - column) ** 2 < 13**2) & (labels == 0)] = number
    image = rng.normal(150, 8, labels.shape) - 70 * (labels > 0)
    return image.clip(0, 255).astype(np.uint8), labels


@pytest.fixture
def pairs(write_pair: Write) -> tuple[PairConfig, ...]:
    return tuple(write_pair(f"p{seed}", *_spots(seed)) for seed in range(3))


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., TrainingConfig]:
    def config(pairs: tuple[PairConfig, ...], steps: int = 2, run: str = "run", **changes: Any) -> TrainingConfig:
        rates = {"iterations": steps, "batch_size": 2, "learning_rate": 3e-3, "weight_decay": 0.1, "warm_up": 0.3}
        values: dict[str, Any] = {
            "name": "spots",
            "output": str(tmp_path / run),
            "dataset": DatasetConfig(pairs=pairs, class_names=("Spot",)).model_dump(),
            "recipe": "panoptic",
            "network": "panoptic_bifpn",
            "network_arguments": NETWORK,
            "patch_size": (1, 128, 128),
            "validation": {"every": max(1, steps // 2)},
            "optimisation": {**rates, "schedule": "one_cycle", "decay_all": False},
            "augmentation": {"shrink": 0.3, "scale": 0.3},
            "device": "cpu",
        }
        for name, value in changes.items():
            values[name] = {**values[name], **value} if name == "optimisation" else value
        return TrainingConfig.model_validate(values)

    return config


def _floats(weights: Mapping[str, Any]) -> list[str]:
    """Without the counters, which nothing reads."""
    return [name for name in weights if not name.endswith("num_batches_tracked")]


def _notes(context: RecordingContext) -> str:
    return " ".join(note.text for note in context.of_kind(Note))


def test_it_learns_to_find_spots(pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig]) -> None:
    context = RecordingContext()
    result = train_model(make(pairs, 24, optimisation={"batch_size": 3}), context)
    losses = [m.value for m in context.of_kind(Metric) if m.name == "loss/train"]
    assert losses[-1] < 0.85 * losses[0]
    assert result.scores["iou"] > 0.5
    assert {"pq", "f1", "f1_75", "iou", "dice", "score"} <= set(result.scores)
    assert not any("counts" in name for name in result.scores)
    card = load_card(result.model)
    assert card.recipe == "panoptic"
    assert card.normalisation.kind == "stretched"
    assert 10 <= card.decode["min_area"] < 300
    assert card.decode["min_size"] > card.decode["min_area"]
    names = {m.name for m in context.of_kind(Metric)}
    assert {"loss/centres", "loss/offsets", "loss/outlines", "loss/validation", "score/pq"} <= names
    preview = context.of_kind(Preview)[-1]
    assert preview.image.shape == preview.labels.shape == (128, 128)
    assert "learns with those of all steps" in _notes(context)
    assert "norm" not in card.network_arguments


@pytest.mark.parametrize("statistics", ["auto", "learn"])
def test_resumed_training_is_the_same_bit_for_bit(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig], statistics: str
) -> None:
    changes: dict[str, Any] = {"recipe_parameters": {"statistics": statistics}}
    straight = train_model(make(pairs, 4, "straight", **changes), RecordingContext())
    config = make(pairs, 4, "stopped", **changes)
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(3))
    run = Path(config.output)
    assert load_progression(run / "checkpoints" / "last").step == 3
    torch.manual_seed(99)
    resumed = resume_training(run, RecordingContext())
    for part in ("last", "best"):
        one, two = (load_weights(folder / "checkpoints" / part) for folder in (straight.run, run))
        assert set(one) == set(two)
        assert all(torch.equal(one[name], two[name]) for name in one)
    assert resumed.scores == straight.scores
    assert (run / "metrics.csv").read_text() == (straight.run / "metrics.csv").read_text()


def test_finetuning_keeps_layers_and_statistics(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig]
) -> None:
    first = train_model(make(pairs, 2, recipe_parameters={"statistics": "learn"}), RecordingContext())
    context = RecordingContext()
    changes = {"start_from": str(first.model), "recipe_parameters": {"finetune_layers": "stage4"}}
    second = train_model(make(pairs, 2, "tuned", **changes), context)
    old, new = read_weights(first.model), read_weights(second.model)
    moved = {name for name in _floats(old) if not np.array_equal(old[name], new[name])}
    assert "encoder.stage4" in {".".join(name.split(".")[:2]) for name in moved}
    assert not any(name.startswith(("encoder.stem", "encoder.stage1", "encoder.stage3")) for name in moved)
    assert not any("running" in name for name in moved)
    assert any("running" in name for name in _floats(old))
    assert any(name.startswith("semantic_head") for name in moved)
    assert "first 4 levels" in _notes(context)
    assert "batch statistics of the start weights are kept" in _notes(context)


def test_few_patches_keep_the_statistics_whatever_the_batch(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig]
) -> None:
    first = train_model(make(pairs, 1, recipe_parameters={"statistics": "learn"}), RecordingContext())
    context = RecordingContext()
    train_model(
        make(pairs, 1, "tuned", start_from=str(first.model), optimisation={"batch_size": 8}, validation={"every": 9}),
        context,
    )
    assert "2 patches to learn from are few" in _notes(context)


def test_pretrained_encoder_from_a_file(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    torch.manual_seed(5)
    other = build_network("panoptic_bifpn", NETWORK, 1, 1)
    weights = {k.removeprefix("encoder."): v for k, v in other.state_dict().items() if k.startswith("encoder.")}
    path = tmp_path / "encoder.safetensors"
    save_file({k: v.contiguous() for k, v in weights.items()}, path)
    context = RecordingContext()
    changes = {"recipe_parameters": {"pretrained_file": str(path), "finetune_layers": "none"}}
    result = train_model(make(pairs, 1, **changes), context)
    made = read_weights(result.model)
    assert all(np.array_equal(weights[name].numpy(), made[f"encoder.{name}"]) for name in _floats(weights))
    assert "encoder starts from encoder.safetensors" in _notes(context)
    card = load_card(result.model)
    assert card.network_arguments.get("norm", "batch") == "batch"
    assert card.recipe_parameters["pretrained_file"] == card.training["pretrained_encoder"] == "encoder.safetensors"


def test_a_run_goes_on_without_the_file_that_it_began_with(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    torch.manual_seed(5)
    other = build_network("panoptic_bifpn", NETWORK, 1, 1)
    weights = {k.removeprefix("encoder."): v for k, v in other.state_dict().items() if k.startswith("encoder.")}
    path = tmp_path / "encoder.safetensors"
    save_file({k: v.contiguous() for k, v in weights.items()}, path)
    config = make(pairs, 3, recipe_parameters={"pretrained_file": str(path), "finetune_layers": "none"})
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(1))
    path.unlink()
    made = read_weights(resume_training(Path(config.output), RecordingContext()).model)
    assert all(np.array_equal(weights[name].numpy(), made[f"encoder.{name}"]) for name in _floats(weights))


def test_stopping_keeps_the_best(pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig]) -> None:
    config = make(pairs, 4, recipe_parameters={"statistics": "learn"})
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(1))
    kept = finish_run(Path(config.output))
    assert (kept.stopped, kept.best_step) == ("cancelled", 1)
    assert "pq" in kept.scores


def test_stopping_before_the_first_validation_is_quick(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch statistics are not renewed then: that takes minutes on a processor, while the user waits."""
    renewed: list[object] = []
    monkeypatch.setattr("desktop_app.ml.training.loop.renew_statistics", lambda *given: renewed.append(given))
    config = make(pairs, 4, recipe_parameters={"statistics": "learn"})
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(1))
    assert renewed == []
    assert finish_run(Path(config.output)).best_step == 1


@pytest.mark.parametrize(
    ("step", "looks"),
    [(1, 40), (1, 400), (2, 40), (2, 1200)],
    ids=["forwards", "backwards", "renewing statistics", "on whole images"],
)
def test_a_stop_waits_for_no_step_and_no_validation(
    pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig], step: int, looks: int
) -> None:
    """It is heard between two layers, and the run goes on bit for bit as if it had not been stopped."""
    changes: dict[str, Any] = {"recipe_parameters": {"statistics": "learn"}, "augmentation": {}}
    straight = train_model(make(pairs, 4, "straight", **changes), RecordingContext())
    config, ctx = make(pairs, 4, "stopped", **changes), StopWithin(step, looks)
    with pytest.raises(JobCancelled):
        train_model(config, ctx)
    assert ctx.looks == 0, "nothing was done after the stop but saving"
    run = Path(config.output)
    at = load_progression(run / "checkpoints" / "last")
    assert (at.step, at.validated) == (step, 0)
    assert not (run / "spots.vwmodel").exists(), "nothing is known of a model that was never checked"
    assert all(value.isfinite().all() for value in load_weights(run / "checkpoints" / "last").values())
    resume_training(run, RecordingContext())
    one, two = (load_weights(folder / "checkpoints" / "last") for folder in (straight.run, run))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_classes_with_and_without_objects(
    write_pair: Write, make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    made = []
    for seed in range(2):
        image, labels = _spots(seed)
        classes = np.where(labels > 0, 1, 0).astype(np.uint8)
        classes[:, :20] = 2
        made.append(write_pair(f"c{seed}", image, classes))
    dataset = DatasetConfig(
        pairs=tuple(made), kind="classes", class_values=(1, 2), class_names=("Spot", "Rim")
    ).model_dump()
    result = train_model(make((), 1, dataset=dataset, recipe_parameters={"stuff": ["Rim"]}), RecordingContext())
    card = load_card(result.model)
    assert card.output_channels == 3
    assert {"iou/Spot", "iou/Rim", "pq/Rim"} <= set(result.scores) | {"pq/Rim"}


def test_a_region_that_is_no_class_is_told(pairs: tuple[PairConfig, ...], make: Callable[..., TrainingConfig]) -> None:
    context = RecordingContext()
    train_model(make(pairs, 1, recipe_parameters={"stuff": ["Rim"]}), context)
    assert "no class “Rim” to learn as a region; the classes are “Spot”" in _notes(context)


def test_colour_pictures_are_learned_from_as_grey_ones(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    from PIL import Image

    made = []
    for seed in range(2):
        image, labels = _spots(seed)
        Image.fromarray(np.stack([image] * 3, axis=-1)).save(tmp_path / f"{seed}.png")
        Image.fromarray(labels.astype(np.uint8)).save(tmp_path / f"{seed}_labels.png")
        files = (str(tmp_path / f"{seed}.png"), str(tmp_path / f"{seed}_labels.png"))
        made.append(PairConfig(name=str(seed), image=files[0], labels=files[1]))
    result = train_model(make(tuple(made), 1), RecordingContext())
    assert load_card(result.model).input_channels == 1
