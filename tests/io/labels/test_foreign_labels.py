"""Labels inside OME-Zarr images of other programs: found and named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr

from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels.foreign_labels import add_names, is_consolidated, label_groups, named_classes
from tests.io.labels.foreign_images import TOLD, write_image_with_labels

LABELS = np.random.default_rng(1).integers(0, 3, (4, 8, 8)).astype(np.uint16)


@pytest.mark.parametrize("version", [2, 3])
def test_groups_are_found_and_named(version: int, tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS, version=version)
    (group.parent / ".hidden").mkdir()
    assert label_groups(tmp_path / "a.ome.zarr") == (group,)
    assert label_groups(tmp_path / "b.tif") == ()
    np.testing.assert_array_equal(open_labels(group).read(), LABELS)
    assert named_classes(group) == {1: ("nucleus", (255, 0, 0)), 2: ("vessel", (0, 0, 255))}
    assert named_classes(tmp_path) == {}


@pytest.mark.parametrize("version", [2, 3])
def test_names_are_added_and_those_there_stay(version: int, tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS, version=version)
    classes = (LabelClass(value=1, name="other", color=(1, 2, 3)), LabelClass(value=7, name="new", color=(4, 5, 6)))
    add_names(group, LabelScheme(kind="classes", classes=classes))
    told = named_classes(group)
    assert told[1] == ("nucleus", (255, 0, 0))
    assert told[7] == ("new", (4, 5, 6))
    whole = dict(zarr.open_group(str(group), mode="r").attrs)
    inner = whole if version == 2 else whole["ome"]
    assert inner["image-label"]["properties"][0] == TOLD["properties"][0]
    assert inner["image-label"]["source"] == TOLD["source"]
    assert "multiscales" in inner


def test_a_copy_of_the_description_is_seen(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    assert not is_consolidated(group)
    zarr.consolidate_metadata(str(tmp_path / "a.ome.zarr"), zarr_format=2)
    assert is_consolidated(group)
