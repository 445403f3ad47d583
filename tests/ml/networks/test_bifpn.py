from __future__ import annotations

import pytest
import torch
from torch import nn

from desktop_app.ml.networks.bifpn import BiFPN, BottomUp, TopDown


def _levels(*values: float) -> list[torch.Tensor]:
    """Five maps of one value each, fine to coarse."""
    return [torch.full((1, 1, 16 >> level, 16 >> level), float(value)) for level, value in enumerate(values)]


def _plain(fpn: TopDown | BottomUp) -> None:
    """Fusion alone, with weights that differ; the last is negative and so counts for nothing."""
    fpn.after_combine = nn.Identity()  # type: ignore[assignment]
    fpn.weights.data = torch.tensor([1.0, 2.0, 3.0, 4.0, -5.0])


def _fused(weights: list[float], values: list[float]) -> float:
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def test_the_way_down_fuses_the_coarser_map_with_its_own() -> None:
    fpn = TopDown([1] * 4, 1, "batch")
    _plain(fpn)
    maps = fpn(_levels(10, 20, 30, 40, 50))
    fourth = _fused([1, 2], [50, 40])
    third = _fused([2, 3], [fourth, 30])
    second = _fused([3, 4], [third, 20])
    first = _fused([4, 0], [second, 10])
    assert [m.shape[-1] for m in maps] == [16, 8, 4, 2, 1]
    assert [m.mean().item() for m in maps] == pytest.approx([first, second, third, fourth, 50], rel=2e-3)


def test_the_way_up_fuses_the_finer_map_with_its_own_before_and_after() -> None:
    fpn = BottomUp([1] * 4, 1, "batch")
    _plain(fpn)
    maps = fpn(_levels(10, 20, 30, 40, 50), _levels(11, 23, 35, 47, 50))
    second = _fused([1, 2, 3], [11, 20, 23])
    third = _fused([2, 3, 4], [second, 30, 35])
    fourth = _fused([3, 4, 0], [third, 40, 47])
    fifth = _fused([4, 0], [fourth, 50])
    assert [m.mean().item() for m in maps] == pytest.approx([11, second, third, fourth, fifth], rel=2e-3)


def test_one_convolution_sees_all_levels() -> None:
    fpn = TopDown([4] * 4, 4, "batch")
    calls: list[int] = []
    fpn.after_combine.register_forward_hook(lambda _module, _inputs, output: calls.append(output.shape[-1]))
    fpn([torch.randn(2, 4, 16 >> level, 16 >> level) for level in range(5)])
    assert calls == [2, 4, 8, 16]


def test_only_the_first_layer_changes_channels() -> None:
    fpn = BiFPN((8, 16, 32), 4, 2, "batch")
    convolutions = [name for name, module in fpn.named_modules() if isinstance(module, nn.Conv2d) and ".conv." in name]
    assert [name for name in convolutions if "bifpns.1" in name] == []
    assert len([name for name in convolutions if "bifpns.0" in name]) == 5
    maps = fpn([torch.randn(1, channels, size, size) for channels, size in ((8, 32), (16, 16), (32, 8))])
    assert [tuple(m.shape) for m in maps] == [(1, 4, size, size) for size in (32, 16, 8, 4, 2)]
