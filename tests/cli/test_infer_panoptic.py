"""``voxelwright infer`` with a panoptic model: modes, settings of prediction and decoding."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.app import run_command
from desktop_app.cli.settings_help import DecodeHelp, inference_settings
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.models import save_model
from tests.cards import panoptic_card


@pytest.fixture
def model(tmp_path: Path) -> Path:
    import torch

    from desktop_app.ml.inference.loading import network_of

    card = panoptic_card(
        name="random",
        network_arguments={"encoder": "regnety_200mf", "channels": 32, "layers": 1},
        normalisation=Normalisation(kind="range", mean=0.5, std=0.2),
    )
    torch.manual_seed(4)
    weights = {name: value.numpy() for name, value in network_of(card).state_dict().items()}
    return save_model(tmp_path / "random.vwmodel", card, weights)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    volume = Volume.from_array(np.random.default_rng(0).integers(0, 255, (6, 20, 24)).astype(np.uint8))
    write_volume(tmp_path / "em.tif", volume.source, volume)
    return tmp_path / "em.tif"


def test_three_directions_with_settings(
    model: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    settings = ("downsampling=2", "votes=1", "median=1", "min_size=0", "keep_directions=yes", "replicas=2")
    command = ["infer", "--model", str(model), "--input", str(image), "--output", str(out), "--mode", "ortho"]
    assert run_command([*command, "--device", "all", *(word for text in settings for word in ("--set", text))]) == 0
    capsys.readouterr()
    assert sorted(path.name for path in out.glob("*.tif")) == ["em.tif", "em_xy.tif", "em_xz.tif", "em_yz.tif"]
    assert open_volume(out / "em.tif").shape == (6, 20, 24)
    config = json.loads((out / "config.json").read_text())
    assert (config["mode"], config["device"], config["replicas"]) == ("ortho", "all", 2)
    assert config["prediction"] == {"downsampling": 2}
    assert config["decode"]["votes"] == 1


def test_a_mode_that_the_model_lacks_is_refused(
    model: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["infer", "--model", str(model), "--input", str(image), "--output", str(tmp_path / "out")]
    assert run_command([*command, "--mode", "volume", "--device", "cpu"]) == 2
    assert "“ortho”" in " ".join(capsys.readouterr().err.split())


def test_the_help_says_what_holds_for_each_kind_of_model() -> None:
    settings = DecodeHelp(name="infer").settings()
    own = inference_settings("panoptic")
    assert settings["decode.min_size (panoptic)"].default == own["decode.min_size"].default == "500"
    (others,) = (found for key, found in settings.items() if key.startswith("decode.min_size (semantic"))
    assert others.default != "500"
    assert "decode.min_size" not in settings
    assert settings["decode.votes"].default == "2"
    assert {key.partition(" ")[0] for key in settings} >= set(own)
