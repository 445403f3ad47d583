"""New objects get numbers that are free, and never that of the background."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.labelling.free_numbers import FreeNumbers

BACKGROUND = 65535


class Used:
    def __init__(self, *numbers: int, largest: int | None = None) -> None:
        self._numbers, self._largest = sorted(numbers), largest

    def max_id(self) -> int:
        return max(self._numbers, default=0) if self._largest is None else self._largest

    def used_ids(self) -> np.ndarray:
        return np.array(self._numbers, np.uint32)


@pytest.mark.parametrize(
    ("used", "background", "expected"),
    [
        (Used(), None, [1, 2]),
        (Used(1, 7), None, [8, 9]),
        (Used(1, 7, largest=9), BACKGROUND, [10, 11]),
        (Used(1, 7, BACKGROUND), BACKGROUND, [8, 9]),
        (Used(BACKGROUND), BACKGROUND, [1, 2]),
        (Used(1, 65533, BACKGROUND), BACKGROUND, [65534, 65536]),
        (Used(1, 65534, BACKGROUND), BACKGROUND, [65536, 65537]),
        (Used(1, 65534), BACKGROUND, [65536, 65537]),
        (Used(3, BACKGROUND, 70_000), BACKGROUND, [4, 5]),
        (Used(65533, BACKGROUND, 70_000), BACKGROUND, [65534, 70_001]),
    ],
)
def test_numbers_are_free_and_below_the_background_while_there_are_any(
    used: Used, background: int | None, expected: list[int]
) -> None:
    free = FreeNumbers.of(used, background)
    assert free.next == expected[0]
    assert free.take(2)[0].tolist() == expected
    one, left = free.take(1)
    assert [*one.tolist(), *left.take(1)[0].tolist()] == expected
    assert free.hold(np.array([*expected, 0], np.uint32)).tolist() == [True, True, False]
    assert not free.hold(np.array([BACKGROUND, *used.used_ids()], np.uint32))[1 if background is None else 0 :].any()
