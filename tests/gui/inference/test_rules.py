from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging.region import Plane, Region
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.labelling.store import ArrayLabelStore
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.gui.inference.accept_preview import accepted, as_classes, class_values, confidence_by_number
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep, named
from desktop_app.gui.inference.found_images import FoundImage
from desktop_app.gui.inference.model_forms import ModelForms
from desktop_app.gui.inference.model_modes import fields_in
from desktop_app.gui.inference.preview_region import (
    MAX_SIDE,
    MAX_VOXELS,
    MAX_WHOLE_SIDE,
    Area,
    PreviewSpot,
    is_cut,
    middle_region,
    preview_region,
)
from tests.cards import semantic_card
from tests.gui.inference.conftest import CARD

WHOLE = Region((0, 0, 0), (2, 4, 4))


def labels(*rows: str) -> NDArray[np.uint32]:
    picture = np.array([[int(c) for c in row] for row in rows], np.uint32)
    return np.stack([picture, np.zeros_like(picture)])


def test_new_objects_get_free_numbers_and_old_ones_stay() -> None:
    store = ArrayLabelStore(labels("1100", "0000", "0000", "0000"))
    edit = accepted(store, WHOLE, labels("0550", "0000", "0077", "0000"), free=FreeNumbers(2))
    assert edit is not None
    edit.apply(store)
    assert (store.array == labels("1120", "0000", "0033", "0000")).all()
    edit.revert(store)
    assert (store.array == labels("1100", "0000", "0000", "0000")).all()


def test_old_labels_can_be_written_over() -> None:
    store = ArrayLabelStore(labels("1100", "0000", "0000", "0000"))
    edit = accepted(store, WHOLE, labels("0550", "0000", "0000", "0000"), free=FreeNumbers(2), keep_existing=False)
    assert edit is not None
    edit.apply(store)
    assert (store.array == labels("1220", "0000", "0000", "0000")).all()


def test_nothing_new_is_no_edit() -> None:
    store = ArrayLabelStore(labels("1100", "0000", "0000", "0000"))
    assert accepted(store, WHOLE, labels("5500", "0000", "0000", "0000"), free=FreeNumbers(2)) is None


def test_classes_are_matched_by_name_and_swap_safely() -> None:
    scheme = LabelScheme(
        kind="classes",
        classes=(LabelClass(value=2, name="A", color=(1, 1, 1)), LabelClass(value=1, name="b", color=(2, 2, 2))),
    )
    card = CARD.model_copy(update={"class_names": ("a", "B"), "class_values": (1, 2)})
    values = class_values(card, scheme)
    assert values == {1: 2, 2: 1}
    store = ArrayLabelStore(labels("0000", "0000", "0000", "0000"))
    edit = accepted(store, WHOLE, labels("1200", "0000", "0000", "0000"), free=FreeNumbers(1), values=values)
    assert edit is not None
    edit.apply(store)
    assert (store.array == labels("2100", "0000", "0000", "0000")).all()


def test_objects_become_their_class_where_labels_are_classes() -> None:
    card = CARD.model_copy(update={"class_names": ("Mito", "Droplet"), "class_values": (1, 4)})
    found = as_classes(labels("0550", "0000", "0070", "0900"), {5: "Droplet", 7: "Mito"}, card)
    assert (found == labels("0440", "0000", "0010", "0100")).all()


def test_confidence_goes_with_the_numbers_that_objects_get() -> None:
    found = labels("0550", "0000", "0070", "0900")
    assert confidence_by_number(found, FreeNumbers(20), {5: 0.9, 9: 0.5, 11: 0.1}) == {20: 0.9, 22: 0.5}


SHAPES = st.tuples(st.integers(1, 3000), st.integers(1, 9000), st.integers(1, 9000))


@given(
    SHAPES, st.integers(1, 64), st.sampled_from(Plane), st.sampled_from(("view", "rectangle", "whole")), st.booleans()
)
def test_preview_regions_lie_inside_and_stay_small(
    shape: tuple[int, int, int], around: int, plane: Plane, area: Area, box: bool
) -> None:
    depth = shape[plane.depth_axis] // 2
    visible, drawn = plane.slab(shape, depth), plane.slab(shape, 0)
    region = preview_region(PreviewSpot(box, around, area), plane, visible, shape, drawn)
    assert not region.empty
    assert region.intersect(Region.whole(shape)) == region
    assert max(region.shape) <= (MAX_SIDE if area == "view" else MAX_WHOLE_SIDE)
    assert region.size <= MAX_VOXELS
    assert region.start[plane.depth_axis] <= depth < region.stop[plane.depth_axis]
    assert box or region.shape[plane.depth_axis] == 1
    smaller = any(region.shape[axis] < shape[axis] for axis in (plane.row_axis, plane.column_axis))
    assert is_cut(region, PreviewSpot(box, around, area), plane, visible, shape, drawn) == smaller
    assert max(middle_region(shape, plane=plane).shape) <= 512


