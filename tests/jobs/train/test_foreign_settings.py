from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.jobs.train.settings import labels_to_learn, settings_of_file, settings_report

YAML = """
mode: train
data:
  category: embedseg
  cache_path: /cache
  extra: {center_method: centroid, patch_size: [32, 128, 128]}
model:
  net: {func_name: BranchedERFNet_3d}
  criterion: {func_name: SpatialEmbLoss_3d, params: {foreground_weight: 4.5}}
  optimizer: {params: {lr: 1e-4}}
trainer: {params: {max_epochs: 3}}
trainer: {params: {max_epochs: 250}}
"""


@pytest.mark.parametrize("ending", [".yaml", ".yml"])
def test_settings_of_another_program_become_a_configuration(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"pretrain{ending}"
    file.write_text(YAML)
    before = TrainingConfig(name="mine", output="runs/first")
    found = settings_of_file(file, before)
    assert (found.name, found.output, found.dataset) == (before.name, before.output, before.dataset)
    assert (found.recipe, found.network) == ("embedding", "erfnet3d")
    assert found.optimisation.learning_rate == 1e-4
    report = settings_report(file)
    assert report[0] == f"{file.name} holds settings of mmv_im2im."
    assert any("max_epochs 250" in text for text in report)
    assert f"The network BranchedERFNet_3d becomes {NETWORKS['erfnet3d'].title}." in report
    regions = before.model_copy(update={"dataset": DatasetConfig(kind="classes")})
    with pytest.raises(UserError, match=r"“Objects by their centres .*” learns from labels of objects, and these hold"):
        settings_of_file(file, regions)


def test_properties_in_json_are_known_too(tmp_path: Path) -> None:
    file = tmp_path / "data_properties.json"
    file.write_text(json.dumps({"foreground_weight": 10, "n_x": 512, "n_y": 512, "n_z": 1}))
    assert settings_of_file(file, TrainingConfig(patch_size=(1, 64, 64))).network == "erfnet2d"
    assert "EmbedSeg" in settings_report(file)[0]


def test_settings_of_this_program_have_no_report(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(TrainingConfig().model_dump_json())
    assert settings_report(file) == ()


@pytest.mark.parametrize("text", ["a: [\n", "a: 3\n", "- 1\n", "a: &x [1]\nb: *x\n", "model: {framework: fcn}\n"])
def test_other_yaml_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=r"other\.yaml"):
        settings_of_file(file, TrainingConfig())


EASYREG = {
    "dataset": {
        "task_type": "seg",
        "img_after_resize": [196, 164, 196],
        "seg": {
            "patch_size": [72, 72, 70],
            "interested_label_list": [2, 5],
            "partition": {"overlap_size": [16, 16, 16]},
        },
    },
    "tsk_set": {
        "model": "seg_net",
        "batch_sz": [4, 1, 1, 1],
        "epoch": 400,
        "max_batch_num_per_epoch": [400, 3, 1],
        "criticUpdates": 2,
        "loss": {"type": "ce"},
        "optim": {
            "optim_type": "adam",
            "lr": 0.001,
            "lr_scheduler": {"type": "custom", "custom": {"gamma": 0.5, "step_size": 60}},
        },
        "warmming_up_epoch": 2,
        "val_period": 10,
        "continue_train": True,
        "continue_train_lr": 5e-4,
        "gpu_ids": -1,
        "seg": {"class_num": 57},
    },
}


def test_task_settings_of_easyreg_become_a_configuration_with_a_report(tmp_path: Path) -> None:
    file = tmp_path / "cur_task_setting.json"
    file.write_text(json.dumps(EASYREG))
    found = settings_of_file(file, TrainingConfig(name="mine"))
    rates = found.optimisation
    assert (found.recipe, found.network, found.patch_size) == ("semantic", "easyreg_unet3d", (72, 72, 72))
    assert (rates.iterations, rates.batch_size, rates.accumulate) == (400 * 200, 4, 2)
    assert (rates.optimiser, rates.schedule, rates.fall, rates.fall_every) == ("adam", "step", 0.5, 60 * 200)
    assert (rates.learning_rate, rates.warm_up) == (1e-3, 2 / 400)
    assert (found.validation.every, found.device) == (2000, "cpu")
    assert found.recipe_parameters["loss"] == "cross_entropy"
    said = " ".join(settings_report(file))
    assert labels_to_learn(file) == (2, 5)
    for name in ("img_after_resize", "continue_train", "continue_train_lr", "class_num"):
        assert f"{name} is left out" in said
    assert "reset_train_epoch" not in said
    assert not found.whole_images


def test_a_training_of_easyreg_on_whole_images_stays_one(tmp_path: Path) -> None:
    whole = {**EASYREG, "tsk_set": {**EASYREG["tsk_set"], "seg": {"use_whole_img_as_input": True}}}
    file = tmp_path / "cur_task_setting.json"
    file.write_text(json.dumps(whole))
    assert settings_of_file(file, TrainingConfig()).whole_images
    assert not any("use_whole_img_as_input" in text for text in settings_report(file))


def test_a_segmentation_of_mmv_im2im_becomes_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "semantic_seg_3d.yaml"
    file.write_text(
        """
data: {category: pair, preprocess: [{func_name: RandSpatialCropSamplesd, params: {roi_size: [32, 100, 128]}}]}
model:
  framework: FCN
  net: {func_name: DynUNet, params: {spatial_dims: 3}}
  criterion: {func_name: GeneralizedDiceFocalLoss}
  optimizer: {func_name: AdamW, params: {lr: 1e-3}}
trainer: {params: {max_epochs: 50, gradient_clip_val: 2}}
"""
    )
    found = settings_of_file(file, TrainingConfig(name="mine"))
    assert (found.network, found.patch_size) == ("dynunet3d", (32, 104, 128))
    assert f"The network DynUNet becomes {NETWORKS['dynunet3d'].title}." in settings_report(file)
    assert found.recipe_parameters["loss"] == "dice_focal"
    assert (found.optimisation.clip, found.optimisation.optimiser) == (2, "adamw")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b'{"tsk_set":\n {"model_path": "C:\\Users"}}', r"line 2\. Write each \\ in a path twice"),
        ("a.json", b'{"a": 1,,}', "is no JSON: .*, line 1"),
        ("a.yaml", b'data:\n  path: "C:\\Users"\n', "line 2. Put paths of Windows into single quotes"),
        ("a.yaml", b"data:\n\tpath: x\n", "line 2. Indent with spaces, not with tabs"),
        ("a.yaml", b"data:\n  path: [\n", "line 3"),
        ("a.yaml", "data: Übung".encode("latin-1"), "not in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words):
        settings_of_file(tmp_path / name, TrainingConfig())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_other_systems_are_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "cur_task_setting.json"
    file.write_bytes(json.dumps(EASYREG, indent=2).replace("\n", "\r\n").encode(encoding))
    assert settings_of_file(file, TrainingConfig()).optimisation.iterations == 80_000
