"""Networks leave as ONNX and TorchScript, with the numbers of the model and a description beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.cli.app import run_command
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.core.networks.registry import network_divisor
from desktop_app.io.models import save_model
from desktop_app.jobs.models.export_network import export_network
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.networks import plain_form
from desktop_app.ml.networks.registry import build_network
from tests.cards import panoptic_card, semantic_card


def saved(folder: Path, card: ModelCard) -> Path:
    torch.manual_seed(0)
    network = build_network(card.network, card.network_arguments, card.input_channels, card.output_channels)
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    return save_model(folder / f"{card.name}.vwmodel", card, arrays)


def small(network: str, **arguments: Any) -> ModelCard:
    divisor = network_divisor(network, arguments)
    patch = tuple(2 * part for part in divisor)
    flat = network.endswith("2d")
    return semantic_card(
        name="Small", network=network, network_arguments=arguments, divisor=divisor, dimensions=2 if flat else 3,
        patch_size=(1, *patch[1:]) if flat else patch, class_names=("Nucleus",),
        recipe="unsupervised" if network.startswith("wnet") else "semantic",
    )  # fmt: skip


def answers(model: Path, size: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """An image, and what the model itself says of it."""
    image = torch.randn(size, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        return image, load_predictor(model, "cpu").network(image)


@pytest.mark.parametrize("network", ["unet2d", "unet3d", "wnet2d"])
def test_torchscript_gives_the_same_numbers_in_any_size(tmp_path: Path, network: str) -> None:
    card = small(network, channels=4)
    model = saved(tmp_path, card)
    made = export_network(model, tmp_path / "net.pt", RecordingContext())
    assert (made.any_size, made.tried_by) == (True, "PyTorch")
    size = (2, 1, *(3 * part for part in (card.divisor[1:] if card.dimensions == 2 else card.divisor)))
    image, own = answers(model, size)
    (given,) = torch.jit.load(str(made.file))(image)
    torch.testing.assert_close(given, own)


def test_a_description_says_what_goes_in_and_comes_out(tmp_path: Path) -> None:
    card = small("unet2d", channels=4)
    made = export_network(saved(tmp_path, card), tmp_path / "net.pt", RecordingContext())
    assert made.description == tmp_path / "net.pt.json"
    told = json.loads(made.description.read_text())
    assert told["input"]["axes"] == "bcyx"
    assert told["input"]["multiple_of"] == list(card.divisor[1:])
    assert told["input"]["only_size"] is None
    assert told["input"]["greys"] == card.normalisation.model_dump()
    assert (told["outputs"], told["channels"], told["classes"]) == (["logits"], 2, ["Nucleus"])
    assert "softmax" in told["meaning"]


@pytest.mark.parametrize("network", ["unet3d", "segresnet2d", "wnet3d"])
def test_onnx_is_written_without_further_packages(tmp_path: Path, network: str) -> None:
    made = export_network(saved(tmp_path, small(network, channels=8)), tmp_path / "net.onnx", RecordingContext())
    assert made.file.stat().st_size > 1000
    assert made.difference < 1e-3


def test_onnx_gives_the_same_numbers(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    model = saved(tmp_path, small("unet3d", channels=4))
    made = export_network(model, tmp_path / "net.onnx", RecordingContext())
    assert (made.any_size, made.tried_by) == (True, "ONNX Runtime")
    image, own = answers(model, (1, 1, 8, 16, 24))
    (given,) = runtime.InferenceSession(str(made.file)).run(None, {"image": image.numpy()})
    np.testing.assert_allclose(given, own.numpy(), atol=1e-4)


def test_a_network_of_one_size_says_so(tmp_path: Path) -> None:
    card = small("swin_unetr2d", features=12)
    ctx = RecordingContext()
    made = export_network(saved(tmp_path, card), tmp_path / "net.pt", ctx)
    assert not made.any_size
    assert any("64 × 64 (z, y, x) alone" in note.text for note in ctx.of_kind(Note))
    assert json.loads(made.description.read_text())["input"]["only_size"] == [64, 64]


@pytest.mark.parametrize(
    ("network", "more"), [("panoptic_bifpn", {"layers": 1}), ("panoptic_deeplab", {"image_pooling": True})]
)
def test_panoptic_networks_leave_as_torchscript_alone(network: str, more: dict[str, Any], tmp_path: Path) -> None:
    """Also such as see the mean of a patch."""
    arguments = {"encoder": "regnety_200mf", "channels": 32, **more}
    card = panoptic_card(name="Mito", network=network, network_arguments=arguments)
    model = saved(tmp_path, card)
    made = export_network(model, tmp_path / "net.pt", RecordingContext())
    image, own = answers(model, (1, 1, 128, 128))
    for given, values in zip(torch.jit.load(str(made.file))(image), own.values(), strict=True):
        torch.testing.assert_close(given, values)
    with pytest.raises(UserError, match="no form in ONNX"):
        export_network(model, tmp_path / "net.onnx", RecordingContext())
    assert not (tmp_path / "net.onnx").exists()


def test_other_numbers_are_refused_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = saved(tmp_path, small("unet2d", channels=4))
    monkeypatch.setattr(plain_form, "_difference", lambda *_: 0.02)
    with pytest.raises(UserError, match=r"other numbers than the model \(by 2\.0%\)"):
        export_network(model, tmp_path / "net.pt", RecordingContext())
    assert [path.name for path in tmp_path.iterdir()] == [model.name]


def test_a_wrong_ending_and_a_stop(tmp_path: Path) -> None:
    model = saved(tmp_path, small("unet2d", channels=4))
    with pytest.raises(UserError, match=r"net\.h5 has no ending"):
        export_network(model, tmp_path / "net.h5", RecordingContext())
    with pytest.raises(JobCancelled):
        export_network(model, tmp_path / "net.pt", RecordingContext(cancel_after=1))
    assert [path.name for path in tmp_path.iterdir()] == [model.name]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved(tmp_path, small("unet2d", channels=4))
    assert run_command(["models", "export", str(model), str(tmp_path / "net.pt")]) == 0
    assert "agree with the model" in " ".join(capsys.readouterr().out.split())
    assert run_command(["models", "export", str(model), str(tmp_path / "sent.vwmodel")]) == 0
    assert (tmp_path / "sent.vwmodel").is_file()
