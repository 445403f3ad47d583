from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling.layers import LayerKind, LayerLook
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.uncertainty import UncertaintyLabels
from desktop_app.io.labels.layer_file import open_layer

IMAGE = Volume.from_array(np.zeros((3, 8, 9), np.uint8), name="image")


def write(path: Path, labels: np.ndarray) -> Path:
    tifffile.imwrite(path, labels, imagej=True, metadata={"axes": "ZYX"})
    return path


def test_how_uncertain_a_result_is_is_seen_in_steps_and_is_no_result(tmp_path: Path) -> None:
    percent = np.zeros((3, 8, 9), np.uint8)
    percent[1, 2, 3:8] = (9, 10, 20, 40, 100)
    layer = open_layer(write(tmp_path / "a_uncertainty.tif", percent), IMAGE, LabelScheme(), look=LayerLook())
    assert layer.kind is LayerKind.MAP
    assert layer.store.read(Region((1, 2, 3), (2, 3, 8))).tolist() == [[[0, 1, 2, 3, 3]]]
    assert layer.scheme.class_names == ("10 % or more", "20 % or more", "40 % or more")
    assert isinstance(layer.store, UncertaintyLabels)
    assert isinstance(layer.store.at_time(0), UncertaintyLabels)


def test_a_label_file_is_a_layer_read_as_it_is_looked_at(tmp_path: Path) -> None:
    labels = np.arange(216, dtype=np.uint16).reshape(3, 8, 9)
    layer = open_layer(write(tmp_path / "found.tif", labels), IMAGE, LabelScheme(), look=LayerLook(opacity=0.2))
    assert layer.title == "found"
    assert layer.path == tmp_path / "found.tif"
    assert layer.look.opacity == 0.2
    part = Region((1, 2, 3), (3, 5, 6))
    np.testing.assert_array_equal(layer.store.read(part), labels[part.slices])


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "found.tif", np.zeros((3, 8, 8), np.uint16))
    with pytest.raises(UserError, match=r"found\.tif"):
        open_layer(path, IMAGE, LabelScheme(), look=LayerLook())
    with pytest.raises(UserError, match=r"gone\.tif is not there"):
        open_layer(tmp_path / "gone.tif", IMAGE, LabelScheme(), look=LayerLook())
