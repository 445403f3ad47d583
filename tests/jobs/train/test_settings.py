from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.networks.registry import require_patch
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.panoptic.recipe import PANOPTIC
from desktop_app.core.recipes.semantic.recipe import SEMANTIC
from desktop_app.jobs.data.project_data import stuff_names
from desktop_app.jobs.train import settings
from desktop_app.jobs.train.estimate import estimate
from desktop_app.jobs.train.settings import finetuned, named_after, network_changes, suggest_training, with_regions
from tests.cards import panoptic_card, semantic_card

NM = VoxelSize(z=40, y=5, x=5, unit="nm")


def _report(shape: tuple[int, int, int] = (1, 1024, 1024), dimensions: Literal[2, 3] = 2, **values: Any) -> DataReport:
    details = {"voxel_size": NM, **values}
    row = DataRow("a", shape=shape, objects=9, **details)
    return DataReport((row,), object_size=(1.0, 60.0, 60.0), n_channels=row.channels, dimensions=dimensions)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(gigabytes: float) -> None:
        monkeypatch.setattr(settings, "gpu_memory_gb", lambda: gigabytes)

    of(0.0)
    return of


def test_a_processor_gets_the_light_network(gpu: Any) -> None:
    config = suggest_training(_report(), DatasetConfig(), "organelles")
    assert (config.recipe, config.network) == ("panoptic", "panoptic_bifpn")
    assert config.network_arguments["encoder"] == "resnet18"
    assert config.patch_size == (1, 256, 256)
    rates = config.optimisation
    assert (rates.iterations, rates.batch_size, rates.learning_rate, rates.weight_decay) == (500, 4, 0.001, 0.1)
    assert (rates.schedule, rates.warm_up, rates.decay_all) == ("one_cycle", 0.3, False)
    assert config.validation.every == 100


def test_few_large_images_are_checked_on_a_processor(gpu: Any) -> None:
    def checked(*shape: int) -> int:
        report = _report((shape[0], shape[1], shape[2]))
        return suggest_training(report, DatasetConfig(), "organelles").validation.max_images

    assert (checked(1, 256, 256), checked(1, 1024, 1024), checked(40, 1024, 1024)) == (32, 3, 1)
    gpu(24.0)
    assert (checked(1, 1024, 1024), checked(40, 1024, 1024)) == (32, 1)


@pytest.mark.parametrize(
    ("memory", "network", "batch"),
    [(4.2, "panoptic_bifpn", 8), (6.4, "panoptic_bifpn", 16), (24.0, "panoptic_deeplab", 16)],
)
def test_a_gpu_gets_a_strong_encoder(gpu: Any, memory: float, network: str, batch: int) -> None:
    gpu(memory)
    config = suggest_training(_report(), DatasetConfig(), "organelles")
    assert config.network == network
    assert (config.network_arguments["encoder"], config.optimisation.batch_size) == ("resnet50", batch)
    assert config.optimisation.learning_rate == {8: 0.002, 16: 0.003}[batch]


@pytest.mark.parametrize(
    ("edge", "network", "patch"),
    [
        (200, "panoptic_bifpn", 128),
        (200, "panoptic_deeplab", 192),
        (100, "panoptic_bifpn", 128),
        (900, "panoptic_bifpn", 256),
    ],
)
def test_patches_fit_the_network_and_the_images(gpu: Any, edge: int, network: str, patch: int) -> None:
    suited = PANOPTIC.network_settings(_report((1, edge, edge)), network, 0.0, {})
    assert suited.patch_size == (1, patch, patch)
    require_patch(network, suited.arguments, suited.patch_size)


@pytest.mark.parametrize(
    ("memory", "object_size", "edge", "factor"),
    [(0.0, 100.0, 1024, 4), (24.0, 100.0, 1024, 2), (0.0, 100.0, 600, 2), (0.0, 40.0, 4096, 1), (0.0, 900.0, 9000, 8)],
)
def test_large_objects_are_learned_at_a_larger_scale(
    gpu: Any, memory: float, object_size: float, edge: int, factor: int
) -> None:
    gpu(memory)
    rows = _report((1, edge, edge)).rows
    large = DataReport(rows, object_size=(1.0, object_size, object_size / 2), dimensions=2)
    config = suggest_training(large, DatasetConfig(), "organelles")
    assert config.recipe_parameters == {"downsampling": factor}
    assert config.patch_size == (1, 256, 256)


