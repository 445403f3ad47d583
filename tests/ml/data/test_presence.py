"""Whether anything is labelled in an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.ml.data.split import holds_labels


@pytest.mark.parametrize(
    ("slices", "unlabelled", "expected"),
    [(None, None, True), ((3,), None, True), ((0, 1, 9), None, False), ((), None, False), ((0,), 0, False)],
)
def test_only_slices_that_count_are_looked_at(
    tmp_path: Path, slices: tuple[int, ...] | None, unlabelled: int | None, expected: bool
) -> None:
    labels = np.zeros((5, 6, 7), np.uint16)
    labels[3, 2, 2] = 4
    tifffile.imwrite(tmp_path / "l.tif", labels)
    pair = PairConfig(name="a", image="a.tif", labels=str(tmp_path / "l.tif"), slices=slices)
    assert holds_labels(pair, DatasetConfig(unlabelled=unlabelled)) == expected


def test_what_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    pair = PairConfig(name="a", image="a.tif", labels=str(tmp_path / "gone.tif"))
    assert not holds_labels(pair, DatasetConfig())