def test_a_rectangle_goes_along_with_the_slice_and_is_clipped() -> None:
    drawn = Region((7, 90, 10), (8, 120, 30))
    visible = Region((2, 0, 0), (3, 50, 50))
    region = preview_region(PreviewSpot(area="rectangle"), Plane.XY, visible, (10, 100, 100), drawn)
    assert region == Region((2, 90, 10), (3, 100, 30))
    assert not is_cut(region, PreviewSpot(area="rectangle"), Plane.XY, visible, (10, 100, 100), drawn)
    box = preview_region(PreviewSpot(True, 4, "rectangle"), Plane.XY, visible, (10, 100, 100), drawn)
    assert box == Region((0, 90, 10), (7, 100, 30))


def image(name: str, channels: int = 1, voxel_size: VoxelSize | None = None, depth: int = 5) -> FoundImage:
    return FoundImage(Path("in") / name, (depth, 32, 32), channels, voxel_size or VoxelSize.unknown())


def test_a_draft_says_what_is_missing() -> None:
    draft = BatchDraft()
    assert "Add images" in draft.problems(BatchStep.FILES)[0]
    draft.inputs = (Path("in"),)
    assert "no image" in draft.problems(BatchStep.FILES)[0]
    draft.images = (image("a.tif"),)
    assert draft.problems(BatchStep.FILES) == []
    assert "Choose a model" in draft.problems(BatchStep.MODEL)[0]
    draft.choose_model(Path("m.vwmodel"), None)
    assert "cannot be read" in draft.problems(BatchStep.MODEL)[0]
    draft.choose_model(Path("m.vwmodel"), CARD)
    draft.output = Path("out")
    assert all(draft.problems(step) == [] for step in BatchStep)
    assert isinstance(draft.config(), InferenceConfig)


def test_a_draft_warns_of_what_does_not_suit_the_model() -> None:
    size = VoxelSize(z=1.75, y=0.8, x=0.8)
    draft = BatchDraft(images=(image("a.tif", voxel_size=VoxelSize(z=4, y=0.8, x=0.8)), image("b.tif", depth=1)))
    draft.choose_model(Path("m"), CARD.model_copy(update={"voxel_size": size, "input_channels": 2}))
    fewer, voxels, flat = draft.warnings()
    assert "a.tif and b.tif have fewer channels" in fewer
    assert "voxel size of a.tif" in voxels
    assert "b.tif is flat" in flat


def test_long_lists_are_counted() -> None:
    assert named(["a", "b"]) == "a and b"
    assert named(["a", "b", "c", "d"]) == "a, b and 2 more"


def test_what_does_nothing_beside_other_parameters_is_left_out() -> None:
    def left(way: str) -> set[str]:
        return set(SemanticDecode.model_fields) - set(fields_in(SemanticDecode, "auto", {"objects": way}))

    assert left("watershed") == set()
    assert left("voronoi") == {"seed_distance", "min_dip"}
    assert left("connected") == {"seed_threshold", "seed_distance", "smoothing", "min_dip"}
    assert left("classes") == set(SemanticDecode.model_fields) - {"objects", "threshold"}
    assert "smoothing" in fields_in(SemanticDecode, "auto")


def test_a_form_follows_the_way_in_which_objects_are_made(qtbot: QtBot) -> None:
    forms = ModelForms(preview=True)
    qtbot.addWidget(forms)
    forms.show_model(semantic_card(), {}, {"objects": "classes"})
    assert forms.decode is not None
    seeds = forms.decode.editor("seed_threshold")
    assert not seeds.isVisibleTo(forms)
    forms.change({}, {"objects": "watershed"})
    assert seeds.isVisibleTo(forms)
    forms.show_slice(flat=True)
    assert seeds.isVisibleTo(forms)
