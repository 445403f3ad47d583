from __future__ import annotations

from typing import Any

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.embedding.foreign import settings_of
from desktop_app.core.recipes.registry import RECIPES


def mmv(**data: Any) -> dict[str, Any]:
    """As the published files are laid out."""
    return {
        "mode": "train",
        "data": {
            "category": "embedseg",
            "data_path": "/somewhere",
            "dataloader": {"train": {"dataloader_params": {"batch_size": 2, "pin_memory": True}}},
            **data,
        },
        "model": {
            "framework": "embedseg",
            "net": {"func_name": "BranchedERFNet_3d"},
            "criterion": {
                "func_name": "SpatialEmbLoss_3d",
                "params": {"grid_x": 1024, "pixel_x": 1, "foreground_weight": 4.5, "use_costmap": True},
            },
            "optimizer": {"func_name": "Adam", "params": {"lr": "1e-4"}},
            "scheduler": {"func_name": "ExponentialLR", "params": {"gamma": 0.98}},
        },
        "trainer": {
            "params": {"max_epochs": 250, "gradient_clip_val": 0.8},
            "callbacks": [
                {"func_name": "ModelCheckpoint", "params": {"patience": 3}},
                {"func_name": "EarlyStopping", "params": {"monitor": "val_loss", "patience": 10}},
            ],
        },
    }


def config(values: dict[str, Any]) -> TrainingConfig:
    return TrainingConfig.model_validate(values)


def test_pretraining_becomes_kept_patches() -> None:
    found = settings_of(mmv(cache_path="/cache", extra={"center_method": "centroid", "patch_size": [30, 128, 128]}))
    assert found is not None
    made = config(found.values)
    assert (made.recipe, made.network, made.patch_size) == ("embedding", "erfnet3d", (32, 128, 128))
    assert made.recipe_parameters["patches"] == "kept"
    assert made.recipe_parameters["centre"] == "centroid"
    assert made.recipe_parameters["foreground_weight"] == 4.5
    assert made.recipe_parameters["span"] == 1023
    assert (made.optimisation.learning_rate, made.optimisation.batch_size, made.optimisation.clip) == (1e-4, 2, 0.8)
    assert made.validation.patience == 10
    told = " ".join(found.report)
    for word in ("32 × 128 × 128", "max_epochs 250", "use_costmap", "cache_path", "ExponentialLR"):
        assert word in told


def test_finetuning_becomes_patches_cut_anew() -> None:
    document = mmv(
        preprocess=[
            {"func_name": "LoadImaged", "params": {}},
            {"func_name": "RandSpatialCropSamplesd", "params": {"roi_size": [32, 512, 512]}},
        ]
    )
    document["model"]["model_extra"] = {"center_method": "medoid", "pre-train": "last.ckpt"}
    document["model"]["net"] = {"func_name": "UNet3D"}
    found = settings_of(document)
    assert found is not None
    made = config(found.values)
    assert (made.network, made.patch_size) == ("unet3d", (32, 512, 512))
    assert (made.recipe_parameters["patches"], made.recipe_parameters["centre"]) == ("anew", "medoid")
    assert any("last.ckpt" in text for text in found.report)


def test_pictures_become_flat_networks() -> None:
    document = mmv()
    document["model"]["criterion"]["func_name"] = "SpatialEmbLoss_2d"
    document["model"]["net"]["func_name"] = "BranchedERFNet_2d"
    found = settings_of(document)
    assert found is not None
    assert found.values["network"] == "erfnet2d"
    assert "patch_size" not in found.values


@pytest.mark.parametrize(("deep", "patch"), [(32, (24, 56, 56)), (1, (1, 56, 56))])
def test_properties_of_embedseg_give_weight_and_crop(deep: int, patch: tuple[int, int, int]) -> None:
    found = settings_of(
        {
            "foreground_weight": 34.1, "n_z": deep, "n_y": 512, "n_x": 512, "min_object_size": 50, "one_hot": True,
            "avg_object_size_z": 8.0, "stdev_object_size_z": 2.5, "avg_object_size_y": 20.0,
            "stdev_object_size_y": 6.0, "avg_object_size_x": 25.0, "stdev_object_size_x": 6.0,
            "pixel_size_x_microns": 0.2,
        }
    )  # fmt: skip
    assert found is not None
    made = config(found.values)
    assert made.patch_size == patch
    assert made.recipe_parameters["foreground_weight"] == 34.1
    assert any("one_hot" in text for text in found.report)


@pytest.mark.parametrize(
    "document", [{}, {"data": 3}, {"recipe": "semantic"}, {"data": {"category": "pair"}}, {"foreground_weight": 1}]
)
def test_files_of_others_are_not_taken(document: dict[str, Any]) -> None:
    assert settings_of(document) is None
    assert all(info.settings_of(document) is None for info in RECIPES.values())


def test_nonsense_in_such_a_file_is_passed_over() -> None:
    document = mmv(extra={"center_method": "middle", "patch_size": "large"}, preprocess="none")
    document["model"]["criterion"]["params"] = {"grid_x": "wide", "foreground_weight": None}
    document["model"]["optimizer"], document["trainer"]["callbacks"] = [], [3, {"func_name": "EarlyStopping"}]
    found = settings_of(document)
    assert found is not None
    assert config(found.values).recipe_parameters == {"patches": "anew"}
    assert "validation" not in found.values
    assert any("middle" in text for text in found.report)
