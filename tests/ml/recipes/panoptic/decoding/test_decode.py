"""From maps of slices to objects."""

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Plane
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps, SliceMaps
from tests.cards import panoptic_card
from tests.ml.recipes.panoptic_ideal import decoded, ideal_slice_maps
from tests.objects.panoptic.ideal import ellipsoids
from tests.partition import same_partition


def card(names: tuple[str, ...] = ("Mito",), stuff: tuple[str, ...] = ()) -> ModelCard:
    """A panoptic model of these classes."""
    return panoptic_card(
        recipe_parameters={"stuff": list(stuff)},
        output_channels=1 if len(names) == 1 else 1 + len(names),
        class_names=names,
        class_values=tuple(range(1, 1 + len(names))),
    )


def maps_of(labels: NDArray[np.uint32], mode: str, plane: Plane = Plane.XY, scale: int = 1) -> PanopticMaps:
    """What a perfect network would say."""
    return PanopticMaps(mode, (plane,), (ideal_slice_maps(np.moveaxis(labels, plane.depth_axis, 0), scale),), scale)


@pytest.mark.parametrize("plane", list(Plane))
def test_a_stack_gives_the_objects_of_the_volume(plane: Plane) -> None:
    labels = ellipsoids((40, 48, 56), 5, (7, 10), seed=1, touching=False)
    found = decoded(maps_of(labels, "stack", plane), PanopticDecode(median=1, min_size=0, min_extent=0), card())
    assert same_partition(found.labels, labels)
    assert found.labels.dtype == np.uint32
    assert found.labels.shape == labels.shape
    assert found.class_of == dict.fromkeys(range(1, 6), "Mito")
    assert found.classes is not None
    assert np.array_equal(found.classes > 0, labels > 0)


def test_slices_by_themselves_have_numbers_that_go_on() -> None:
    labels = ellipsoids((6, 64, 64), 4, (8, 12), seed=2, touching=False)
    found = decoded(maps_of(labels, "slice"), PanopticDecode(min_area=0, median=11), card())
    seen: set[int] = set()
    for one, true in zip(found.labels, labels, strict=True):
        assert same_partition(one, true)
        ids = set(np.unique(one).tolist()) - {0}
        assert not ids & seen
        seen |= ids
    assert seen == set(range(1, len(seen) + 1)) == set(found.class_of)


def test_small_objects_are_left_out_of_single_slices_but_not_for_their_extent() -> None:
    labels = np.zeros((1, 64, 64), np.uint32)
    labels[0, 4:34, 4:34], labels[0, 50:56, 50:56] = 1, 2
    parameters = PanopticDecode(min_area=100, min_size=10_000, min_extent=50)
    assert np.array_equal(decoded(maps_of(labels, "slice"), parameters, card()).labels > 0, labels == 1)


def test_one_slice_of_a_stack_is_never_judged_by_size() -> None:
    labels = np.zeros((1, 64, 64), np.uint32)
    labels[0, 4:12, 4:12] = 1
    found = decoded(maps_of(labels, "stack"), PanopticDecode(min_size=500, min_extent=5), card())
    assert np.array_equal(found.labels, labels)


def test_a_stack_thinner_than_the_least_extent_keeps_its_objects() -> None:
    labels = np.zeros((3, 64, 64), np.uint32)
    labels[:, 4:40, 4:40] = 1
    found = decoded(maps_of(labels, "stack"), PanopticDecode(min_extent=5), card())
    assert np.array_equal(found.labels, labels)


def test_confidence_is_judged_on_all_classes_together() -> None:
    probabilities = np.zeros((1, 2, 16, 16), np.float16)
    probabilities[0, 0, :8], probabilities[0, 1, :8] = 0.3, 0.35
    maps = PanopticMaps(
        "slice",
        (Plane.XY,),
        (SliceMaps(probabilities, np.zeros((1, 4, 4), np.float32), np.zeros((1, 2, 4, 4), np.float32)),),
    )
    two = card(("A", "B"))
    high = decoded(maps, PanopticDecode(confidence=0.7, semantic_only=True), two)
    low = decoded(maps, PanopticDecode(confidence=0.6, semantic_only=True), two)
    assert not high.labels.any()
    assert (low.labels[0, :8] == 2).all()
    assert not low.labels[0, 8:].any()
    assert low.class_of == {1: "A", 2: "B"}


def test_stuff_is_one_region_through_the_stack() -> None:
    labels = np.zeros((5, 64, 64), np.uint32)
    labels[:, :20, :20] = 1
    labels[:2, 40:, 40:], labels[4:, 40:, 40:] = 2, 2
    ideal = ideal_slice_maps(labels, class_of=np.array([0, 1, 2], np.uint8))
    maps = PanopticMaps("stack", (Plane.XY,), (ideal,))
    model = card(("Mito", "Membrane"), stuff=("Membrane",))
    found = decoded(maps, PanopticDecode(median=1, min_size=100, min_extent=2), model)
    assert same_partition(found.labels, labels)
    assert sorted(found.class_of.values()) == ["Membrane", "Mito"]


def test_scaled_maps_give_objects_at_full_size() -> None:
    labels = ellipsoids((1, 128, 128), 3, (24, 30), seed=4, touching=False)
    found = decoded(maps_of(labels, "slice", scale=2), PanopticDecode(min_area=0), card())
    assert same_partition(found.labels, labels)


def test_chosen_slices_stand_for_themselves() -> None:
    labels = ellipsoids((6, 48, 48), 3, (8, 12), seed=2, touching=False)
    maps = maps_of(labels, "stack").select([1, 4])
    assert maps.mode == "slice"
    assert maps.shape == (2, 48, 48)
    assert maps.nbytes > 0
    found = decoded(maps, PanopticDecode(min_area=0), card())
    assert np.array_equal(found.labels > 0, labels[[1, 4]] > 0)
