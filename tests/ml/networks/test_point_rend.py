from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from desktop_app.ml.networks.point_rend import PointRend, point_sample, uncertainty


class _Answer(torch.nn.Module):
    """Says the same of all points."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, _features: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        return torch.full_like(coarse, self.value)


class _Copy(torch.nn.Module):
    """Says what the features are, so that their place can be read off."""

    def forward(self, features: torch.Tensor, _coarse: torch.Tensor) -> torch.Tensor:
        return features


def _rend(head: torch.nn.Module | None = None) -> PointRend:
    torch.manual_seed(0)
    rend = PointRend(2, 1)
    if head is not None:
        rend.point_head = head  # type: ignore[assignment]
    return rend.eval()


def test_only_doubtful_pixels_are_classified_anew() -> None:
    coarse = torch.full((1, 1, 16, 16), 5.0)
    coarse[..., 8:] = -5.0
    plain = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    rendered = _rend(_Answer(99.0)).render(coarse, torch.zeros(1, 2, 16, 16), 1)
    changed = rendered == 99
    assert torch.equal(rendered[~changed], plain[~changed])
    columns = changed.any(dim=2)[0, 0].nonzero().flatten().tolist()
    assert columns == [14, 15, 16, 17], "the classes meet between 15 and 16"
    assert bool(changed[..., 14:18].all())
    coarse[..., 4, 2] = -0.5
    assert bool((_rend(_Answer(99.0)).render(coarse, torch.zeros(1, 2, 16, 16), 1)[..., 8:10, 4:6] == 99).all())


def test_nothing_changes_where_nothing_is_doubtful() -> None:
    sure = torch.full((2, 1, 8, 8), -5.0)
    assert torch.equal(_rend(_Answer(99.0)).render(sure, torch.zeros(2, 2, 8, 8), 2), torch.full((2, 1, 32, 32), -5.0))


def test_outlines_are_refined_alike_whatever_else_is_doubtful() -> None:
    """Among all pixels of an image they would be the less doubtful ones."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(1, 2, 160, 160, generator=generator)
    alone = torch.full((1, 1, 160, 160), -8.0)
    alone[..., 8:16, 8:16] = 8.0
    amid = alone.clone()
    amid[..., 24:] = 0.01 * torch.rand(1, 1, 160, 136, generator=generator)
    rend = _rend()
    with torch.no_grad():
        seen, seen_again = (rend.render(coarse, features, 2)[..., :88] for coarse in (alone, amid))
    assert torch.equal(seen, seen_again)


def test_points_are_at_the_centres_of_their_pixels() -> None:
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    features = torch.stack([y, x])[None]
    rend = PointRend(2, 2)
    rend.point_head = _Copy()  # type: ignore[assignment]
    coarse = torch.rand(1, 2, 16, 24, generator=torch.Generator().manual_seed(0))
    rendered = rend.render(coarse, features, 1)
    inner = rendered[0, :, 2:-2, 2:-2]
    wanted_y = (torch.arange(32) + 0.5) / 2 - 0.5
    wanted_x = (torch.arange(48) + 0.5) / 2 - 0.5
    torch.testing.assert_close(inner[0], wanted_y[2:-2, None].expand(-1, 44), atol=1e-4, rtol=0)
    torch.testing.assert_close(inner[1], wanted_x[2:-2].expand(28, -1), atol=1e-4, rtol=0)


@pytest.mark.parametrize("sureness", [0.1, 1, 4, 20])
def test_a_part_is_what_the_whole_is_there(sureness: float) -> None:
    generator = torch.Generator().manual_seed(0)
    coarse, features = torch.randn(2, 2, 16, 16, generator=generator), torch.randn(2, 2, 16, 16, generator=generator)
    coarse *= sureness
    rend = _rend(_Copy())
    whole, part = rend.render(coarse, features, 3), rend.render(coarse, features, 3, (5, 7))
    assert part.shape[-2] == 72 < whole.shape[-2]
    torch.testing.assert_close(part[..., :40, :56], whole[..., :40, :56], atol=1e-5, rtol=0)


def test_many_points_are_classified_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    coarse, features = torch.randn(2, 1, 32, 32, generator=generator), torch.randn(2, 2, 32, 32, generator=generator)
    rend = _rend()
    with torch.no_grad():
        whole = rend.render(coarse, features, 2)
        monkeypatch.setattr("desktop_app.ml.networks.point_rend._POINTS_AT_ONCE", 700)
        portions = rend.render(coarse, features, 2)
    torch.testing.assert_close(whole, portions, atol=1e-6, rtol=0)


def test_training_points_lie_where_the_classes_meet() -> None:
    torch.manual_seed(0)
    coarse = torch.full((2, 1, 32, 32), 8.0)
    coarse[..., 16:] = -8.0
    logits, coordinates = _rend().train_points(coarse, torch.zeros(2, 2, 32, 32))
    assert logits.shape == (2, 1, 1024)
    assert coordinates.shape == (2, 1024, 2)
    assert bool(((coordinates >= 0) & (coordinates <= 1)).all())
    doubtful = (coordinates[..., 0] - 0.5).abs() < 1 / 64
    by_chance = 1024 / 32
    assert int(doubtful[0].sum()) > 2 * by_chance
    assert int(doubtful[1].sum()) > 2 * by_chance


def test_doubt_is_nearness_to_zero_or_of_two_classes() -> None:
    assert uncertainty(torch.tensor([[[-3.0, 0.5, 2.0]]])).tolist() == [[-3.0, -0.5, -2.0]]
    several = torch.tensor([[[1.0, 0.0], [4.0, 0.0], [3.5, -9.0]]])
    assert uncertainty(several).tolist() == [[-0.5, 0.0]]


def test_samples_are_bilinear_and_outside_fades() -> None:
    maps = torch.tensor([[[[0.0, 2.0], [4.0, 6.0]]]])
    found = point_sample(maps, torch.tensor([[[0.25, 0.25], [0.5, 0.5], [0.75, 0.25], [0.0, 0.0]]]))
    torch.testing.assert_close(found, torch.tensor([[[0.0, 3.0, 2.0, 0.0]]]))
