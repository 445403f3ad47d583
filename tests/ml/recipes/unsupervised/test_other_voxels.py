"""Images of another resolution are brought to the voxel size of the model, and objects of their kinds back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode
from desktop_app.ml.inference import Predictor
from desktop_app.ml.inference.engine import InferencePlan, Room, named_labels
from desktop_app.ml.recipes.registry import COMPUTED

ENGINE = COMPUTED["unsupervised"].engine
LEARNED = VoxelSize(z=2.0, y=1.0, x=1.0, unit="µm")
FINE = VoxelSize(z=1000.0, y=500.0, x=250.0, unit="nm")
SHAPE = (8, 16, 32)


class Bright(nn.Module):
    """What is bright is of the first kind; remembers how large what it saw was."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[int, ...]] = set()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.seen.add(tuple(image.shape[2:]))
        return torch.cat([20 * (image - 0.5), torch.zeros_like(image)], dim=1)


def card() -> ModelCard:
    return ModelCard(
        name="toy", recipe="unsupervised", network="wnet3d", dimensions=3, input_channels=1, output_channels=2,
        patch_size=(16, 32, 32), divisor=(1, 1, 1), voxel_size=LEARNED,
    )  # fmt: skip


def volume(size: VoxelSize) -> Volume:
    voxels = np.zeros(SHAPE, np.uint16)
    voxels[2:6, 4:12, 8:24] = 1000
    return Volume.from_array(voxels, voxel_size=size, name="fine.tif")


def plan() -> InferencePlan:
    prediction = {"resample": True}
    return InferencePlan.of(card(), InferenceConfig(model="", inputs=(), output="", prediction=prediction))


@pytest.mark.parametrize("objects", ["watershed", "classes"])
def test_the_network_sees_the_voxels_that_it_knows_and_labels_come_back_at_full_size(objects: str) -> None:
    network = Bright()
    predictor = Predictor(card(), network, torch.device("cpu"))
    maps = ENGINE.predict(predictor, volume(FINE), None, plan(), RecordingContext())
    assert network.seen == {(4, 8, 8)}
    decode = UnsupervisedDecode.model_validate({"objects": objects, "min_size": 4, "smoothing": 0})
    labels, _ = named_labels(ENGINE.decode(maps, decode, card(), Room(), RecordingContext()))
    assert labels.shape == SHAPE
    assert set(np.unique(labels)) == {0, 1}
    found, truth = labels > 0, volume(FINE).read() > 0
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.85


def test_what_cannot_be_is_said() -> None:
    predictor = Predictor(card(), Bright(), torch.device("cpu"))
    with pytest.raises(UserError, match=r"fine\.tif does not state its voxel size"):
        ENGINE.predict(predictor, volume(VoxelSize.unknown()), None, plan(), RecordingContext())
