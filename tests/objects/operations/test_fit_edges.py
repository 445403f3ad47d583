"""Edges of objects follow those of the image."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.objects.operations import OPERATIONS, Pointed, Scene, fit_edges
from desktop_app.objects.operations.carrying_out import edit_of

FIT = OPERATIONS["fit-edges"]


def disc(at: tuple[int, int], radius: float, shape: tuple[int, int] = (60, 90)) -> NDArray[np.bool_]:
    y, x = np.indices(shape)
    return np.asarray((y - at[0]) ** 2 + (x - at[1]) ** 2 <= radius**2)


def scene(labels: NDArray[np.generic], image: NDArray[np.generic] | None, *objects: int) -> Scene:
    store = ArrayLabelStore(np.atleast_3d(labels.astype(np.uint32)) if labels.ndim == 3 else labels[None].astype("u4"))
    volume = None if image is None else Volume.from_array(image)
    return Scene(store, volume, VoxelSize(z=1, y=1, x=1), Pointed(objects))


def fitted(labels: NDArray[np.generic], image: NDArray[np.generic], *objects: int, **more: float) -> NDArray[np.uint32]:
    """Labels that are known to be wrong, unless ``more`` says how sure they are."""
    more = {"sureness": 0.7, "reach": 3, **more}
    seen = scene(labels, image, *objects)
    edit_of(FIT.changes(seen, FIT.parameters.model_validate(more)), seen.labels, "")
    return seen.labels.array[0]  # type: ignore[attr-defined, no-any-return]


def two_cells() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Two cells, of which one is drawn too large and the other too small."""
    labels = disc((30, 22), 15) * 3 + disc((30, 65), 10) * 8
    image = disc((30, 22), 12) | disc((30, 65), 13)
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return (image * 120 + 60 + noise).astype(np.uint16), labels.astype(np.uint8)


def test_objects_shrink_and_grow_to_what_is_seen_and_keep_their_numbers() -> None:
    image, labels = two_cells()
    after = fitted(labels, image, reach=5)
    for number, true in ((3, disc((30, 22), 12)), (8, disc((30, 65), 13))):
        assert ((after == number) ^ true).sum() < 0.03 * true.sum()


def test_right_labels_hardly_change_by_default_where_the_image_is_blurred() -> None:
    image, _ = two_cells()
    right = disc((30, 22), 12) * 3 + disc((30, 65), 13) * 8
    blurred = gaussian_filter(image.astype(np.float32), 3) + np.random.default_rng(1).normal(0, 8, image.shape)
    usual = FIT.parameters().model_dump()
    changed = [
        (fitted(right, blurred, **{**usual, **more}) != right).sum() / (right > 0).sum()
        for more in ({}, {"sureness": 0.7, "reach": 3.0})
    ]
    assert changed[0] < 0.03
    assert changed[1] > 2 * changed[0]


def test_only_the_objects_that_were_pointed_at_change() -> None:
    image, labels = two_cells()
    after = fitted(labels, image, 8, reach=5)
    assert np.array_equal(after == 3, labels == 3)
    assert (after == 8).sum() > 1.4 * (labels == 8).sum()


def test_what_touches_another_object_never_takes_a_voxel_of_it() -> None:
    image, _ = two_cells()
    labels = np.zeros(image.shape, np.uint8)
    labels[:, :45], labels[:, 45:] = 1, 2
    labels[:12], labels[48:] = 0, 0
    after = fitted(labels, image, reach=3)
    assert not ((labels == 1) & (after == 2)).any()
    assert not ((labels == 2) & (after == 1)).any()


def test_boxes_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    image, labels = two_cells()
    whole = fitted(labels, image, near=4)
    monkeypatch.setattr(fit_edges, "_BLOCK", (1, 20, 20))
    parts = fitted(labels, image, near=4)
    assert (whole != parts).sum() <= 0.01 * (whole > 0).sum()


def test_colours_count_by_their_brightness_and_what_is_no_number_is_dark() -> None:
    image, labels = two_cells()
    plain = fitted(labels, image.astype(np.float32), reach=5)
    broken = image.astype(np.float32)
    broken[2, 2] = np.nan
    assert np.array_equal(fitted(labels, broken, reach=5), plain)


def test_without_an_image_it_says_so() -> None:
    with pytest.raises(UserError, match="there is none"):
        list(FIT.changes(scene(two_cells()[1], None), FIT.parameters()))
