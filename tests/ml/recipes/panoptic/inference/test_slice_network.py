"""A network on whole slices and on tiles."""

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from desktop_app.core.job import RecordingContext
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.point_rend import PointRend
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.panoptic.inference.reading import PaddedFrame
from desktop_app.ml.recipes.panoptic.inference.slice_network import (
    Interrupted,
    Load,
    SliceNetwork,
    SliceRequest,
    interruptible,
    starts_on_grid,
    widest_layer,
)
from desktop_app.ml.recipes.panoptic.maps import Hardening, SliceMaps

CPU = torch.device("cpu")


class LocalNetwork(nn.Module):
    """Class logits, heatmap and offsets by one small convolution each."""

    def __init__(self, classes: int = 1) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.classes = nn.Conv2d(1, classes, 3, padding=1)
        self.coarse = nn.Conv2d(1, 3, 5, padding=2)

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        logits = self.classes(image).repeat_interleave(2 ** (render_steps - 2), 2)
        coarse = self.coarse(image)[:, :, ::4, ::4]
        logits = logits.repeat_interleave(2 ** (render_steps - 2), 3)
        return {"sem_logits": logits, "ctr_hmp": coarse[:, :1], "offsets": coarse[:, 1:]}


def pictures(height: int, width: int, count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).random((count, 1, height, width)).astype(np.float32)


@pytest.mark.parametrize("scale", [1, 4])
def test_tiles_are_blended_to_what_the_whole_gives_away_from_the_rim(scale: int) -> None:
    network, images = LocalNetwork().eval(), pictures(150, 170)
    frame = PaddedFrame(0, 0, 150 * scale, 170 * scale)
    request = SliceRequest((16, 16), frame, scale)
    whole = SliceNetwork(network, CPU, request, Load((512, 512)))(images)
    tiled = SliceNetwork(network, CPU, request, Load((64, 64), overlap=0.5))(images)
    assert whole.probabilities.shape == tiled.probabilities.shape == (2, 1, frame.height, frame.width)
    assert whole.heatmap.shape == tiled.heatmap.shape == (2, 38, 43)
    assert whole.offsets.shape == tiled.offsets.shape == (2, 2, 38, 43)
    assert np.abs(whole.probabilities.astype(np.float32) - tiled.probabilities).mean() < 2e-3
    assert np.abs(whole.heatmap - tiled.heatmap).mean() < 2e-3
    assert np.abs(whole.offsets - tiled.offsets).mean() < 2e-3


@pytest.mark.parametrize("changes", [{"batch": 4}, {"blend_there": True}, {"batch": 5, "blend_there": True}])
@pytest.mark.parametrize("classes", [1, 3])
def test_how_many_tiles_at_once_and_where_they_are_blended_changes_nothing(changes: Any, classes: int) -> None:
    network, images = LocalNetwork(classes).eval(), pictures(150, 170)
    request = SliceRequest((16, 16), PaddedFrame(0, 0, 150, 170))
    wanted = SliceNetwork(network, CPU, request, Load((64, 48)))(images)
    found = SliceNetwork(network, CPU, request, Load((64, 48), **changes))(images)
    for name in ("probabilities", "heatmap", "offsets"):
        assert np.abs(getattr(wanted, name).astype(np.float32) - getattr(found, name)).max() < 1e-3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("load", [Load((512, 512), batch=2), Load((64, 64), 3), Load((64, 64), 3, blend_there=True)])
def test_a_gpu_gives_what_the_processor_gives(load: Load) -> None:
    images, request = pictures(150, 170, 5), SliceRequest((16, 16), PaddedFrame(0, 0, 150, 170))
    wanted = SliceNetwork(LocalNetwork().eval(), CPU, request, load)(images)
    found = SliceNetwork(LocalNetwork().eval().cuda(), torch.device("cuda"), request, load)(images)
    for name in ("probabilities", "heatmap", "offsets"):
        assert np.abs(getattr(wanted, name).astype(np.float32) - getattr(found, name)).max() < 0.02


def test_of_a_small_picture_only_its_own_part_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = build_network("panoptic_bifpn", {"encoder": "resnet18"}, 1, 1).eval()
    assert isinstance(network, PanopticNetwork)
    with torch.no_grad():
        for layer in (network.semantic_head.head[1], network.semantic_pr.point_head.predictor):
            layer.weight *= 500_000
    image, rendered, real = pictures(3, 5, 1), [], PointRend.render

    def watched(rend: PointRend, *arguments: Any) -> torch.Tensor:
        rendered.append(real(rend, *arguments))
        return rendered[-1]

    monkeypatch.setattr(PointRend, "render", watched)
    seen = SliceNetwork(network, CPU, SliceRequest((128, 128), PaddedFrame(0, 0, 11, 18), 4), Load((128, 128)))(image)
    with torch.inference_mode():
        grown = torch.nn.functional.pad(torch.from_numpy(image), (0, 123, 0, 125))
        whole = network(grown, 4)["sem_logits"].sigmoid()[..., :11, :18].numpy()
    assert [tuple(logits.shape[-2:]) for logits in rendered] == [(5 * 16, 6 * 16), (512, 512)]
    assert np.ptp(whole) > 0.1
    np.testing.assert_allclose(seen.probabilities, whole, atol=2e-3)


