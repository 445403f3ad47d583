"""Several models label as one, and how far they disagree stands beside the result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from desktop_app.cli.app import run_command
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.looks import MOST_SPREAD
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.models import save_model
from desktop_app.jobs.batch.preview import PreviewSession
from desktop_app.ml.networks.registry import build_network
from tests.cards import semantic_card

SHAPE = (2, 16, 16)


def model(folder: Path, seed: int, **changes: object) -> Path:
    card = semantic_card(
        name=f"Fold {seed}", network="unet2d", network_arguments={"channels": 4, "levels": 2}, dimensions=2,
        patch_size=(1, 16, 16), divisor=(1, 2, 2), decode={"objects": "classes"}, **changes,
    )  # fmt: skip
    torch.manual_seed(seed)
    weights = build_network(card.network, card.network_arguments, 1, card.output_channels).state_dict()
    weights["output.weight"] *= 20  # so that the models disagree
    return save_model(folder / f"{card.name}.vwmodel", card, {name: value.numpy() for name, value in weights.items()})


@pytest.fixture
def image(tmp_path: Path) -> Path:
    values = np.random.default_rng(1).integers(0, 1000, SHAPE).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", values)
    return tmp_path / "in.tif"


def probability(models: list[Path], image: Path, **prediction: bool) -> np.ndarray:
    volume = Volume.from_array(tifffile.imread(image))
    session = PreviewSession(models[0], "cpu", *models[1:])
    maps = session.predict(volume, Region.whole(SHAPE), "auto", RecordingContext(), dict(prediction))
    return np.asarray(maps.content.read(Region.whole(SHAPE)))


def test_the_command_line_averages_models_and_saves_where_they_disagree(tmp_path: Path, image: Path) -> None:
    models = [model(tmp_path, seed) for seed in (1, 2)]
    each = [probability([one], image)[0] for one in models]
    out = tmp_path / "out"
    command = ["infer", "--model", str(models[0]), "--with", str(models[1]), "--input", str(image)]
    settings = ["--output", str(out), "--device", "cpu", "--set", "prediction.uncertainty=true"]
    assert run_command([*command, *settings]) == 0
    mean, spread = (each[0] + each[1]) / 2, abs(each[0] - each[1]) / 2
    assert spread.max() > 0.2
    near = abs(mean - 0.5) > 0.01
    labels = open_labels(out / "in.tif").read()
    np.testing.assert_array_equal(labels[near] > 0, mean[near] > 0.5)
    percent = open_labels(out / "in_uncertainty.tif").read()
    np.testing.assert_allclose(percent, 100 * spread / MOST_SPREAD, atol=1)
    assert json.loads((out / "config.json").read_text())["together"] == [str(models[1])]
    summary = (out / "summary.csv").read_text()
    assert "done" in summary
    assert run_command([*command, *settings]) == 0
    assert "skipped" in (out / "summary.csv").read_text()
    assert run_command([*command[:3], *command[5:], "--output", str(out), "--device", "cpu"]) == 0
    assert "skipped" not in (out / "summary.csv").read_text()


def test_views_are_asked_for_by_the_same_name_for_all_methods(tmp_path: Path, image: Path) -> None:
    one = model(tmp_path, 1)
    plain, turned = probability([one], image), probability([one], image, turned=True)
    assert not np.allclose(plain, turned, atol=0.01)
    again = probability([one], image, turned=True, uncertainty=True)
    np.testing.assert_allclose(again[0], turned[0], atol=1e-3)
    assert 0 < again[1].max() <= MOST_SPREAD


def test_models_that_do_not_go_together_are_refused(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [model(tmp_path, 1), model(tmp_path, 2, class_names=("Vessel",))]
    command = ["infer", "--model", str(models[0]), "--with", str(models[1]), "--input", str(image)]
    assert run_command([*command, "--output", str(tmp_path / "out"), "--device", "cpu"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "“Fold 2” cannot be used together with “Fold 1”: it has other classes." in told


def test_uncertainty_of_a_single_look_is_refused_once_for_all_images(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["infer", "--model", str(model(tmp_path, 1)), "--input", str(image), "--output", str(tmp_path / "out")]
    assert run_command([*command, "--device", "cpu", "--set", "prediction.uncertainty=true"]) == 2
    assert "only where there is more than one look" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out" / "in.tif").exists()
