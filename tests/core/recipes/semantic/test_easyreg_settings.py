from __future__ import annotations

import copy
from typing import Any

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.semantic.foreign import settings_of

LPBA: dict[str, Any] = {
    "dataset": {
        "task_type": "seg",
        "max_num_for_loading": [1000, 3, 5, 1],
        "img_after_resize": [196, 164, 196],
        "spacing_to_refer": [1, 1, 1],
        "normalize_via_percentage_clip": 0.95,
        "normalize_via_range_clip": [-1, -1],
        "seg": {
            "patch_size": [72, 72, 72],
            "interested_label_list": [2, 5],
            "use_whole_img_as_input": False,
            "num_crop_per_class_per_train_img": 20,
            "partition": {"mode": "pred", "overlap_size": [16, 16, 16], "padding_mode": "reflect"},
            "transform": {
                "transform_seq": ["my_balanced_random_crop"],
                "my_bal_rand_crop": {"bg_th_ratio": 0.5, "scale_ratio": 0.1},
            },
        },
    },
    "tsk_set": {
        "model": "seg_net",
        "method_name": "seg_unet",
        "train": True,
        "batch_sz": [4, 1, 1, 1],
        "epoch": 400,
        "max_batch_num_per_epoch": [400, 3, 1],
        "criticUpdates": 2,
        "loss": {"type": "ce", "ce": {"weight": 3}},
        "optim": {
            "optim_type": "adam",
            "adam": {"beta": 0.9},
            "lr": 0.001,
            "lr_scheduler": {
                "type": "custom",
                "custom": {"gamma": 0.5, "step_size": 60},
                "plateau": {"factor": 0.2, "patience": 3, "threshold": 0.01},
            },
        },
        "warmming_up_epoch": 2,
        "val_period": 10,
        "check_best_model_period": 5,
        "save_val_fig_epoch": 2,
        "continue_train": True,
        "continue_train_lr": 5e-4,
        "reset_train_epoch": True,
        "load_model_but_train_from_epoch": 20,
        "model_path": "C:\\runs\\epoch_90_",
        "gpu_ids": 1,
        "print_step": [10, 4, 4],
        "n_in_channel": 1,
        "save_fig_on": True,
        "output_taking_original_image_format": True,
        "seg": {
            "class_num": 57,
            "use_bn": False,
            "ensemble_during_the_test": True,
            "seg_ensemble": {"num_max": 20},
        },
    },
}


def read(**changes: Any) -> ForeignSettings:
    """The published settings with some entries of ``tsk_set`` changed; None takes one out."""
    document = copy.deepcopy(LPBA)
    document["tsk_set"].update(changes)
    document["tsk_set"] = {name: value for name, value in document["tsk_set"].items() if value is not None}
    found = settings_of(document)
    assert found is not None
    TrainingConfig.model_validate(found.values)
    return found


def leaves(table: dict[str, Any]) -> set[str]:
    return {leaf for name, value in table.items() for leaf in (leaves(value) if isinstance(value, dict) else {name})}


def test_every_entry_arrives_or_is_told() -> None:
    found = read()
    told = " ".join(found.report)
    taken = {
        "patch_size", "batch_sz", "epoch", "max_batch_num_per_epoch", "criticUpdates", "type", "optim_type", "lr",
        "gamma", "step_size", "warmming_up_epoch", "val_period",
    }  # fmt: skip
    kinds = {"task_type", "model", "method_name", "train"}
    nothing = {"normalize_via_range_clip", "use_whole_img_as_input"}
    within = {
        "mode", "overlap_size", "padding_mode", "transform_seq", "bg_th_ratio", "scale_ratio", "weight", "beta",
        "factor", "patience", "threshold", "num_max",
    }  # fmt: skip
    for name in leaves(LPBA) - taken - kinds - nothing - within:
        assert name in told, name
    for table in ("partition", "transform", "tsk_set.loss.ce", "optim.adam", "lr_scheduler.plateau", "seg_ensemble"):
        assert table in told, table


def test_numbers_are_those_of_the_file_in_steps() -> None:
    rates = read().values["optimisation"]
    assert (rates["iterations"], rates["accumulate"], rates["batch_size"]) == (400 * 200, 2, 4)
    assert (rates["schedule"], rates["fall"], rates["fall_every"]) == ("step", 0.5, 60 * 200)
    assert rates["warm_up"] == pytest.approx(2 / 400)
    assert read().values["validation"] == {"every": 2000}


def test_what_counts_epochs_is_left_out_where_their_length_is_not_told() -> None:
    for rounds in (None, -1, [-1, 3, 1]):
        found = read(max_batch_num_per_epoch=rounds)
        assert "iterations" not in found.values["optimisation"]
        assert "fall_every" not in found.values["optimisation"]
        assert "validation" not in found.values
        told = [text for text in found.report if "does not say how many batches" in text]
        assert [text.split()[0] for text in told] == ["epoch", "val_period", "step_size"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": "many"}, "tsk_set.epoch is left out: “many” is no number"),
        ({"epoch": float("inf")}, "tsk_set.epoch is left out: inf is no number"),
        ({"batch_sz": [5000]}, "batch_sz is left out: 5000 is no “Patches per step” here"),
        ({"optim": {"lr": -1}}, "lr is left out: -1 is no “Learning rate” here"),
        ({"optim": "adam"}, "tsk_set.optim"),
        ({"loss": ["ce"]}, "tsk_set.loss"),
        ({"loss": {"type": 7}}, "tsk_set.loss.type is left out: 7 is no name"),
        ({"loss": {"type": "lncc"}}, "The loss lncc has no counterpart"),
        ({"warmming_up_epoch": -1}, "easyreg"),
        ({"criticUpdates": 0}, "easyreg"),
        ({"gpu_ids": [0, 1]}, "gpu_ids [0, 1] is left out"),
        ({"optim": {"lr_scheduler": {"type": "cyclic"}}}, "The schedule cyclic has no counterpart"),
    ],
)
def test_nonsense_is_left_out_with_a_word(changes: dict[str, Any], words: str) -> None:
    assert any(words in text for text in read(**changes).report)


@pytest.mark.parametrize("size", [[72], "large", [72, 0, 72], {"z": 72}, 72])
def test_a_patch_that_is_none_follows_from_the_data(size: Any) -> None:
    document = copy.deepcopy(LPBA)
    document["dataset"]["seg"]["patch_size"] = size
    found = settings_of(document)
    assert found is not None
    assert "patch_size" not in found.values
    assert any("patch_size is left out" in text for text in found.report)


def test_tables_may_be_missing() -> None:
    found = settings_of({"tsk_set": {"method_name": "seg_unet"}})
    assert found is not None
    assert TrainingConfig.model_validate(found.values).network == "easyreg_unet3d"
    assert settings_of({"tsk_set": {"method_name": "mermaid"}, "dataset": {"task_type": "reg"}}) is None


@pytest.mark.parametrize(
    ("given", "labels", "said"),
    [
        ([5, 2, 0, 5], (2, 5), "of class labels 2, 5 alone are learned"),
        ([-1], (), ""),
        ([], (), ""),
        (["a"], (), "is no list of labels"),
        ([1.5], (), "is no list of labels"),
    ],
)
def test_labels_of_interest_are_read(given: list[Any], labels: tuple[int, ...], said: str) -> None:
    document = copy.deepcopy(LPBA)
    document["dataset"]["seg"]["interested_label_list"] = given
    found = settings_of(document)
    assert found is not None
    assert found.labels == labels
    told = [text for text in found.report if "interested_label_list" in text]
    assert len(told) == bool(said)
    assert all(said in text for text in told)
