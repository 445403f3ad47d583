"""The number of the background is no object for an operation, and no new object gets it."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.operations import OPERATIONS, Scene
from desktop_app.objects.operations.background import WithoutBackground
from desktop_app.objects.operations.carrying_out import dry_run, edit_of

BACKGROUND = 65535


def _after(name: str, labels: np.ndarray, free: FreeNumbers, **settings: object) -> np.ndarray:
    store = ArrayLabelStore(labels.copy())
    operation = OPERATIONS[name]
    scene = Scene(WithoutBackground(store, BACKGROUND), free=free)
    edit_of(dry_run(operation, scene, operation.parameters.model_validate(settings)), store, name)
    return store.read(Region.whole(store.shape))


def _row(*values: int) -> np.ndarray:
    return np.array([[values, values]], np.uint32)


def test_pieces_of_the_background_stay() -> None:
    labels = _row(BACKGROUND, 0, 3, 3, 0, 3, 0, 3, 0, BACKGROUND)
    found = _after("pieces", labels, FreeNumbers(65534, BACKGROUND, BACKGROUND + 1), others="number")
    assert found.tolist() == _row(BACKGROUND, 0, 3, 3, 0, 65534, 0, 65536, 0, BACKGROUND).tolist()


def test_renumbering_and_growing_stay_off_the_background() -> None:
    labels = _row(BACKGROUND, 9, 0, 7, BACKGROUND, 0)
    free = FreeNumbers(10, BACKGROUND, BACKGROUND + 1)
    assert _after("renumber", labels, free).tolist() == _row(BACKGROUND, 2, 0, 1, BACKGROUND, 0).tolist()
    grown = _after("reshape", labels, free, how="grow", radius=1)
    assert grown.tolist() == _row(BACKGROUND, 9, 7, 7, BACKGROUND, 0).tolist()
