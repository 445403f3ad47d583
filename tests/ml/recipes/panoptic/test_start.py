from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.model_card import Normalisation, new_scale
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.io.models import save_model
from desktop_app.ml.data.dataset import gather
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.base import LossInput, Start, TrainingData, task_of
from desktop_app.ml.recipes.panoptic import start as starting
from desktop_app.ml.recipes.panoptic.start import patch_count, read_encoder
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.learner import Learner, new_learner
from desktop_app.ml.training.plan import TrainingPlan
from tests.cards import panoptic_card

ARGUMENTS = {"encoder": "resnet18", "channels": 32, "layers": 1}


@pytest.fixture
def pairs(write_pair: Callable[..., PairConfig]) -> tuple[PairConfig, ...]:
    labels = np.zeros((128, 128), np.uint16)
    labels[20:50, 20:50], labels[70:100, 60:110] = 1, 2
    return tuple(write_pair(f"p{n}", (labels > 0).astype(np.uint8) * 200, labels) for n in range(2))


@pytest.fixture
def make(pairs: tuple[PairConfig, ...], tmp_path: Path) -> Callable[..., TrainingConfig]:
    def config(**changes: Any) -> TrainingConfig:
        values: dict[str, Any] = {
            "output": str(tmp_path / "run"),
            "dataset": DatasetConfig(pairs=pairs).model_dump(),
            "recipe": "panoptic",
            "network": "panoptic_bifpn",
            "network_arguments": ARGUMENTS,
            "patch_size": (1, 128, 128),
            "optimisation": {"decay_all": False, "batch_size": 8},
            "device": "cpu",
        }
        return TrainingConfig.model_validate({**values, **changes})

    return config


def _encoder_file(folder: Path) -> Path:
    torch.manual_seed(1)
    network = build_network("panoptic_bifpn", ARGUMENTS, 1, 1)
    assert isinstance(network, PanopticNetwork)
    state = {f"module.{name}": value for name, value in network.encoder.state_dict().items()}
    torch.save({"state_dict": state, "norms": [0.4, 0.2]}, folder / "encoder.pth.tar")
    return folder / "encoder.pth.tar"


def _data(config: TrainingConfig, start: Start) -> TrainingData:
    recipe, task = recipe_named(config.recipe), task_of(config)
    return gather(config, recipe, task, start.normalisation, RecordingContext())


def start_of(config: TrainingConfig, run: Path, context: RecordingContext) -> Start:
    return TrainingPlan.of(config, run, context).start


def _learner(config: TrainingConfig, tmp_path: Path, context: RecordingContext) -> Learner:
    (tmp_path / "run").mkdir(exist_ok=True)
    return new_learner(TrainingPlan.of(config, tmp_path / "run", context), context)


def _with_gradient(learner: Learner, config: TrainingConfig) -> set[str]:
    """Parts of the network whose weights get a gradient."""
    network = learner.network.train()
    classes = torch.ones((2, 128, 128), dtype=torch.uint8)
    flat = torch.zeros(2, 128, 128)
    targets = {"classes": classes, "heatmap": flat, "offset_y": flat, "offset_x": flat, "inside": classes > 0}
    task = task_of(config)
    image = torch.randn(2, 1, 128, 128)
    loss, _ = recipe_named("panoptic").loss(LossInput(image, network(image), targets, 0, task))
    loss.backward()
    moved = {name for name, p in network.named_parameters() if p.grad is not None and bool(p.grad.any())}
    return {".".join(name.split(".")[: 2 if name.startswith("encoder") else 1]) for name in moved}


