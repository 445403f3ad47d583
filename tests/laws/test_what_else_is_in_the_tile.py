"""Same picture, same labels: what lies elsewhere in a tile changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import EMPTY_SHARE
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.io.images.registry import write_volume
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.registry import build_network

EDGE = 160
RIM = 2
"""Pixels by which objects that a picture's border cuts may reach beyond it: outlines blur by so much."""
_OF_THE_TILE = (nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d, nn.InstanceNorm3d)
SMALL: dict[str, dict[str, Any]] = {
    "unet2d": {"channels": 4, "levels": 2},
    "unet3d": {"channels": 4, "levels": 2},
    "segresnet2d": {"channels": 4},
    "segresnet3d": {"channels": 4},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_new_networks_take_no_statistics_of_the_tile(name: str) -> None:
    arguments = NETWORKS[name].suggest(ImageFacts(())).arguments
    network = build_network(name, arguments, 1, 2)
    assert [module for module in network.modules() if isinstance(module, _OF_THE_TILE)] == []
    assert any(isinstance(module, BatchNorm) for module in network.modules())


@pytest.mark.parametrize("name", SMALL)
def test_a_place_is_seen_alike_whatever_lies_far_from_it(name: str) -> None:
    """Exactly, with the statistics of a few steps of training."""
    torch.manual_seed(1)
    arguments = {**NETWORKS[name].suggest(ImageFacts(())).arguments, **SMALL[name]}
    network = build_network(name, arguments, 1, 2)
    shape = (8, 8, 320) if NETWORKS[name].dimensions == 3 else (8, 320)
    for _ in range(3):
        network(torch.randn(2, 1, *shape))
    network.eval()
    one = torch.randn(1, 1, *shape)
    other = one.clone()
    other[..., -16:] = 50 * torch.rand_like(other[..., -16:])
    with torch.no_grad():
        seen, seen_again = network(one)[..., :16], network(other)[..., :16]
    assert torch.equal(seen, seen_again)


def _picture(rng: np.random.Generator, filled: float) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Bright discs in one corner of a noisy picture, and where they are.

    Args:
        rng: Of everything random.
        filled: Share of each edge that has discs; 1 fills the picture densely, 0 leaves it empty.
    """
    truth = np.zeros((EDGE, EDGE), bool)
    y, x = np.mgrid[:EDGE, :EDGE]
    for _ in range(1500 if filled else 0):
        radius, middle = rng.uniform(6, 10), rng.uniform(0, EDGE * filled, 2)
        distance = np.hypot(y - middle[0], x - middle[1])
        if not truth[distance < radius + 2].any():
            truth |= distance < radius
    image = np.where(truth, 170, 100) + rng.normal(0, 10, truth.shape)
    return image.clip(0).astype(np.uint16), truth


def _write(path: Path, picture: NDArray[Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume.from_array(picture[None].astype(np.uint16))
    write_volume(path, volume.source, volume)
    return str(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learned regions from pictures that are densely filled everywhere."""
    folder, rng, pairs = tmp_path_factory.mktemp("tile"), np.random.default_rng(0), []
    for number in range(4):
        image, truth = _picture(rng, 1)
        places = {kind: _write(folder / kind / f"{number}.tif", p) for kind, p in (("image", image), ("labels", truth))}
        pairs.append(PairConfig(name=str(number), role="validation" if number == 3 else "train", **places))
    classes: dict[str, Any] = {"kind": "classes", "class_values": (1,), "class_names": ("Cell",)}
    config = TrainingConfig.model_validate(
        {
            "output": str(folder / "run"),
            "dataset": DatasetConfig(pairs=tuple(pairs), **classes).model_dump(),
            "network": "unet2d",
            "network_arguments": {"channels": 8, "levels": 3, "norm": "batch"},
            "patch_size": (1, 64, 64),
            "augmentation": {"empty": EMPTY_SHARE},
            "optimisation": {"iterations": 300, "batch_size": 4},
            "validation": {"every": 150},
            "device": "cpu",
        }
    )
    return train_model(config, RecordingContext()).model


def _found(model: Path, picture: NDArray[np.uint16], folder: Path) -> NDArray[np.bool_]:
    config = InferenceConfig(
        model=str(model), inputs=(_write(folder / "in" / "p.tif", picture),), output=str(folder / "out"), device="cpu"
    )
    run_inference(config, RecordingContext())
    return np.asarray(tifffile.imread(folder / "out" / "p.tif")).reshape(picture.shape) > 0


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.slow
@pytest.mark.parametrize("filled", [1.0, 0.35])
def test_objects_are_found_however_much_of_a_picture_they_fill(model: Path, filled: float, tmp_path: Path) -> None:
    image, truth = _picture(np.random.default_rng(7), filled)
    assert _dice(_found(model, image, tmp_path), truth) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("seed", [8, 80, 81])
def test_an_empty_picture_stays_empty(model: Path, seed: int, tmp_path: Path) -> None:
    """Its noise would reach from black to white, were it scaled by its own percentiles alone (51 false pixels)."""
    image, _ = _picture(np.random.default_rng(seed), 0)
    assert not _found(model, image, tmp_path).any()


@pytest.mark.slow
@pytest.mark.parametrize("around", ["noise", "black"])
def test_a_picture_within_a_larger_one_is_labelled_alike(model: Path, around: str, tmp_path: Path) -> None:
    image, _ = _picture(np.random.default_rng(9), 1)
    shape = (3 * EDGE, 3 * EDGE)
    larger = np.zeros(shape) if around == "black" else np.random.default_rng(10).normal(100, 10, shape)
    larger = larger.clip(0).astype(np.uint16)
    larger[EDGE : 2 * EDGE, EDGE : 2 * EDGE] = image
    found = _found(model, larger, tmp_path / "larger")
    assert _dice(found[EDGE : 2 * EDGE, EDGE : 2 * EDGE], _found(model, image, tmp_path / "alone")) > 0.99
    found[EDGE - RIM : 2 * EDGE + RIM, EDGE - RIM : 2 * EDGE + RIM] = False
    assert not found.any()