def test_sizes_change_little_where_all_pixels_are_alike(gpu: Any) -> None:
    def shrink(report: DataReport, *groups: str) -> float:
        pairs = tuple(PairConfig(name=f"p{n}", image="i", labels="l", group=group) for n, group in enumerate(groups))
        return suggest_training(report, DatasetConfig(pairs=pairs), "organelles").augmentation.shrink

    silent = _report(voxel_size=VoxelSize.unknown())
    other = replace(_report().rows[0], voxel_size=VoxelSize(z=40, y=9, x=9, unit="nm"))
    mixed = replace(silent, rows=(*_report().rows, other))
    assert shrink(_report(), "fly", "mouse") == 0
    assert shrink(silent, "fly", "fly") == 0
    assert shrink(silent, "fly", "mouse") == 0.5
    assert shrink(mixed, "fly", "fly") == 0.5


def test_finetuning_learns_at_the_full_rate_but_few_layers_at_first(gpu: Any) -> None:
    card = panoptic_card(
        recipe_parameters={"stuff": ["Membrane"]},
        network="panoptic_deeplab",
        network_arguments={"encoder": "resnet50", "folded": True},
        patch_size=(1, 224, 224),
        divisor=(1, 16, 16),
    )
    config = finetuned(suggest_training(_report(), DatasetConfig(), "organelles"), card, None)
    assert config.optimisation.learning_rate == pytest.approx(1e-3)
    assert (config.optimisation.iterations, config.validation.every) == (100, 20)
    assert config.recipe_parameters == {"stuff": ["Membrane"], "finetune_layers": "none"}
    assert config.patch_size == (1, 224, 224)


@pytest.mark.parametrize(("images", "kept"), [(1, 4), (5, 4), (6, 0)])
def test_of_few_images_only_what_makes_the_result_learns(gpu: Any, images: int, kept: int) -> None:
    report = replace(_report((20, 64, 64)), rows=_report((20, 64, 64)).rows[:1] * images)
    card = semantic_card(network="quick_unet3d", network_arguments={"levels": 4}, dimensions=3)
    config = finetuned(suggest_training(report, DatasetConfig(), "objects3d"), card, None, report)
    assert config.optimisation.frozen_stages == kept
    assert config.optimisation.frozen_tried == (kept > 0)


def test_panoptic_models_say_themselves_which_layers_learn(gpu: Any) -> None:
    report = replace(_report(), rows=_report().rows[:1])
    config = finetuned(suggest_training(report, DatasetConfig(), "organelles"), _card("Mito"), None, report)
    assert config.optimisation.frozen_stages == 0
    assert not config.optimisation.frozen_tried


def _card(*names: str) -> ModelCard:
    return panoptic_card(class_names=names, class_values=tuple(range(1, 1 + len(names))))


def test_classes_without_names_are_called_as_in_the_model(gpu: Any) -> None:
    config = finetuned(suggest_training(_report(), DatasetConfig(), "organelles"), _card("Mito"), None)
    assert config.dataset.class_names == ("Mito",)
    unnamed = DatasetConfig(kind="classes", class_values=(1, 2), class_names=("Class 1", "Class 2"))
    assert named_after(unnamed, _card("Mito", "Gap")).class_names == ("Mito", "Gap")


@pytest.mark.parametrize(
    "dataset",
    [
        DatasetConfig(class_names=("Nucleus",)),
        DatasetConfig(kind="classes", class_values=(1, 2), class_names=("Class 1", "Fat")),
        DatasetConfig(kind="classes", class_values=(2, 5), class_names=("Class 2", "Class 5")),
    ],
)
def test_other_classes_keep_their_names(dataset: DatasetConfig) -> None:
    assert named_after(dataset, _card(*("Mito", "Gap")[: len(dataset.class_names)])) == dataset


@pytest.mark.parametrize(("network", "edge"), [("panoptic_bifpn", 128), ("panoptic_deeplab", 112)])
def test_finetuning_with_small_pictures_takes_small_patches(gpu: Any, network: str, edge: int) -> None:
    card = panoptic_card(
        recipe_parameters={"downsampling": 2}, network=network, patch_size=(1, 256, 256), divisor=(1, 16, 16)
    )
    report = _report((1, 230, 256))
    config = finetuned(suggest_training(report, DatasetConfig(), "organelles"), card, None, report)
    assert config.recipe_parameters["downsampling"] == 2
    assert config.patch_size == (1, edge, edge)


def test_the_other_network_takes_its_own_patch(gpu: Any) -> None:
    config = suggest_training(_report((1, 200, 200)), DatasetConfig(), "organelles")
    changes = network_changes(config, "panoptic_deeplab", _report((1, 200, 200)))
    assert changes["patch_size"] == (1, 192, 192)


