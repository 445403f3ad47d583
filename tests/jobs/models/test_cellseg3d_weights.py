"""Weights of CellSeg3D become models that label images, and are finetuned or refused."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from torch import nn

from desktop_app.cli.app import run_command
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card, verify_model
from desktop_app.jobs.models.import_foreign import ForeignImport, import_foreign
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.recipes.registry import recipe_named
from tests.ml.networks.cellseg3d_layout import Trailmap, WNet, trained

EDGE = 16


def saved(network: nn.Module, path: Path) -> Path:
    torch.save(trained(network).state_dict(), path)
    return path


def probabilities(model: Path, image: np.ndarray, folder: Path) -> np.ndarray:
    """Maps ``(C, Z, Y, X)`` of the product's own way over an image of a single tile."""
    tifffile.imwrite(folder / "image.tif", image)
    predictor = load_predictor(model, "cpu")
    volume = open_volume(folder / "image.tif")
    plan = InferencePlan("volume", RECIPES[predictor.card.recipe].prediction())
    maps = recipe_named(predictor.card.recipe).engine.predict(predictor, volume, None, plan, RecordingContext())
    return np.stack([array.read(Region.whole(volume.shape)) for array in maps.arrays])


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(5).gamma(4, 100, (EDGE, EDGE, EDGE)).astype(np.float32)


def test_a_network_with_labels_sees_and_says_what_it_did_there(tmp_path: Path, image: np.ndarray) -> None:
    network = trained(Trailmap())
    torch.save(network.state_dict(), tmp_path / "TRAILMAP_MS_best_metric.pth")
    wanted = ForeignImport(tmp_path / "TRAILMAP_MS_best_metric.pth")
    model = import_foreign(wanted, tmp_path / "models", RecordingContext())
    verify_model(model)
    card = load_card(model)
    assert (card.recipe, card.network, card.dimensions) == ("semantic", "plain_unet3d", 3)
    assert (card.output_channels, card.class_names, card.divisor) == (2, ("Object",), (4, 4, 4))
    low, high = np.percentile(image, (1, 99))
    with torch.no_grad():
        theirs = network(torch.from_numpy(image.clip(low, high).astype(np.float32))[None, None])[0, 0].numpy()
    ours = probabilities(model, image, tmp_path)[0]
    assert theirs.std() > 0.01
    np.testing.assert_allclose(ours, theirs, atol=2e-3)  # maps are kept as float16


def test_a_w_net_sees_0_to_100_and_says_that_its_kinds_have_no_names(tmp_path: Path, image: np.ndarray) -> None:
    network, ctx = trained(WNet()), RecordingContext()
    torch.save(network.state_dict(), tmp_path / "wnet.pth")
    model = import_foreign(ForeignImport(tmp_path / "wnet.pth"), tmp_path / "models", ctx)
    card = load_card(model)
    assert (card.recipe, card.network, card.output_channels) == ("unsupervised", "wnet3d", 2)
    assert any("Kind that objects are made of" in note.text for note in ctx.of_kind(Note))
    scaled = 100 * (image - image.min()) / (image.max() - image.min())
    with torch.no_grad():
        theirs = torch.softmax(network(torch.from_numpy(scaled)[None, None]), 1)[0].numpy()
    np.testing.assert_allclose(probabilities(model, image, tmp_path), theirs, atol=2e-3)


def packed(folder: Path, name: str, *weights: str) -> Path:
    """An archive as the published ones: weights, and what a Mac adds to them."""
    torch.save(trained(Trailmap()).state_dict(), folder / "weights.pth")
    (folder / "extra").write_bytes(b"Mac OS X")
    with tarfile.open(folder / name, "w:gz") as archive:
        for member in weights:
            archive.add(folder / "weights.pth", f"../{member}")
            archive.add(folder / "extra", f"../._{member}")
    return folder / name


def test_a_published_archive_is_known_by_its_name(tmp_path: Path) -> None:
    archive = packed(tmp_path, "TRAILMAP_latest.tar.gz", "other.pth", "TRAILMAP_MS_best_metric.pth")
    model = import_foreign(ForeignImport(archive), tmp_path / "models", RecordingContext())
    card = load_card(model)
    assert (card.name, card.network, card.class_names) == ("CellSeg3D TRAILMAP", "plain_unet3d", ("nucleus",))
    assert (card.training["catalogue"], card.normalisation.kind) == ("CellSeg3D_TRAILMAP_MS", "clipped")
    assert card.divisor == (4, 4, 4)
    assert "eLife" in card.citation


def test_an_archive_of_ones_own_is_taken_where_it_says_what_is_meant(tmp_path: Path) -> None:
    own = packed(tmp_path, "own.tar.gz", "mine.pth")
    model = import_foreign(ForeignImport(own), tmp_path / "models", RecordingContext())
    assert (load_card(model).name, load_card(model).class_names) == ("own", ("Object",))
    two = packed(tmp_path, "two.tar.gz", "a.pth", "b.pth")
    with pytest.raises(UserError, match=r"holds a\.pth, b\.pth"):
        import_foreign(ForeignImport(two), tmp_path / "models", RecordingContext())
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(own.read_bytes()[:-2000])
    with pytest.raises(UserError, match=r"cut\.tar\.gz.*cut off or damaged"):
        import_foreign(ForeignImport(cut), tmp_path / "models", RecordingContext())
    wrong = tmp_path / "wrong.tgz"
    wrong.write_bytes(b"hello")
    with pytest.raises(UserError, match=r"not a packed model"):
        import_foreign(ForeignImport(wrong), tmp_path / "models", RecordingContext())
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["own.vwmodel"]


def test_weights_that_do_not_fit_leave_nothing_behind(tmp_path: Path) -> None:
    state = trained(Trailmap()).state_dict()
    del state["decoders.1.basic_module.SingleConv1.conv.weight"]
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(UserError, match=r"odd\.pth .*decoders\.1\.basic_module\.SingleConv1\.conv\.weight is missing"):
        import_foreign(ForeignImport(tmp_path / "odd.pth"), tmp_path / "models", RecordingContext())
    assert not (tmp_path / "models").exists()


def test_the_command_line_imports_and_labels(tmp_path: Path, image: np.ndarray) -> None:
    source = saved(Trailmap(), tmp_path / "mine.pth")
    assert run_command(["models", "import", str(source), "--to", str(tmp_path / "models")]) == 0
    tifffile.imwrite(tmp_path / "image.tif", image)
    model = tmp_path / "models" / "mine.vwmodel"
    assert run_command([
        "infer", "--model", str(model), "--input", str(tmp_path / "image.tif"), "--output", str(tmp_path / "out"),
        "--device", "cpu",
    ]) == 0  # fmt: skip
    assert list((tmp_path / "out").glob("image*.tif"))
