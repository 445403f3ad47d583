from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.jobs.train.settings import settings_of_file, settings_report

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
