"""TorchScript programs that cannot be converted run only where the user has agreed to it."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from torch import nn

from desktop_app.cli.app import run_command
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import require_trainable
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.registry import write_volume
from desktop_app.io.models import load_card, read_weights, save_model
from desktop_app.io.trust import is_trusted, trust
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.models.import_foreign import ForeignImport, TrustNeededError, import_foreign
from desktop_app.jobs.models.library import export_model, import_model
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.networks.torchscript import loaded_program
from tests.jobs.foreign_models import write_description


class Program(nn.Module):
    """Bright pixels are things; the brightest cells are centres."""

    def __init__(self, cells: int = 4) -> None:
        super().__init__()
        self.cells = cells
        self.gain = nn.Parameter(torch.tensor(20.0))

    def forward(self, x: torch.Tensor, render_steps: int = 2, interpolate_ins: bool = True) -> dict[str, torch.Tensor]:
        coarse = nn.functional.avg_pool2d(x, self.cells)
        large = nn.functional.interpolate(x, scale_factor=float(2 ** (render_steps - 2)))
        return {"sem_logits": self.gain * large, "ctr_hmp": coarse, "offsets": torch.cat([coarse * 0, coarse * 0], 1)}


def program(path: Path, cells: int = 4) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Program(cells).eval()).save(str(path))
    write_description(path.with_suffix(".yaml"), padding_factor=32)
    return path


def imported(source: Path, folder: Path, **more: bool) -> Path:
    return import_foreign(ForeignImport(source, **more), folder, RecordingContext())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return program(tmp_path / "strange.pth")


def test_it_is_asked_for_first_and_remembered(source: Path, tmp_path: Path) -> None:
    with pytest.raises(TrustNeededError, match=r"strange\.pth has a layout that is not known here") as caught:
        imported(source, tmp_path / "models")
    assert "--trust" in caught.value.hint
    assert not (tmp_path / "models").exists()
    first = imported(source, tmp_path / "models", trusted=True)
    second = imported(source, tmp_path / "models")
    assert load_card(first).weights_sha256 == load_card(second).weights_sha256
    assert is_trusted(hashlib.sha256(source.read_bytes()).hexdigest())
    other = program(tmp_path / "other.pth", cells=2)
    with pytest.raises(TrustNeededError):
        imported(other, tmp_path / "models")


def test_the_model_is_used_like_others(source: Path, tmp_path: Path) -> None:
    place = imported(source, tmp_path / "models", trusted=True)
    card = load_card(place)
    assert (card.network, card.divisor, card.output_channels) == ("torchscript", (1, 32, 32), 1)
    image = np.full((3, 50, 60), 20, np.uint8)
    image[:, 8:24, 8:24] = image[:, 28:44, 32:48] = 250
    volume = Volume.from_array(image)
    write_volume(tmp_path / "image.tif", volume.source, volume)
    config = InferenceConfig(
        model=str(place),
        inputs=(str(tmp_path / "image.tif"),),
        output=str(tmp_path / "out"),
        device="cpu",
        decode={"min_size": 10, "min_extent": 1, "median": 1, "centre_distance": 7},
    )
    result = run_inference(config, RecordingContext())
    assert result.failed == 0
    labels = tifffile.imread(result.cases[0].output)
    np.testing.assert_array_equal(labels > 0, image > 100)
    assert len(np.unique(labels[labels > 0])) == 2


def test_elsewhere_it_does_not_run_before_the_user_agrees(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = export_model(str(imported(source, tmp_path / "models", trusted=True)), tmp_path / "sent.vwmodel")
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(UserError, match="you have not agreed to run it"):
        load_predictor(packed, "cpu")
    with pytest.raises(TrustNeededError, match="holds a program, not weights alone"):
        import_model(packed, tmp_path / "theirs")
    assert not list((tmp_path / "theirs").glob("*.vwmodel"))
    load_predictor(import_model(packed, tmp_path / "theirs", trusted=True), "cpu")


def test_another_program_in_its_place_does_not_run(source: Path, tmp_path: Path) -> None:
    place = imported(source, tmp_path / "models", trusted=True)
    other = np.frombuffer(program(tmp_path / "other.pth", cells=2).read_bytes(), np.uint8)
    save_model(place, load_card(place), {**read_weights(place), "program": other})
    with pytest.raises(UserError, match="not the one that was imported"):
        load_predictor(place, "cpu")


def test_a_program_with_other_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="of other sizes than expected"):
        imported(program(tmp_path / "a.pth", cells=2), tmp_path / "models", trusted=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(nn.Conv2d(1, 1, 1)).save(str(tmp_path / "b.pth"))
    with pytest.raises(UserError, match="gives no classes, centres and offsets"):
        imported(tmp_path / "b.pth", tmp_path / "models", trusted=True)


def test_a_file_that_is_no_program_is_explained() -> None:
    data = b"PK nothing"
    trust(hashlib.sha256(data).hexdigest(), "nothing")
    with pytest.raises(UserError, match="does not load"):
        loaded_program(data)


def test_it_cannot_be_finetuned(source: Path, tmp_path: Path) -> None:
    place = imported(source, tmp_path / "models", trusted=True)
    with pytest.raises(UserError, match="can be used, but not finetuned"):
        require_trainable(load_card(place))
    with pytest.raises(UserError, match="can be used, but not finetuned"):
        load_predictor(place, "cpu").network.train()
    assert "a program (TorchScript)" in (place / "README.md").read_text()


def test_a_checkpoint_of_another_network_is_never_run(tmp_path: Path) -> None:
    torch.save({"a.weight": torch.ones(1)}, tmp_path / "a.pth")
    with pytest.raises(UserError, match="cannot be converted") as caught:
        imported(tmp_path / "a.pth", tmp_path / "models", trusted=True)
    assert not isinstance(caught.value, TrustNeededError)


def test_the_command_line_needs_the_word(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["models", "import", str(source), "--to", str(tmp_path / "models")]
    assert run_command(arguments) == 2
    assert "--trust" in capsys.readouterr().err
    assert run_command([*arguments, "--trust"]) == 0