def test_the_frame_cuts_all_maps_alike() -> None:
    network, images = LocalNetwork().eval(), pictures(64, 64)
    every = SliceNetwork(network, CPU, SliceRequest((16, 16), PaddedFrame(0, 0, 64, 64)), Load((64, 64)))(images)
    part = SliceNetwork(network, CPU, SliceRequest((16, 16), PaddedFrame(8, 16, 21, 30)), Load((64, 64)))(images)
    assert np.array_equal(part.probabilities, every.probabilities[..., 8:29, 16:46])
    assert np.array_equal(part.heatmap, every.heatmap[:, 2:8, 4:12])


@pytest.mark.parametrize("classes", [1, 4])
def test_hardened_maps_are_what_the_preview_makes_of_probabilities(classes: int) -> None:
    network, images, frame = LocalNetwork(classes).eval(), pictures(32, 48), PaddedFrame(0, 0, 32, 48)
    kept = SliceNetwork(network, CPU, SliceRequest((16, 16), frame), Load((64, 64)))(images).probabilities
    assert kept.shape[1] == max(1, classes - 1)
    part = SliceMaps(kept, np.zeros((2, 8, 12), np.float32), np.zeros((2, 2, 8, 12), np.float32))
    for hardening in (Hardening(0.55), Hardening(0.55, median=False)):
        request = SliceRequest((16, 16), frame, hardening=hardening)
        hard = SliceNetwork(network, CPU, request, Load((64, 64)))(images).probabilities
        shown = np.concatenate([one.probabilities for one in part.batches(hardening, 0, RecordingContext())])
        assert np.array_equal(hard, shown)
    if classes > 1:
        sure = kept.astype(np.float32).sum(axis=1) >= 0.55
        assert np.array_equal(hard[:, 0], np.where(sure, kept.argmax(axis=1) + 1, 0))


@pytest.mark.parametrize("divisor", [16, 32, 128])
@pytest.mark.parametrize("times", [1, 2, 3, 5])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.75])
def test_tiles_overlap_as_much_as_is_asked_for(divisor: int, times: int, overlap: float) -> None:
    tile = divisor * times
    starts = starts_on_grid(divisor * 11, tile, divisor, overlap)
    assert starts[0] == 0
    assert starts[-1] + tile == divisor * 11
    assert all(start % 4 == 0 for start in starts)
    assert all(later - earlier <= tile * (1 - overlap) for earlier, later in pairwise(starts))


def test_tiles_of_the_networks_divisor_leave_no_seams() -> None:
    network, images = LocalNetwork().eval(), pictures(160, 160)
    request = SliceRequest((16, 16), PaddedFrame(0, 0, 160, 160))
    whole = SliceNetwork(network, CPU, request, Load((512, 512)))(images).probabilities.astype(np.float32)
    apart, tiled = (
        np.abs(SliceNetwork(network, CPU, request, Load((16, 16), overlap=share))(images).probabilities - whole)
        for share in (0.0, 0.25)
    )
    seam = np.s_[..., 15:-15:16, 4:-4]
    assert apart[seam].mean() > 0.01
    assert tiled[seam].mean() < apart[seam].mean() / 10


def test_loads_become_lighter_until_they_cannot() -> None:
    load: Load | None = Load((128, 64), batch=4)
    steps = []
    while load is not None:
        steps.append((*load.tile, load.batch))
        load = load.lighter((32, 32))
    assert steps == [(128, 64, 4), (128, 64, 2), (128, 64, 1), (64, 32, 1), (32, 32, 1)]
    assert Load((64, 64), 4, blend_there=True).lighter((32, 32)) == Load((64, 64), 4)


def test_a_network_stops_between_two_layers() -> None:
    stop = threading.Event()

    class Stopping(nn.Module):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            stop.set()
            return values

    class Unreachable(nn.Module):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            raise AssertionError("went on")

    network = nn.Sequential(Stopping(), Unreachable())
    with interruptible(network, stop), pytest.raises(Interrupted):
        network(torch.zeros(1))
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_the_widest_layer_is_counted_per_pixel() -> None:
    class Wide(LocalNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.wide = nn.Conv2d(1, 31, 1, stride=2)

        def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
            self.wide(image)
            return super().forward(image, render_steps)

    assert widest_layer(Wide(), 1, (16, 16), CPU) == pytest.approx(4 * (1 + 31 / 4))
