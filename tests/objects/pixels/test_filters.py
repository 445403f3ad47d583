from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.pixels.filters import SliceNumbers, enlarged, filter_count, filtered, reach, widths_up_to

CUBE = (1.0, 1.0, 1.0)


def numbers(image: np.ndarray, widths: tuple[int, ...], volume: bool) -> np.ndarray:
    return np.stack(list(filtered(image.astype(np.float32), widths, volume, CUBE)))


def test_widths_double_up_to_the_largest() -> None:
    assert widths_up_to(2) == (1, 2)
    assert widths_up_to(16) == (1, 2, 4, 8, 16)
    assert widths_up_to(20) == (1, 2, 4, 8, 16)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 3), st.integers(1, 20), st.integers(1, 20), st.booleans(), st.integers(1, 2))
def test_there_are_as_many_numbers_as_said_and_all_are_finite(z: int, y: int, x: int, volume: bool, c: int) -> None:
    image = np.random.default_rng(0).random((c, z, y, x))
    found = numbers(image, (1, 4), volume)
    assert found.shape == (filter_count((1, 4), c), z, y, x)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("volume", [False, True])
def test_a_flat_image_has_grey_values_and_nothing_else(volume: bool) -> None:
    found = numbers(np.full((1, 5, 30, 30), 0.5), (1, 2), volume)
    assert np.allclose(found[[0, 1, 8]], 0.5)
    assert np.allclose(found[[2, 3, 4, 5, 6, 9, 10, 11, 12, 13]], 0, atol=1e-4)
    assert np.allclose(found[[7, 14]], 0, atol=1e-3)


def test_eigenvalues_tell_ridges_from_blobs() -> None:
    z, y, x = np.ogrid[:21, :21, :21]
    ridge = np.exp(-((y - 10) ** 2 + (x - 10) ** 2) / 8.0) + 0 * z
    blob = np.exp(-((z - 10) ** 2 + (y - 10) ** 2 + (x - 10) ** 2) / 8.0)
    of_ridge, of_blob = (numbers(image[None], (1,), True)[:, 10, 10, 10] for image in (ridge, blob))
    assert abs(of_ridge[3]) < 0.02 < -of_ridge[4]
    assert of_blob[3] < -0.02
    matrix = np.array([[2.0, 0.3, -0.5], [0.3, -1.0, 0.7], [-0.5, 0.7, 0.4]])
    from desktop_app.objects.pixels.filters import _extremes_3d

    largest, smallest = _extremes_3d({(i, j): np.float32([matrix[i, j]]) for i in range(3) for j in range(i, 3)})
    exact = np.linalg.eigvalsh(matrix)
    assert largest[0] == pytest.approx(exact[-1], abs=1e-4)
    assert smallest[0] == pytest.approx(exact[0], abs=1e-4)


def test_what_is_far_away_has_no_say() -> None:
    image = np.random.default_rng(0).random((1, 1, 200, 200))
    other = image.copy()
    other[..., 150:] = 0
    edge = 150 - reach((1, 2, 4))
    assert np.allclose(
        numbers(image, (1, 2, 4), False)[..., :edge], numbers(other, (1, 2, 4), False)[..., :edge], atol=1e-5
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 2), st.integers(1, 5))
def test_numbers_of_a_slice_are_the_same_wherever_they_are_asked(y: int, x: int, c: int, step: int) -> None:
    image = np.random.default_rng(0).random((c, 1, y, x)).astype(np.float32)
    known = np.stack(list(filtered(image, (1, 4, 8), False, (3.0, 1.0, 2.0))))[:, 0]
    found = SliceNumbers(image, (1, 4, 8), (1.0, 2.0), lambda: None)
    assert found.nbytes < 2.2 * known.size
    rows, columns = np.arange(0, y, step), np.arange(0, x, step)
    np.testing.assert_allclose(found.grid(rows, columns), known[:, ::step, ::step], atol=2e-3)
    some = np.array([0, y - 1, y // 2]), np.array([x - 1, 0, x // 3])
    np.testing.assert_allclose(found.at(*some), known[:, some[0], some[1]].T, atol=2e-3)


@pytest.mark.parametrize("step", [1, 3])
def test_a_coarse_picture_is_enlarged_in_straight_lines(step: int) -> None:
    rows, columns = np.ogrid[:10, :13]
    picture = (2.0 * rows - columns).astype(np.float32)
    found = enlarged(picture[::step, ::step], step, picture.shape)
    assert found.shape == picture.shape
    np.testing.assert_allclose(found, picture, atol=1e-5)
