"""Grey values along a line, by numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging.profile import line_profile

RAMP = np.tile(np.arange(10, dtype=np.uint8), (6, 1))  # each column holds its number


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        ((2.5, 0.5), (2.5, 4.5), [0, 1, 2, 3, 4]),
        ((2.5, 1.0), (2.5, 3.0), [0.5, 1.5, 2.5]),
        ((0.5, 3.5), (4.5, 3.5), [3, 3, 3, 3, 3]),
        ((2.5, -5.0), (2.5, -3.0), [0, 0, 0]),
        ((1.5, 1.5), (1.5, 1.5), [1, 1]),
    ],
)
def test_values(start, stop, expected) -> None:
    assert line_profile(RAMP, start, stop).tolist() == pytest.approx(expected)


def test_backwards_is_the_mirror_image() -> None:
    there, back = (line_profile(RAMP, *ends) for ends in (((1.2, 1.3), (4.1, 7.9)), ((4.1, 7.9), (1.2, 1.3))))
    assert there == pytest.approx(back[::-1])


def test_large_numbers_stay_exact() -> None:
    assert line_profile(np.full((2, 2), 2**31 - 1, np.int64), (0.5, 0.5), (0.5, 1.5))[0] == 2**31 - 1
