from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.ml.inference.tiling import (
    blend_weights,
    even_tile,
    fitting_tile,
    rounded_up,
    smaller_tile,
    tile_starts,
    windows,
)

EDGE = st.integers(1, 70)


@given(size=EDGE, tile=EDGE, overlap=st.floats(0, 0.75))
def test_tiles_cover_every_voxel_and_overlap_enough(size: int, tile: int, overlap: float) -> None:
    starts = tile_starts(size, tile, overlap)
    covered = np.zeros(size, int)
    for start in starts:
        assert start >= 0
        assert tile >= size or start + tile <= size
        covered[start : start + tile] += 1
    assert covered.min() >= 1
    steps = np.diff(starts)
    assert (steps <= max(1, int(tile * (1 - overlap)))).all()


@given(shape=st.tuples(st.integers(1, 3), EDGE, EDGE), most=st.integers(1, 3000), least=st.integers(1, 40))
def test_windows_share_out_the_plane(shape: tuple[int, int, int], most: int, least: int) -> None:
    seen = np.zeros(shape[1:], int)
    for window in windows(shape, most, least):
        assert window.height > 0
        assert window.width > 0
        seen[window.top : window.bottom, window.left : window.right] += 1
    assert (seen == 1).all()


def test_small_budgets_make_small_windows() -> None:
    parts = windows((1, 4000, 4000), 250_000, 128)
    assert max(p.height * p.width for p in parts) < 400_000
    assert len(windows((1, 400, 500), 250_000, 128)) == 1


def test_weights_are_a_hill_and_never_zero() -> None:
    weights = blend_weights((1, 8, 16))
    assert weights.shape == (1, 8, 16)
    assert weights.min() > 0
    assert weights[0, 4, 8] == pytest.approx(1, abs=0.1)
    assert np.allclose(weights, weights[:, ::-1, ::-1])


def test_tile_sizes_fit_the_network() -> None:
    assert rounded_up((3, 17, 16), (2, 8, 8)) == (4, 24, 16)
    assert fitting_tile((48, 96, 96), (10, 200, 50), (4, 8, 8)) == (12, 96, 56)


@given(size=st.integers(1, 500), longest=st.integers(2, 9), shared=st.integers(0, 7))
def test_even_tiles_are_no_longer_and_no_more_than_needed(size: int, longest: int, shared: int) -> None:
    edge = even_tile((1, 8 * longest, 8), (1, size, 8), (0, shared, 0), (1, 8, 4))[1]
    assert edge <= 8 * longest
    count = len(tile_starts(size, edge, shared / edge))
    assert count <= max(1, -(-(size - shared) // (8 * longest - shared)))
    assert (count - 1) * (edge - shared - 8) < size


def test_a_volume_slightly_larger_than_a_tile_is_halved() -> None:
    assert even_tile((64, 128, 128), (51, 120, 140), (12, 24, 24), (4, 8, 8)) == (52, 120, 88)
    assert even_tile((1, 256, 256), (30, 256, 520), (0, 48, 48), (1, 8, 8)) == (1, 256, 208)


def test_a_single_voxel_gets_a_tile_that_a_network_can_normalise() -> None:
    assert fitting_tile((48, 96, 96), (1, 1, 1), (4, 8, 8)) == (4, 8, 16)
    assert fitting_tile((1, 96, 96), (1, 5, 3), (1, 8, 8)) == (1, 8, 16)


def test_tiles_shrink_until_they_cannot() -> None:
    tile: tuple[int, int, int] | None = (32, 128, 96)
    seen = []
    while tile is not None:
        seen.append(tile)
        tile = smaller_tile(tile, (4, 8, 8))
    assert seen[1] == (32, 64, 96)
    assert seen[-1] == (8, 8, 8)
    assert all(all(n % d == 0 for n, d in zip(t, (4, 8, 8), strict=True)) for t in seen)
    assert smaller_tile((1, 8, 8), (1, 8, 8)) is None