def test_the_optimiser_follows_method_and_network_unless_it_was_chosen(gpu: Any) -> None:
    report = _report((40, 200, 200))
    config = suggest_training(report, DatasetConfig(), "objects3d", "semantic")

    def optimiser(config: TrainingConfig, recipe: str, network: str) -> str:
        changes = network_changes(config, network, report, recipe)
        return str(changes.get("optimisation", config.optimisation.model_dump())["optimiser"])

    assert optimiser(config, "semantic", "unet3d") == "muon"
    assert optimiser(config, "semantic", "vnet3d") == "adamw"
    assert optimiser(config, "embedding", config.network) == "adamw"
    assert optimiser(config, "embedding", "erfnet3d") == "adamw"
    other = suggest_training(report, DatasetConfig(), "objects3d", "embedding")
    assert optimiser(other, "semantic", "unet3d") == "muon"
    chosen = config.optimisation.model_copy(update={"optimiser": "sgd"})
    assert optimiser(config.model_copy(update={"optimisation": chosen}), "semantic", "vnet3d") == "sgd"


def test_regions_come_from_the_scheme(gpu: Any) -> None:
    classes = (
        LabelClass(value=1, name="Mitochondrion", color=(0, 0, 0)),
        LabelClass(value=2, name="Membrane", color=(1, 1, 1), kind="stuff"),
    )
    names = stuff_names(LabelScheme(kind="classes", classes=classes))
    assert names == ("Membrane",)
    assert stuff_names(LabelScheme(classes=classes)) == ()
    dataset = DatasetConfig(kind="classes", class_values=(1, 2), class_names=("Mitochondrion", "Membrane"))
    config = suggest_training(_report(), dataset, "organelles")
    assert with_regions(config, names).recipe_parameters["stuff"] == ["Membrane"]
    other = suggest_training(_report(), dataset, "regions")
    assert with_regions(other, names) == other


def test_colour_pictures_count_one_channel(gpu: Any) -> None:
    report = _report(channels=3, color=True)
    assert (PANOPTIC.channels_in(report), SEMANTIC.channels_in(report)) == (1, 3)
    assert PANOPTIC.channels_in(_report(channels=3)) == 3


def test_the_cost_can_be_measured(gpu: Any) -> None:
    config = suggest_training(_report((1, 128, 128)), DatasetConfig(), "organelles")
    arguments = {"encoder": "regnety_200mf", "channels": 32, "layers": 1}
    optimisation = config.optimisation.model_copy(update={"batch_size": 1})
    changed = config.model_copy(update={"network_arguments": arguments, "optimisation": optimisation, "device": "cpu"})
    costs = estimate(changed, _report((1, 128, 128)))
    assert costs.seconds > costs.seconds_per_step > 0
    assert costs.memory_gb > 0.1


def test_pretrained_weights_are_offered_where_there_are_some(gpu: Any) -> None:
    config = suggest_training(_report(), DatasetConfig(), "organelles")
    assert PANOPTIC.useful_choices(config) == {"pretrained": False, "pretrained_file": True, "finetune_layers": False}
    strong = config.model_copy(update={"network_arguments": {"encoder": "resnet50"}})
    assert PANOPTIC.useful_choices(strong) == {"pretrained": True, "pretrained_file": True, "finetune_layers": True}
    improved = strong.model_copy(update={"start_from": "m.vwmodel"})
    assert PANOPTIC.useful_choices(improved) == {"pretrained": False, "pretrained_file": False, "finetune_layers": True}


def test_what_is_learned_of_single_objects_is_offered_where_the_labels_number_them(gpu: Any) -> None:
    config = suggest_training(_report(), DatasetConfig(), "objects2d")
    names = ("separate_objects", "depth_weight", "touching_weight", "touching_width", "size_balance")
    assert SEMANTIC.useful_choices(config) == dict(zip(names, (True, True, True, False, True), strict=True))
    without = config.model_copy(update={"recipe_parameters": {"separate_objects": False, "touching_weight": 5}})
    assert SEMANTIC.useful_choices(without) == dict(zip(names, (True, False, True, True, True), strict=True))
    classes = config.model_copy(update={"dataset": DatasetConfig(kind="classes")})
    assert not any(SEMANTIC.useful_choices(classes).values())


@pytest.mark.parametrize(
    ("parameters", "chosen"), [({"pretrained": False}, False), ({"pretrained_file": "imagenet.pth"}, True)]
)
def test_layers_are_chosen_where_they_know_something(gpu: Any, parameters: dict[str, Any], chosen: bool) -> None:
    config = suggest_training(_report(), DatasetConfig(), "organelles")
    arguments = {"encoder": "resnet50"} if "pretrained" in parameters else {"encoder": "resnet18"}
    config = config.model_copy(update={"network_arguments": arguments, "recipe_parameters": parameters})
    assert PANOPTIC.useful_choices(config)["finetune_layers"] is chosen
