from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.labelling import ArrayLabelStore, LabelClass, LabelScheme
from desktop_app.core.labelling.layers import (
    BOTH,
    ONLY_FIRST,
    ONLY_SECOND,
    OTHERWISE,
    OWN,
    AgreementLabels,
    BoxLabels,
    LabelLayer,
    VolumeLabels,
    agreement_layer,
    free_name,
)

SHAPE = (3, 6, 7)
CLASSES = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Cell", color=(1, 2, 3)),))


def layer(values: np.ndarray, key: str = "a", scheme: LabelScheme | None = None) -> LabelLayer:
    return LabelLayer(key, key, ArrayLabelStore(values), scheme=scheme or LabelScheme())


@st.composite
def boxes(draw: st.DrawFn) -> Region:
    start = tuple(draw(st.integers(0, n - 1)) for n in SHAPE)
    stop = tuple(draw(st.integers(a + 1, n)) for a, n in zip(start, SHAPE, strict=True))
    return Region(start, stop)


@given(box=boxes(), region=boxes())
def test_a_box_of_labels_is_empty_all_around(box: Region, region: Region) -> None:
    values = np.random.default_rng(0).integers(1, 9, box.shape).astype(np.uint32)
    whole = np.zeros(SHAPE, np.uint32)
    whole[box.slices] = values
    np.testing.assert_array_equal(BoxLabels(SHAPE, box, values).read(region), whole[region.slices])


def test_labels_of_a_file_are_read_as_they_are_looked_at() -> None:
    values = np.arange(126, dtype=np.uint16).reshape(SHAPE)
    found = VolumeLabels(Volume.from_array(values)).read(Region((1, 2, 3), (2, 4, 6)))
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found, values[1:2, 2:4, 3:6])


def test_agreement_of_objects_is_about_where_there_are_any() -> None:
    first, second = np.zeros(SHAPE, np.uint32), np.zeros(SHAPE, np.uint32)
    first[0, 0, :4], second[0, 0, 2:6] = 5, 9
    found = AgreementLabels(layer(first), layer(second, "b")).read(Region.whole(SHAPE))
    assert found[0, 0].tolist() == [ONLY_FIRST, ONLY_FIRST, BOTH, BOTH, ONLY_SECOND, ONLY_SECOND, 0]
    assert not found[1:].any()


def test_agreement_of_classes_needs_the_same_class() -> None:
    first, second = np.zeros(SHAPE, np.uint32), np.zeros(SHAPE, np.uint32)
    first[0, 0, :3], second[0, 0, :3] = (1, 2, 1), (1, 1, 0)
    pair = AgreementLabels(layer(first, scheme=CLASSES), layer(second, "b", CLASSES))
    assert pair.read(Region.whole(SHAPE))[0, 0, :3].tolist() == [BOTH, OTHERWISE, ONLY_FIRST]


def test_an_agreement_follows_edits_of_the_labels_alone() -> None:
    own, other, third = (layer(np.zeros(SHAPE, np.uint32), key) for key in (OWN, "b", "c"))
    assert own.follows_labels
    assert agreement_layer(own, other).follows_labels
    assert not agreement_layer(other, third).follows_labels


def test_an_agreement_names_both_even_where_they_are_called_alike() -> None:
    long = "x" * 200
    found = agreement_layer(*(replace(layer(np.zeros(SHAPE, np.uint32), key), title=long) for key in "ab"))
    assert len(set(found.scheme.class_names)) == 4


def test_a_palette_colours_classes_whose_colour_nobody_chose() -> None:
    two = (LabelClass(value=1, name="A", color=color_of(1)), LabelClass(value=2, name="B", color=(9, 9, 9)))
    assert layer(np.zeros(SHAPE, np.uint32), scheme=LabelScheme(kind="classes", classes=two)).fixed_colors() == {
        2: (9, 9, 9)
    }


def test_names_are_free() -> None:
    assert free_name(["a", "a (2)"], "a") == "a (3)"
    assert free_name(["a"], "b") == "b"
