"""What a network of pictures says of a volume that it sees along all three axes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.core.recipes.registry import RECIPES as INFOS
from desktop_app.ml.inference import Predictor
from desktop_app.ml.inference.engine import InferencePlan, Room, named_labels
from desktop_app.ml.recipes.registry import COMPUTED
from tests.objects.embedding.fields import counts
from tests.objects.panoptic.ideal import ellipsoids

ENGINE = COMPUTED["embedding"].engine


class Blobs(nn.Module):
    """A network that knows one thing: each picture shows discs whose grey value is their number."""

    def __init__(self, truth: NDArray[np.uint32]) -> None:
        super().__init__()
        self.n = int(truth.max())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        from tests.objects.embedding.fields import ideal_field

        numbers = torch.round(image[:, 0] * self.n).clamp(0, self.n).numpy().astype(np.uint32)
        out = np.zeros((len(numbers), 5, *numbers.shape[1:]), np.float32)
        for maps, picture in zip(out, numbers, strict=True):
            field = ideal_field(picture[None], axes=2)
            maps[:2] = np.arctanh(field.offsets[:, 0] / 200)
            maps[2:4] = np.log((5.7 / field.radii[:, 0]) ** 2) / 10
            maps[4] = np.where(picture > 0, 6.0, -6.0)
        return torch.from_numpy(out)


def predictor(truth: NDArray[np.uint32]) -> Predictor:
    card = ModelCard(
        name="blobs",
        recipe="embedding",
        recipe_parameters={"span": 200},
        network="unet2d",
        dimensions=2,
        input_channels=1,
        output_channels=5,
        patch_size=(1, 64, 64),
        divisor=(1, 1, 1),
        normalisation={"low": 0, "high": 100},
    )
    return Predictor(card, Blobs(truth), torch.device("cpu"))


def plan(card: ModelCard, mode: str) -> InferencePlan:
    config = InferenceConfig.model_validate({"model": "", "inputs": (), "output": "", "mode": mode})
    made = InferencePlan.of(card, config)
    return InferencePlan(made.mode, made.prediction, TilingParameters(tile=(1, 64, 64), overlap=0.0, memory_gb=1))


@pytest.mark.parametrize("memory", [1.0, 0.0001])
def test_objects_of_a_volume_are_found_whole(memory: float) -> None:
    true = ellipsoids((30, 36, 40), 6, (5.0, 8.0), 3, touching=False)
    volume = Volume.from_array(true.astype(np.float32))
    model = predictor(true)
    maps = ENGINE.predict(model, volume, None, plan(model.card, "ortho"), RecordingContext())
    assert maps.channels == ("seed", *(f"offset:{a}" for a in "zyx"), *(f"radius:{a}" for a in "zyx"))
    decode = EmbeddingDecode(min_size=20, seed_threshold=0.6)
    found, _ = named_labels(ENGINE.decode(maps, decode, model.card, Room(memory), RecordingContext()))
    assert counts(found, true) == (int(true.max()), 0, 0)


def test_a_part_says_what_the_whole_says_there() -> None:
    true = ellipsoids((20, 24, 28), 4, (4.0, 6.0), 1, touching=False)
    volume, model = Volume.from_array(true.astype(np.float32)), predictor(true)
    whole = ENGINE.predict(model, volume, None, plan(model.card, "ortho"), RecordingContext())
    box = Region((4, 6, 8), (14, 20, 22))
    part = ENGINE.predict(model, volume, box, plan(model.card, "ortho"), RecordingContext())
    assert part.shape == box.shape
    np.testing.assert_allclose(part.read(Region.whole(box.shape))[0], whole.read(box)[0], atol=0.02)


def test_a_flat_image_is_seen_from_one_direction() -> None:
    true = ellipsoids((1, 40, 40), 4, (4.0, 6.0), 1, touching=False)
    model = predictor(true)
    volume = Volume.from_array(true.astype(np.float32))
    maps = ENGINE.predict(model, volume, None, plan(model.card, "ortho"), RecordingContext())
    assert len(maps.channels) == 5


def test_it_is_advised_for_cubes_and_doubted_for_thick_slices() -> None:
    info, model = INFOS["embedding"], predictor(np.ones((1, 2, 2), np.uint32)).card
    cubes = Volume.from_array(np.zeros((30, 30, 30)), voxel_size=VoxelSize(z=1, y=1, x=1, unit="µm"))
    thick = cubes.with_voxel_size(VoxelSize(z=3, y=1, x=1, unit="µm"))
    assert [advice.value for advice in info.suggestions(model, cubes)] == ["ortho"]
    assert not info.suggestions(model, thick)
    assert "3 times longer" in info.doubts(thick, "ortho", {})[0]
    assert not info.doubts(cubes, "ortho", {})
    assert not info.doubts(thick, "slice", {})
    assert info.working_bytes(model, "ortho") > info.working_bytes(model, "slice")
