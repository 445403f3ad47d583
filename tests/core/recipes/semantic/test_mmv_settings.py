from __future__ import annotations

from typing import Any

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.semantic.foreign import settings_of


def read(**model: Any) -> ForeignSettings:
    document = {
        "mode": "train",
        "data": {
            "category": "pair",
            "data_path": "D:\\images",
            "dataloader": {
                "train_val_ratio": 0.2,
                "train": {"dataloader_params": {"batch_size": 4, "num_workers": 8}, "partial_loader": 0.5},
            },
            "patch_size": [32, 128, 128],
            "postprocess": [{"func_name": "extract_segmentation"}],
        },
        "model": {
            "framework": "FCN",
            "net": {"func_name": "DynUNet", "params": {"spatial_dims": 3, "filters": [32, 64]}},
            "criterion": {"func_name": "DiceCELoss", "params": {"lambda_dice": 0.5}},
            "optimizer": {"func_name": "AdamW", "params": {"lr": "1e-3", "weight_decay": 5e-4, "betas": [0.8, 0.9]}},
            "scheduler": {"func_name": "ReduceLROnPlateau", "params": {"factor": 0.2, "patience": 7}},
            **model,
        },
        "trainer": {
            "params": {"max_epochs": 50, "precision": "16-mixed", "check_val_every_n_epoch": 5, "accelerator": "gpu"},
            "callbacks": [
                {"func_name": "EarlyStopping", "params": {"patience": 9}},
                {"func_name": "ModelCheckpoint", "params": {}},
            ],
        },
    }
    found = settings_of(document)
    assert found is not None
    TrainingConfig.model_validate(found.values)
    return found


def test_what_has_a_counterpart_arrives() -> None:
    values = read().values
    assert (values["network"], values["patch_size"]) == ("dynunet3d", (32, 128, 128))
    assert values["recipe_parameters"] == {"loss": "dice_cross_entropy"}
    assert values["optimisation"] == {
        "optimiser": "adamw", "learning_rate": 1e-3, "weight_decay": 5e-4, "schedule": "plateau", "fall": 0.2,
        "fall_patience": 7, "precision": "float16", "batch_size": 4,
    }  # fmt: skip
    assert values["validation"] == {"patience": 9}


def test_all_else_is_told() -> None:
    told = " ".join(read().report)
    for name in (
        "train_val_ratio 0.2", "data.data_path", "data.postprocess", "max_epochs 50", "--epochs 50",
        "check_val_every_n_epoch 5", "ModelCheckpoint", "model.net.params.filters", "model.criterion.params",
        "model.optimizer.params.betas", "accelerator", "num_workers", "partial_loader",
    ):  # fmt: skip
        assert name in told, name


def test_schedules_of_the_same_kind_arrive() -> None:
    cycle = read(scheduler={"func_name": "OneCycleLR", "params": {"max_lr": 0.01}}).values["optimisation"]
    assert (cycle["schedule"], cycle["learning_rate"]) == ("one_cycle", 0.01)
    steps = read(scheduler={"func_name": "StepLR", "params": {"gamma": 0.3, "step_size": 30}})
    assert (steps.values["optimisation"]["schedule"], steps.values["optimisation"]["fall"]) == ("step", 0.3)
    assert any("step_size" in text for text in steps.report)
    other = read(scheduler={"func_name": "ExponentialLR", "params": {"gamma": 0.98}})
    assert "schedule" not in other.values["optimisation"]
    assert any("ExponentialLR" in text for text in other.report)


def test_a_file_for_running_a_model_is_called_so() -> None:
    found = settings_of({"mode": "inference", "data": {"a": 1}, "model": {"framework": "nnUnet"}})
    assert found is not None
    assert found.values["network"] == "dynunet3d"
    assert any("for “inference”" in text for text in found.report)
