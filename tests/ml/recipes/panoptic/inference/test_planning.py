"""How much of what at a time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.engine import _slices
from desktop_app.ml.recipes.panoptic.inference import planning
from desktop_app.ml.recipes.panoptic.inference.planning import NetworkPlan
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, panoptic_card, predictor_with


class Nowhere:
    """Voxels that are never read."""

    dtype = np.dtype(np.uint8)

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = (1, *shape)

    def read(self, channel: int, region: Region) -> Any:
        raise AssertionError("read")


def plan(
    shape: tuple[int, int, int],
    memory_gb: float = 2.0,
    plane: str = "xy",
    replicas: int = 1,
    tile_size: int = 0,
) -> NetworkPlan:
    volume = Volume(Nowhere(shape))
    predictor: Predictor = predictor_with(LabelReadingNetwork(1.0), volume)
    predictor.layer_bytes = 128.0
    prediction = PanopticPrediction(plane=plane, tile_size=tile_size)
    way = InferencePlan("stack", prediction, TilingParameters(memory_gb=memory_gb), replicas=replicas)
    return _slices(predictor, volume, Plane(plane), Region.whole(shape), way, RecordingContext()).plan


def test_small_slices_are_seen_whole_and_large_ones_in_tiles() -> None:
    assert plan((10, 500, 600)).load.tile == (512, 608)
    rows, columns = plan((10, 9000, 9000)).load.tile
    assert rows == columns < 9000
    assert rows % 16 == 0
    assert rows**2 * 128 * 4 < 2 * 2**30


def test_the_users_tile_holds_in_pixels_of_the_image() -> None:
    assert plan((10, 9000, 9000), tile_size=1000).load.tile == (1008, 1008)


@pytest.mark.parametrize(
    ("network", "patch", "tile"),
    [
        ("panoptic_deeplab", 128, (128, 128)),
        ("panoptic_deeplab", 256, (512, 608)),
        ("panoptic_bifpn", 128, (512, 608)),
        ("torchscript", 128, (512, 608)),
    ],
)
def test_tiles_are_no_larger_than_small_patches_beyond_which_a_network_looks(
    network: str, patch: int, tile: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the user wants them so, who is told."""
    usual, changes = predictor_with, {"network": network, "patch_size": (1, patch, patch)}
    card = panoptic_card().model_copy(update=changes)
    monkeypatch.setattr(f"{__name__}.predictor_with", lambda *given: replace(usual(*given), card=card))
    assert plan((10, 500, 600)).load.tile == tile
    assert plan((10, 9000, 9000), tile_size=1000).load.tile == (1008, 1008)


def test_a_smaller_budget_means_less_of_everything() -> None:
    small, large = plan((300, 4000, 4000), 0.5), plan((300, 4000, 4000), 8)
    for name in ("slab_bytes", "ahead"):
        assert getattr(small, name) <= getattr(large, name)
    assert small.load.tile[0] < large.load.tile[0]


def test_copies_that_do_not_fit_are_left_out_and_never_change_the_tiles() -> None:
    one, many = plan((10, 1200, 1200)), plan((10, 1200, 1200), replicas=8)
    assert one.load == many.load
    assert (one.copies, many.copies) == (1, 1)
    assert plan((10, 300, 300), replicas=4).copies == 4


def test_room_on_a_gpu_is_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 200))
    assert planning._room(torch.device("cuda"), 7.0) == pytest.approx(60)
    assert planning._room(torch.device("cpu"), 7.0) == 7.0


def on_gpu(shape: tuple[int, int, int], free_gb: float, monkeypatch: pytest.MonkeyPatch) -> NetworkPlan:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(free_gb * 2**30), 0))
    volume = Volume(Nowhere(shape))
    predictor: Predictor = predictor_with(LabelReadingNetwork(1.0), volume)
    predictor.layer_bytes, predictor.device = 128.0, torch.device("cuda")
    way = InferencePlan("stack", PanopticPrediction(), TilingParameters(memory_gb=16))
    return _slices(predictor, volume, Plane.XY, Region.whole(shape), way, RecordingContext()).plan


def test_a_gpu_gets_several_slices_and_has_room_for_the_threads_that_serve_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_gpu((64, 2048, 2048), 80, monkeypatch).batch == 8
    for free in (1, 4, 24):
        load = on_gpu((64, 2048, 2048), free, monkeypatch).load
        used = load.batch * load.tile[0] * load.tile[1] * 128 * 4 * planning.THREADS_PER_GPU
        assert used <= free * 2**30


def test_tiles_of_huge_slices_are_put_together_on_a_gpu_if_it_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not on_gpu((8, 2048, 2048), 80, monkeypatch).load.blend_there
    assert on_gpu((8, 8000, 8000), 24, monkeypatch).load.blend_there
    assert not on_gpu((8, 20_000, 20_000), 24, monkeypatch).load.blend_there
    assert not plan((8, 20_000, 20_000)).load.blend_there