@pytest.mark.parametrize(
    ("layers", "learning"),
    [
        ("none", set()),
        ("stage4", {"layer4"}),
        ("stage3", {"layer3", "layer4"}),
        ("stage2", {"layer2", "layer3", "layer4"}),
        ("stage1", {"layer1", "layer2", "layer3", "layer4"}),
        ("all", {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"}),
    ],
)
def test_only_the_chosen_layers_get_a_gradient(
    make: Callable[..., TrainingConfig], tmp_path: Path, layers: str, learning: set[str]
) -> None:
    file = _encoder_file(tmp_path)
    parameters = {"pretrained_file": str(file), "finetune_layers": layers, "statistics": "learn"}
    config = make(recipe_parameters=parameters)
    found = _with_gradient(_learner(config, tmp_path, RecordingContext()), config)
    assert {name.removeprefix("encoder.") for name in found if name.startswith("encoder")} == learning
    assert {"semantic_head", "ins_center", "ins_xy", "semantic_pr", "semantic_decoder"} <= found


def test_group_normalisation_learns_in_a_frozen_encoder(
    make: Callable[..., TrainingConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in models that have it already: a new network with it is refused."""
    monkeypatch.setattr("desktop_app.ml.training.plan.parts_of_the_tile", lambda _network: ())
    parameters = {"pretrained_file": str(_encoder_file(tmp_path)), "finetune_layers": "none"}
    config = make(recipe_parameters=parameters, network_arguments={**ARGUMENTS, "norm": "group"})
    network = _learner(config, tmp_path, RecordingContext()).network
    assert isinstance(network, PanopticNetwork)
    learning = {type(m).__name__ for m in network.encoder.modules() for p in m.parameters(False) if p.requires_grad}
    assert learning == {"GroupNorm"}


def test_an_encoder_that_knows_nothing_learns_whatever_is_chosen(
    make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    context = RecordingContext()
    config = make(recipe_parameters={"finetune_layers": "none"})
    found = _with_gradient(_learner(config, tmp_path, context), config)
    assert "encoder.conv1" in found
    assert any("all of its layers learn" in note.text for note in context.of_kind(Note))


def test_few_patches_keep_the_statistics_of_a_pretrained_encoder_alone(
    make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    file = _encoder_file(tmp_path)
    config = make(recipe_parameters={"pretrained_file": str(file)}, optimisation={"batch_size": 2})
    learner = _learner(config, tmp_path, RecordingContext())
    network = learner.network.train()
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.randn(2, 1, 128, 128))
    moved = {name for name, value in network.named_buffers() if not torch.equal(value, before[name])}
    assert moved
    assert not any(name.startswith("encoder") for name in moved)


def test_offsets_and_normalisation_do_not_decay(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    learner = _learner(make(), tmp_path, RecordingContext())
    decaying, spared = learner.optimiser.param_groups
    assert decaying["weight_decay"] == pytest.approx(1e-4)
    assert spared["weight_decay"] == 0
    assert all(p.ndim > 1 for p in decaying["params"])
    assert all(p.ndim <= 1 for p in spared["params"])
    count = sum(len(group["params"]) for group in learner.optimiser.param_groups)
    assert count == len(list(learner.network.parameters()))


def test_the_grey_scale_of_pretrained_weights_is_taken_over(
    make: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    config = make(recipe_parameters={"pretrained_file": str(_encoder_file(tmp_path))})
    (tmp_path / "run").mkdir()
    start = start_of(config, tmp_path / "run", RecordingContext())
    assert (start.normalisation.kind, start.normalisation.mean, start.normalisation.std) == ("stretched", 0.4, 0.2)
    assert start_of(config, tmp_path / "run", RecordingContext()) == start


def test_a_model_names_what_to_cite_for_its_start(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    published = tmp_path / "cem1.5m_swav_resnet50_200ep_balanced.pth.tar"
    _encoder_file(tmp_path).rename(published)
    config = make(recipe_parameters={"pretrained_file": str(published)})
    (tmp_path / "run").mkdir()
    card = TrainingPlan.of(config, tmp_path / "run", RecordingContext()).card
    assert "10.1016/j.cels.2022.12.006" in card.citation
    assert "6453160" in card.licence
    again = start_of(config, tmp_path / "run", RecordingContext())
    assert (again.licence, again.citation) == (card.licence, card.citation)


def test_an_improved_model_keeps_licence_and_citation(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    network = build_network("panoptic_bifpn", ARGUMENTS, 1, 1)
    card = panoptic_card(name="old", network_arguments=ARGUMENTS, licence="CC BY 4.0", citation="Somebody 2023")
    model = save_model(tmp_path / "old.vwmodel", card, {k: v.numpy() for k, v in network.state_dict().items()})
    made = TrainingPlan.of(make(start_from=str(model)), tmp_path, RecordingContext()).card
    assert (made.licence, made.citation) == ("CC BY 4.0", "Somebody 2023")


def test_weights_without_a_grey_scale_take_the_usual_one(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(2, 1, 3, 3)}, tmp_path / "w.pth")
    weights, normalisation = read_encoder(tmp_path / "w.pth")
    assert list(weights) == ["conv1.weight"]
    assert (normalisation.mean, normalisation.std) == (0.57571, 0.12765)


def test_a_missing_file_is_named(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    config = make(recipe_parameters={"pretrained_file": str(tmp_path / "gone.pth")})
    with pytest.raises(UserError, match=r"gone\.pth"):
        start_of(config, tmp_path, RecordingContext())


def test_decisions_of_a_run_outlive_a_lost_connection(
    make: Callable[..., TrainingConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _encoder_file(tmp_path)
    config = make(network_arguments={**ARGUMENTS, "encoder": "resnet50"}, optimisation={"batch_size": 2})
    monkeypatch.setattr(starting, "pretrained_encoder", lambda encoder, ctx: file)
    first = start_of(config, tmp_path, RecordingContext())
    monkeypatch.setattr(starting, "pretrained_encoder", lambda encoder, ctx: None)
    assert start_of(config, tmp_path, RecordingContext()) == first
    assert first.pretrained == file


def test_without_the_internet_it_starts_from_scratch_and_says_so(
    make: Callable[..., TrainingConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(starting, "pretrained_encoder", lambda encoder, ctx: asked.append(encoder))
    context = RecordingContext()
    start_of(make(network_arguments={"encoder": "resnet50"}, optimisation={"batch_size": 8}), tmp_path, context)
    assert asked == ["resnet50"]
    assert any("starts from random weights" in note.text for note in context.of_kind(Note))
    (tmp_path / "other").mkdir()
    start_of(make(recipe_parameters={"pretrained": False}), tmp_path / "other", context)
    assert asked == ["resnet50"]


@pytest.mark.parametrize(
    ("network", "edge", "batch", "few"),
    [
        ("panoptic_bifpn", 256, 8, False),
        ("panoptic_bifpn", 256, 7, True),
        ("panoptic_bifpn", 128, 16, True),
        ("panoptic_deeplab", 128, 8, False),
        ("panoptic_deeplab", 256, 4, True),
    ],
)
def test_small_batches_learn_with_the_statistics_of_all_steps(
    make: Callable[..., TrainingConfig], tmp_path: Path, network: str, edge: int, batch: int, few: bool
) -> None:
    arguments = {"encoder": "resnet18", "channels": 32}
    size, rates = (1, edge, edge), {"batch_size": batch}
    config = make(network=network, network_arguments=arguments, patch_size=size, optimisation=rates)
    context = RecordingContext()
    learner = _learner(config, tmp_path, context)
    assert {m.renormalised for m in learner.network.modules() if isinstance(m, BatchNorm)} == {few}
    assert any("those of all steps" in note.text for note in context.of_kind(Note)) == few


def test_percentiles_stay_the_grey_scale_of_other_recipes() -> None:
    config = TrainingConfig()
    assert recipe_named(config.recipe).start(config, RecordingContext()).normalisation == new_scale()


def test_patches_side_by_side_are_counted(make: Callable[..., TrainingConfig], tmp_path: Path) -> None:
    config = make()
    data = _data(config, Start(Normalisation(), ARGUMENTS))
    assert patch_count(data, config) == 1
    wide = replace(data.train[0], region=Region.whole((1, 300, 400)))
    assert patch_count(replace(data, train=(wide, wide)), config) == 2 * (300 * 400 // 128**2)


def test_a_finetuned_model_makes_objects_as_before_but_of_the_sizes_it_sees_now(
    make: Callable[..., TrainingConfig],
) -> None:
    config = make()
    start = Start(Normalisation(), ARGUMENTS, decode={"confidence": 0.3, "min_area": 1, "gone": 1})
    decode = recipe_named("panoptic").first_decode(config, _data(config, start), start)
    assert (decode["confidence"], decode["centre_threshold"]) == (0.3, PanopticDecode().centre_threshold)
    assert decode["min_area"] > 200
    assert "gone" not in decode
