"""Folders as mmv_im2im has them, and what their masks leave out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.dataset import EXCLUDED, DatasetConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.datasets import recognise
from desktop_app.io.images.masked_labels import mask_of, open_masked_labels


def write(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, values, photometric="minisblack")


@pytest.mark.parametrize("style", ["a_{}", "{}/a"])
def test_images_labels_and_masks_are_told_apart(tmp_path: Path, style: str) -> None:
    for tag in ("IM", "GT", "CM"):
        write(tmp_path / f"{style.format(tag)}.tif", np.ones((2, 8, 8), np.uint8))
    write(tmp_path / f"{style.format('IM').replace('a', 'b')}.tif", np.ones((2, 8, 8), np.uint8))
    found = recognise(tmp_path)
    assert found is not None
    assert found.layout.name == "tagged"
    (pair,) = found.pairs
    assert (pair.name, Path(pair.mask).stem) == ("a", Path(style.format("CM")).name)
    assert len(found.unmatched) == 1


def test_a_folder_for_training_may_be_laid_out_so(tmp_path: Path) -> None:
    for tag in ("IM", "GT"):
        write(tmp_path / "train" / f"a_{tag}.tif", np.ones((8, 8), np.uint8))
    (pair,) = recognise(tmp_path).pairs
    assert (pair.role, pair.mask) == ("train", None)


def test_what_a_mask_leaves_out_is_unknown(tmp_path: Path) -> None:
    labels, mask = np.arange(72, dtype=np.uint16).reshape(2, 6, 6), np.ones((2, 6, 6), np.uint8)
    mask[1, :3] = 0
    write(tmp_path / "a_IM.tif", labels)
    write(tmp_path / "a_GT.tif", labels)
    write(tmp_path / "a_CM.tif", mask)
    dataset = DatasetConfig(pairs=recognise(tmp_path).pairs)
    assert dataset.unknown == EXCLUDED
    (pair,) = dataset.pairs
    image = Volume.from_array(labels)
    found = open_masked_labels(pair.label_path, image, mask_of(pair, dataset), dataset.unknown)
    np.testing.assert_array_equal(found.read(), np.where(mask == 0, np.uint32(EXCLUDED), labels))
    np.testing.assert_array_equal(found.read(Region((1, 2, 0), (2, 4, 2))), found.read()[1:2, 2:4, 0:2])
    assert "a_CM.tif" in found.notes[-1]
    off = dataset.model_copy(update={"use_masks": False})
    assert off.unknown is None
    assert mask_of(pair, off) is None


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a_GT.tif", np.ones((6, 6), np.uint8))
    write(tmp_path / "a_CM.tif", np.ones((5, 6), np.uint8))
    with pytest.raises(UserError, match="a_CM"):
        open_masked_labels(tmp_path / "a_GT.tif", Volume.from_array(np.ones((6, 6))), tmp_path / "a_CM.tif", EXCLUDED)
