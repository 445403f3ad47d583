from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.models import save_model
from desktop_app.ml.data.greys import grey_scale
from desktop_app.ml.inference import Predictor, load_predictor
from desktop_app.ml.inference.devices import choose_device
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.predictor import VoxelOutputs
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.semantic.engine import class_maps, map_names
from tests.cards import semantic_card

BATCHES = {"channels": 4, "levels": 2, "norm": "batch"}
TILING = TilingParameters(tile=(4, 16, 16), overlap=0.25, memory_gb=1)


class PointNetwork(nn.Module):
    """Says of each voxel what its own grey value says: so tiles must agree with the whole."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        grey = image[:, :1]
        return torch.cat([torch.zeros_like(grey), 4 * grey - 2, 2 * grey - 1], dim=1)


def _card(dimensions: int = 3, **changes: Any) -> ModelCard:
    values: dict[str, Any] = {
        "name": "points",
        "recipe": "semantic",
        "network": f"unet{dimensions}d",
        "network_arguments": {"channels": 4, "levels": 2},
        "dimensions": dimensions,
        "input_channels": 1,
        "output_channels": 3,
        "class_names": ("Nucleus",),
        "patch_size": (1 if dimensions == 2 else 8, 16, 16),
        "divisor": (1 if dimensions == 2 else 2, 2, 2),
    }
    return ModelCard.model_validate({**values, **changes})


def _outputs(card: ModelCard | None = None) -> VoxelOutputs:
    card = card or _card()
    return VoxelOutputs(map_names(card), lambda found: class_maps(found, card))


OUTPUTS = _outputs()


def _predictor(dimensions: int = 3) -> Predictor:
    return predictor_of(_card(dimensions), PointNetwork(), torch.device("cpu"))


def _volume(shape: tuple[int, int, int] = (11, 50, 37)) -> Volume:
    values = np.random.default_rng(0).integers(0, 1000, shape).astype(np.uint16)
    return Volume.from_array(values, name="noise")


def _expected(volume: Volume) -> NDArray[np.float32]:
    grey = grey_scale(volume, (0,), Normalisation()).apply(volume.read_channels())[0]
    return np.stack([1 / (1 + np.exp(-(4 * grey - 2))), 1 / (1 + np.exp(-(2 * grey - 1)))])


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("shape", [(11, 50, 37), (1, 20, 20), (3, 5, 70)])
def test_stitched_tiles_equal_the_whole(dimensions: int, shape: tuple[int, int, int]) -> None:
    volume = _volume(shape)
    maps = _predictor(dimensions).predict(volume, None, TILING, RecordingContext(), outputs=OUTPUTS)
    assert maps.channels == ("class:Nucleus", "depth")
    assert maps.shape == shape
    assert np.allclose(maps.read(Region.whole(shape)), _expected(volume), atol=2e-3)


def test_a_region_equals_the_same_part_of_the_whole() -> None:
    volume, region = _volume(), Region((2, 10, 5), (7, 33, 30))
    maps = _predictor().predict(volume, region, TILING, RecordingContext(), outputs=OUTPUTS)
    assert maps.shape == region.shape
    expected = _expected(volume)[(slice(None), *region.slices)]
    assert np.allclose(maps.read(Region.whole(region.shape)), expected, atol=2e-3)


def test_the_memory_budget_does_not_change_the_maps() -> None:
    torch.manual_seed(0)
    predictor = predictor_of(_card(), network_of(_card()), torch.device("cpu"))
    volume = _volume((9, 150, 170))
    sweep = predictor._sweep(volume, Region.whole(volume.shape), (0,), (4, 16, 16), TILING, OUTPUTS, RecordingContext())
    roomy, tight = (VoxelMaps.room(OUTPUTS.names, volume.shape, 10**9) for _ in range(2))
    sweep.run(roomy, RecordingContext())
    few = type(sweep)(**{name: getattr(sweep, name) for name in sweep.__slots__} | {"memory_bytes": 600_000})
    few.run(tight, RecordingContext())
    whole = Region.whole(volume.shape)
    assert roomy.read(whole).std() > 0.01
    assert np.array_equal(roomy.read(whole), tight.read(whole))


def test_maps_in_a_file_read_back_and_vanish(tmp_path: Path) -> None:
    maps = VoxelMaps.room(("a", "b"), (5, 6, 7), most_bytes=10, folder=tmp_path)
    assert maps.nbytes == 0
    assert len(list(tmp_path.iterdir())) == 2
    values = np.random.default_rng(1).random((2, 3, 4, 5)).astype(np.float32)
    maps.write(Region((1, 2, 1), (4, 6, 6)), values)
    assert np.allclose(maps.read(Region((1, 2, 1), (4, 6, 6))), values, atol=1e-3)
    assert maps.read(Region.whole((5, 6, 7))).sum() == pytest.approx(values.sum(), rel=1e-3)
    maps.close()
    maps.close()
    assert list(tmp_path.iterdir()) == []


def test_predicting_into_a_file_leaves_nothing_behind_when_cancelled(tmp_path: Path) -> None:
    context = RecordingContext(cancel_after=2)
    tiling = TilingParameters(tile=(4, 16, 16), memory_gb=0.25)
    volume = _volume((8, 30, 30))
    predictor = _predictor()
    predictor.predict(volume, None, tiling, RecordingContext(), outputs=OUTPUTS, scratch=tmp_path).close()
    with pytest.raises(JobCancelled):
        predictor.predict(volume, None, tiling, context, outputs=OUTPUTS, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_processor_shares_a_volume_out_evenly_where_tiles_make_no_difference() -> None:
    volume = Region.whole((20, 40, 70))
    own, wished = TilingParameters(), TilingParameters(tile=(8, 24, 24))
    alike = predictor_of(_card(), network_of(_card(network_arguments=BATCHES)), torch.device("cpu"))
    grouped = predictor_of(_card(), network_of(_card()), torch.device("cpu"))
    assert alike.tile_for(own, volume, volume.shape) == (12, 24, 28)  # the patch is 8 × 16 × 16, doubled at most
    assert grouped.tile_for(own, volume, volume.shape) == (12, 24, 24)  # one and a half times the patch
    assert alike.tile_for(wished, volume, volume.shape) == (8, 24, 24)
    flat = predictor_of(_card(2), network_of(_card(2, network_arguments=BATCHES)), torch.device("cpu"))
    assert flat.tile_for(own, Region.whole((5, 30, 33)), (5, 30, 33)) == (1, 30, 20)


def test_large_patches_get_no_larger_tiles_than_ever() -> None:
    card = _card(patch_size=(64, 128, 128), network_arguments=BATCHES)
    predictor = predictor_of(card, network_of(card), torch.device("cpu"))
    assert predictor.tile_for(TilingParameters(), Region.whole((300, 300, 300)), (300, 300, 300)) == (94, 174, 174)


@pytest.mark.parametrize(("patch", "largest"), [((16, 32, 32), (16, 32, 32)), ((16, 256, 256), (16, 384, 384))])
def test_a_network_that_sees_farther_than_its_patches_gets_no_larger_tiles(patch: Index3, largest: Index3) -> None:
    network = build_network("erfnet3d", {"dropout": 0}, 1, 7)
    card = semantic_card(
        name="far", recipe="embedding", network="erfnet3d", network_arguments={"dropout": 0}, output_channels=7,
        patch_size=patch, divisor=(8, 8, 8),
    )  # fmt: skip
    predictor = Predictor(card, network, torch.device("cpu"))
    shape = (64, 2048, 2048)
    tile = predictor.tile_for(TilingParameters(), Region.whole(shape), shape)
    assert all(edge <= most for edge, most in zip(tile, largest, strict=True))
    assert tile[0] == largest[0], "along z it is smaller than its view in both"
    assert (tile[1] > patch[1]) == (largest[1] > patch[1])


def test_a_tile_alone_is_seen_as_in_a_pair() -> None:
    torch.manual_seed(0)
    predictor = predictor_of(_card(), network_of(_card(network_arguments=BATCHES)), torch.device("cpu"))
    pair = np.random.default_rng(0).random((2, 1, 8, 16, 16), np.float32)
    together = predictor.forward(pair, OUTPUTS.maps_of)
    assert np.array_equal(together[1:], predictor.forward(pair[1:], OUTPUTS.maps_of))


def test_progress_ends_complete() -> None:
    context = RecordingContext()
    _predictor().predict(_volume(), None, TILING, context, outputs=OUTPUTS)
    steps = [e.done for e in context.of_kind(Progress)]
    assert steps == sorted(steps)
    assert context.of_kind(Progress)[-1].fraction == 1


@dataclass
class _Greedy(nn.Module):
    """Runs out of memory on tiles above a size."""

    most: int
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = nn.Module.__hash__

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.sizes.append(image[0, 0].numel())
        if image[0, 0].numel() > self.most:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")
        return PointNetwork()(image)


def test_out_of_memory_falls_back_to_smaller_tiles_with_a_note() -> None:
    context, volume = RecordingContext(), _volume()
    predictor = Predictor(_card(), _Greedy(300), torch.device("cpu"))
    maps = predictor.predict(volume, None, TILING, context, outputs=OUTPUTS)
    assert np.allclose(maps.read(Region.whole(volume.shape)), _expected(volume), atol=2e-3)
    notes = [n.text for n in context.of_kind(Note)]
    assert len(notes) == 2
    assert "smaller tiles" in notes[0]


def test_out_of_memory_with_the_smallest_tile_is_a_clear_error() -> None:
    predictor = Predictor(_card(), _Greedy(1), torch.device("cpu"))
    with pytest.raises(UserError, match="smallest tile"):
        predictor.predict(_volume((4, 8, 8)), None, TILING, RecordingContext(), outputs=OUTPUTS)


def test_other_errors_are_not_hidden() -> None:
    class Broken(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Predictor(_card(), Broken(), torch.device("cpu")).predict(
            _volume(), None, TILING, RecordingContext(), outputs=OUTPUTS
        )


def test_wrong_channels_and_modes_are_clear_errors() -> None:
    two = Volume.from_array(np.zeros((2, 4, 20, 20), np.uint8), name="pair")
    deep = Predictor(_card(input_channels=3), PointNetwork(), torch.device("cpu"))
    with pytest.raises(UserError, match="needs 3 channels, but pair has 2"):
        deep.predict(two, None, TILING, RecordingContext(), outputs=OUTPUTS)
    with pytest.raises(UserError, match="no channel 2"):
        _predictor().predict(two, None, TILING, RecordingContext(), outputs=OUTPUTS, channels=(2,))
    with pytest.raises(UserError, match="GPU") if not torch.cuda.is_available() else pytest.raises(UserError):
        choose_device("cuda:99" if torch.cuda.is_available() else "cuda")


def test_a_saved_model_predicts_as_before(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = network_of(_card())
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    path = save_model(tmp_path / "m.vwmodel", _card(), weights)
    before = predictor_of(_card(), network, torch.device("cpu"))
    after = load_predictor(path, "cpu")
    volume, whole = _volume((4, 20, 20)), Region.whole((4, 20, 20))
    maps = [p.predict(volume, None, TILING, RecordingContext(), outputs=OUTPUTS).read(whole) for p in (before, after)]
    assert np.array_equal(maps[0], maps[1])


def test_weights_of_another_network_are_a_clear_error(tmp_path: Path) -> None:
    weights = {name: t.numpy() for name, t in network_of(_card(2)).state_dict().items()}
    with pytest.raises(UserError, match="do not fit"):
        load_predictor(save_model(tmp_path / "m.vwmodel", _card(3), weights), "cpu")


def test_grey_scales_ignore_nan_and_agree_for_all_tiles() -> None:
    values = np.random.default_rng(0).normal(100, 10, (3, 40, 40)).astype(np.float32)
    values[1, 5, 5] = np.nan
    values[1, 6, 6] = np.inf
    volume = Volume.from_array(values)
    scale = grey_scale(volume, (0,), Normalisation())
    scaled = scale.apply(volume.read_channels())
    assert np.isfinite(scaled).all()
    assert np.percentile(scaled, 1) == pytest.approx(0, abs=0.02)
    assert np.percentile(scaled, 99.8) == pytest.approx(1, abs=0.05)
    flat = grey_scale(Volume.from_array(np.full((2, 4, 4), 7, np.uint8)), (0,), Normalisation(kind="zscore"))
    assert np.isfinite(flat.apply(np.full((1, 2, 4, 4), 7))).all()


def test_maps_give_their_memory_back_and_let_slices_be_chosen() -> None:
    values = np.arange(2 * 5 * 3 * 4, dtype=np.float32).reshape(2, 5, 3, 4)
    maps = VoxelMaps.of(("a", "b"), values)
    chosen = maps.select([3, 1])
    assert np.array_equal(chosen.read(Region.whole(chosen.shape)), values[:, [3, 1]])
    assert chosen.nbytes == 2 * 2 * 3 * 4 * 2
    maps.close()
    assert maps.nbytes == 0


def test_several_outputs_become_maps_side_by_side() -> None:
    volume = _volume((4, 20, 20))
    both = VoxelOutputs(("first", "second", "third"), lambda found: (found[:, 1:2], found[:, 1:].neg()))
    maps = _predictor().predict(volume, None, TILING, RecordingContext(), outputs=both)
    first, second, third = maps.read(Region.whole(volume.shape))
    assert np.allclose(first, -second, atol=2e-3)
    assert not np.allclose(second, third, atol=0.1)


def test_a_plan_refuses_modes_that_the_model_has_not() -> None:
    with pytest.raises(UserError, match="3D model"):
        InferencePlan.of(_card(), InferenceConfig(model="", inputs=(), output="", mode="slice"))
    assert InferencePlan.of(_card(2), InferenceConfig(model="", inputs=(), output="")).mode == "slice"
