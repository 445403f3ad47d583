from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.scale_bar import length_text, scale_bar
from desktop_app.core.labelling import LabelClass, LabelScheme
from desktop_app.core.labelling.scheme import BACKGROUND_OBJECT
from desktop_app.gui.viewer.readout import grey_text, label_text, position_text


@pytest.mark.parametrize(
    ("size", "scale", "longest", "text"),
    [
        (VoxelSize(z=47, y=4.6, x=4.6, unit="nm"), 1.0, 200, "500 nm"),
        (VoxelSize(z=47, y=4.6, x=4.6, unit="nm"), 0.1, 200, "5 µm"),
        (VoxelSize(z=1.75, y=0.8, x=0.8, unit="µm"), 4.0, 200, "20 µm"),
        (VoxelSize(z=1, y=1, x=1, unit="mm"), 10.0, 60, "5 mm"),
        (VoxelSize.unknown(), 2.0, 100, "50 px"),
    ],
)
def test_the_bar_has_a_round_length(size: VoxelSize, scale: float, longest: float, text: str) -> None:
    assert scale_bar(size, scale, longest).text == text


@given(
    x=st.floats(0.01, 1000), scale=st.floats(0.01, 100), longest=st.floats(50, 300), unit=st.sampled_from(["nm", "µm"])
)
def test_the_bar_fits_and_is_not_tiny(x: float, scale: float, longest: float, unit: str) -> None:
    bar = scale_bar(VoxelSize(z=1, y=1, x=x, unit=unit), scale, longest)
    assert longest / 2.6 <= bar.pixels <= longest * 1.0001


@pytest.mark.parametrize(("nm", "text"), [(500, "500 nm"), (1000, "1 µm"), (2e6, "2 mm"), (0.5, "0.5 nm")])
def test_lengths_in_the_unit_that_a_person_would_choose(nm: float, text: str) -> None:
    assert length_text(nm) == text


def test_position_in_voxels_and_in_lengths() -> None:
    size = VoxelSize(z=2, y=0.5, x=0.5)
    assert position_text((2, 10, 20), size, flat=False) == "x 20  y 10  z 2  (10.25, 5.25, 5 µm)"
    assert position_text((2, 10, 20), VoxelSize.unknown(), flat=False) == "x 20  y 10  z 2"


def test_pictures_without_depth_have_no_slice_to_tell() -> None:
    assert position_text((0, 10, 20), VoxelSize(z=2, y=0.5, x=0.5), flat=True) == "x 20  y 10  (10.25, 5.25 µm)"
    assert position_text((0, 10, 20), VoxelSize.unknown(), flat=True) == "x 20  y 10"


def test_grey_values_and_colours() -> None:
    assert grey_text({0: np.array(137, np.uint16)}, ("A",)) == "grey 137"
    assert grey_text({0: np.array(0.25, np.float32)}, ("A",)) == "grey 0.25"
    assert grey_text({0: np.array([1, 2, 3], np.uint8)}, ("A",)) == "colour 1, 2, 3"
    assert grey_text({0: np.array(7), 2: np.array(9)}, ("A", "B", "C")) == "A 7, C 9"


def test_labels_in_words() -> None:
    classes = LabelScheme(kind="classes", classes=(LabelClass(value=3, name="Membrane", color=(1, 2, 3)),))
    assert label_text(3, classes) == "label 3 Membrane"
    assert label_text(4, classes) == "label 4 (no class)"
    assert label_text(0, classes) == "not labelled"
    assert label_text(12, LabelScheme()) == "object 12"
    unknown = LabelScheme(zero_is_background=False)
    assert label_text(BACKGROUND_OBJECT, unknown) == "background"
    assert label_text(12, unknown) == "object 12"
    assert label_text(BACKGROUND_OBJECT, LabelScheme()) == f"object {BACKGROUND_OBJECT}"
