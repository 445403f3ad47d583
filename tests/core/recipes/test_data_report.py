from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow

UNKNOWN = VoxelSize.unknown()


def _report(spread: float, images: int = 8) -> DataReport:
    rng = np.random.default_rng(4)
    rows = []
    for number in range(images):
        z, y, x = rng.normal(0.5, 0.02, 3)
        away = rng.normal((0.0, 0.3, 0.0), spread)
        second = (z + away[0], y + away[1], x + away[2])
        places = {1: (z, y, x), 2: second}
        rows.append(DataRow(f"image{number}", (30, 40, 40), voxel_size=UNKNOWN, classes=(1, 2), places=places))
    return DataReport(tuple(rows))


def test_classes_that_lie_alike_in_all_images_give_directions_a_meaning() -> None:
    assert _report(0.02).oriented
    assert not _report(0.3).oriented
    assert not _report(0.02, images=4).oriented


def test_one_class_has_no_direction() -> None:
    row = DataRow("a", (30, 40, 40), voxel_size=UNKNOWN, places={1: (0.5, 0.5, 0.5)})
    assert not DataReport((row,) * 9).oriented
