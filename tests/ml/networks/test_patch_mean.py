from __future__ import annotations

import pytest
import torch
from torch import nn

from desktop_app.ml.networks.patch_mean import PatchMean, keep_to_patch


def _map(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(2, 3, rows, columns, generator=torch.Generator().manual_seed(0))


def _kept(rows: int, columns: int) -> PatchMean:
    network = nn.Sequential(PatchMean(16)).eval()
    keep_to_patch(network, (1, rows, columns))
    mean = network[0]
    assert isinstance(mean, PatchMean)
    return mean


@pytest.mark.parametrize(("rows", "columns"), [(4, 7), (3, 2), (1, 1)])
def test_each_place_has_the_mean_of_a_patch_that_lies_within_the_map(rows: int, columns: int) -> None:
    values, found = _map(9, 12), _kept(16 * rows, 16 * columns)(_map(9, 12))
    for y in range(9):
        top = min(max(y - rows // 2, 0), 9 - rows)
        for x in range(12):
            left = min(max(x - columns // 2, 0), 12 - columns)
            window = values[..., top : top + rows, left : left + columns]
            torch.testing.assert_close(found[..., y, x], window.mean((2, 3)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("patch", [(144, 192), (256, 256), (160, 4096)])
def test_a_map_no_larger_than_a_patch_has_the_mean_it_always_had(patch: tuple[int, int]) -> None:
    values = _map(9, 12)
    wanted = nn.functional.adaptive_avg_pool2d(values, 1).expand_as(values)
    torch.testing.assert_close(_kept(*patch)(values).expand_as(values), wanted, atol=1e-6, rtol=0)


def test_training_and_networks_whose_patch_is_not_known_take_all_of_the_map() -> None:
    values = _map(9, 12)
    wanted = values.mean((2, 3), keepdim=True)
    assert torch.equal(PatchMean(16).eval()(values), wanted)
    assert torch.equal(_kept(32, 32).train()(values), wanted)


def test_what_lies_farther_than_a_patch_changes_nothing() -> None:
    values = _map(6, 40)
    other = values.clone()
    other[..., 20:] = 0
    mean = _kept(64, 64)
    assert torch.equal(mean(values)[..., :17], mean(other)[..., :17])
    assert not torch.equal(mean(values)[..., 20:], mean(other)[..., 20:])
