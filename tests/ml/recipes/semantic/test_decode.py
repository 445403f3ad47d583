from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.base import Decoded
from desktop_app.ml.recipes.semantic.decode import decode_semantic
from desktop_app.objects.agreement import object_scores
from desktop_app.objects.components import connected_objects
from desktop_app.objects.confidence import ConfidenceMeter
from desktop_app.objects.depth import depth_map
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.numbering import numbered
from tests.cards import semantic_card

SMALL = 12_000 * 115 / 0.6 / 2**30


@dataclass
class Maps:
    """Maps in memory that remember the largest box read."""

    array: np.ndarray
    channels: tuple[str, ...]
    largest: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        _, z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> np.ndarray:
        self.largest = max(self.largest, region.size)
        return self.array[(slice(None), *region.slices)].astype(np.float32)


def card(dimensions: int = 3, classes: int = 1, depth: bool = True, patch: tuple[int, int, int] = (16, 16, 16)):
    return semantic_card(
        name="test",
        dimensions=dimensions,
        output_channels=1 + classes + depth,
        label_kind="objects" if classes == 1 else "classes",
        class_names=tuple(f"Class {i + 1}" for i in range(classes)),
        class_values=tuple(range(1, classes + 1)),
        voxel_size=VoxelSize(z=1.5, y=1, x=1),
        patch_size=patch,
    )


def maps_of(labels: np.ndarray, sampling: tuple[float, float, float] = (1.5, 1.0, 1.0)) -> Maps:
    rng = np.random.default_rng(5)
    depth = ndimage.gaussian_filter(depth_map(labels, sampling), 0.7) + rng.normal(0, 0.02, labels.shape)
    sure = ndimage.gaussian_filter((labels > 0).astype(np.float32), 0.5) + rng.normal(0, 0.02, labels.shape)
    return Maps(np.stack([sure, depth]).astype(np.float16), ("class:Class 1", "depth"))


def collected(maps: Maps, parameters: SemanticDecode, model: ModelCard, memory: float, ctx=None):
    stream = decode_semantic(maps, parameters, model, Room(memory), ctx or RecordingContext())
    labels, following = np.zeros(maps.shape, np.uint32), 0
    for region, part in stream.slabs:
        assert region.start == (following, 0, 0)
        assert region.stop[1:] == maps.shape[1:]
        following = region.stop[0]
        labels[region.slices] = part
    assert following == maps.shape[0]
    return labels, stream.class_of


def in_memory(maps: Maps, parameters: SemanticDecode, model: ModelCard) -> Decoded:
    return Decoded(*named_labels(decode_semantic(maps, parameters, model, Room(), RecordingContext())))


def assert_same(streamed: np.ndarray, whole: np.ndarray) -> None:
    assert sorted(np.unique(streamed)) == list(range(int(whole.max()) + 1)), "numbers are consecutive"
    assert (streamed == whole).all()


def phantom() -> np.ndarray:
    """Touching balls, a rod through all slices, a bow that closes in the last ones, a shell with a hole."""
    rng = np.random.default_rng(2)
    shape = (60, 48, 44)
    z, y, x = np.indices(shape)
    labels, nearest = np.zeros(shape, np.uint32), np.full(shape, np.inf)
    for number in range(1, 60):
        centre = rng.uniform((0, 0, 14), shape)
        distance = np.sqrt((1.5 * (z - centre[0])) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)
        mine = (distance < 5.5) & (distance < nearest)
        labels[mine], nearest[mine] = number, distance[mine]
    labels[(x < 13)] = 0
    labels[(y - 8) ** 2 + (x - 5) ** 2 < 12] = 100
    legs = ((y - 24) ** 2 + (x - 5) ** 2 < 10) | ((y - 38) ** 2 + (x - 5) ** 2 < 10)
    labels[legs & (z > 10)] = 101
    labels[(z > 54) & (abs(x - 5) < 4) & (y > 21) & (y < 41)] = 101
    return labels


@pytest.mark.parametrize("objects", ["watershed", "connected"])
@pytest.mark.parametrize("min_size", [0, 60])
def test_blocks_give_the_same_objects_as_memory(objects, min_size):
    maps, model = maps_of(phantom()), card()
    parameters = SemanticDecode(
        objects=objects, min_size=min_size, max_size=3000, seed_threshold=0.4, smoothing=1.0
    )  # fmt: skip
    whole = in_memory(maps, parameters, model)
    maps.largest = 0
    streamed, class_of = collected(maps, parameters, model, SMALL)
    assert maps.largest < np.prod(maps.shape) / 3, "read in pieces"
    assert int(whole.labels.max()) > 10
    assert_same(streamed, whole.labels)
    assert class_of == whole.class_of


@pytest.mark.parametrize("objects", ["watershed", "voronoi", "connected"])
def test_unsure_objects_are_left_out_whatever_the_blocks(objects):
    maps, model = maps_of(phantom()), card()
    maps.array[0, :, :24] *= np.float16(0.8)
    every = SemanticDecode(objects=objects, min_size=1, seed_threshold=0.4, smoothing=1.0)
    stream = decode_semantic(maps, every, model, Room(), RecordingContext())
    labels, meter = np.concatenate([part for _, part in stream.slabs]), ConfidenceMeter()
    meter.add(labels, stream.likely(Region.whole(maps.shape)))
    least = float(np.median(list(meter.means().values()))) + 1e-4
    sure = [number for number, mean in meter.means().items() if mean >= least]
    assert 0 < len(sure) < len(meter.means())
    parameters = every.model_copy(update={"min_confidence": least})
    whole = in_memory(maps, parameters, model)
    assert ((whole.labels > 0) == np.isin(labels, sure)).all()
    assert sorted(whole.class_of) == list(range(1, len(sure) + 1))
    streamed, _ = collected(maps, parameters, model, SMALL)
    assert_same(streamed, whole.labels)


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"seed_distance": 5.0}, {"smoothing": 0.5}, {"seed_distance": 0.0}, {"min_dip": 0.1},
        {"smoothing": 0.5, "min_dip": 0.3},
    ],
)  # fmt: skip
def test_blocks_find_the_same_seeds_as_memory(changes):
    labels = phantom()
    labels[labels >= 100] = 0
    maps, model, parameters = maps_of(labels), card(), SemanticDecode.model_validate(changes)
    whole = in_memory(maps, parameters, model)
    streamed, _ = collected(maps, parameters, model, SMALL)
    assert int(whole.labels.max()) > 8
    assert_same(streamed, whole.labels)


@pytest.mark.parametrize(("min_dip", "expected"), [(0.0, 3), (0.1, 2), (0.4, 1)])
def test_a_bump_at_the_rim_is_no_object_of_its_own_and_two_that_touch_are(min_dip, expected):
    """Depths of 0.41 behind 0.39, which is a level less; 0.4 where two parts meet, 0.8 deep inside of both."""
    deep = np.full((1, 9, 40), 0.1, np.float32)
    deep[0, 2:7] = np.interp(np.arange(40), [0, 4, 8, 14, 20, 26, 39], [0.3, 0.41, 0.39, 0.8, 0.4, 0.8, 0.35])
    maps = Maps(np.stack([np.ones_like(deep), deep]), ("class:Class 1", "depth"))
    parameters = SemanticDecode(smoothing=0, seed_distance=1, min_size=1, min_dip=min_dip)
    assert int(in_memory(maps, parameters, card(dimensions=2)).labels.max()) == expected


def test_a_rod_through_many_blocks_keeps_one_number():
    labels = np.zeros((200, 12, 12), np.uint32)
    labels[:, 3:9, 3:9] = 1
    maps = maps_of(labels)
    streamed, class_of = collected(maps, SemanticDecode(seed_threshold=0.4), card(), SMALL / 3)
    assert set(np.unique(streamed)) == {0, 1}
    assert (streamed[:, 4:8, 4:8] == 1).all()
    assert class_of == {1: "Class 1"}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.2, 0.4, 0.6]))
def test_random_islands_are_the_same_in_blocks(seed, share):
    mask = np.random.default_rng(seed).random((30, 26, 28)) < share
    maps = Maps(mask[None].astype(np.float16), ("class:Class 1",))
    parameters = SemanticDecode(objects="connected", min_size=3, fill_holes=False)
    streamed, _ = collected(maps, parameters, card(depth=False), SMALL / 4)
    islands = connected_objects(mask)
    sizes = np.bincount(islands.reshape(-1))
    assert_same(streamed, numbered(np.where(sizes[islands] >= 3, islands, 0))[0])


def test_class_numbers_stream_slab_by_slab():
    rng = np.random.default_rng(0)
    maps = Maps(rng.random((2, 9, 70, 70)).astype(np.float16) / 2, ("class:Class 1", "class:Class 2"))
    parameters, model = SemanticDecode(objects="classes"), card(classes=2, depth=False)
    whole = in_memory(maps, parameters, model)
    maps.largest = 0
    streamed, class_of = collected(maps, parameters, model, SMALL / 6)
    assert maps.largest < 9 * 70 * 70 / 4
    assert (streamed == whole.labels).all()
    assert class_of == {1: "Class 1", 2: "Class 2"}


@pytest.mark.parametrize("memory", [1.0, SMALL / 4])
def test_things_of_two_classes_know_their_class(memory):
    probabilities = np.zeros((2, 6, 60, 60), np.float16)
    probabilities[0, :, 5:25, 5:25], probabilities[1, :, 5:25, 25:40], probabilities[1, :, 40:55, 5:20] = 0.9, 0.9, 0.8
    maps = Maps(probabilities, ("class:Class 1", "class:Class 2"))
    streamed, class_of = collected(maps, SemanticDecode(objects="connected"), card(classes=2, depth=False), memory)
    assert sorted(class_of.values()) == ["Class 1", "Class 2", "Class 2"]
    assert class_of[int(streamed[2, 10, 10])] == "Class 1"
    assert class_of[int(streamed[2, 10, 30])] == class_of[int(streamed[2, 50, 10])] == "Class 2"


@pytest.mark.parametrize("memory", [1.0, SMALL / 3])
def test_2d_models_decode_slice_by_slice(memory):
    labels = np.zeros((3, 90, 90), np.uint32)
    y, x = np.mgrid[:90, :90]
    for number in range(16):
        labels[:, (y - 12 - 21 * (number // 4)) ** 2 + (x - 12 - 21 * (number % 4)) ** 2 < 80] = number + 1
    maps, model = maps_of(labels), card(dimensions=2, patch=(1, 32, 32))
    streamed, class_of = collected(maps, SemanticDecode(seed_threshold=0.4), model, memory)
    assert int(streamed.max()) == len(class_of) == 48
    assert [len(np.unique(part)) - 1 for part in streamed] == [16, 16, 16]
    assert int(streamed[0].max()) < int(streamed[1][streamed[1] > 0].min())


def test_nothing_found_is_a_result():
    maps = Maps(np.zeros((2, 30, 30, 30), np.float16), ("class:Class 1", "depth"))
    streamed, class_of = collected(maps, SemanticDecode(), card(), SMALL / 2)
    assert not streamed.any()
    assert class_of == {}


def test_cancelling_removes_the_temporary_files(tmp_path):
    ctx = RecordingContext(cancel_after=3)
    stream = decode_semantic(maps_of(phantom()), SemanticDecode(), card(), Room(SMALL, tmp_path), ctx)
    with pytest.raises(JobCancelled):
        list(stream.slabs)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("objects", ["watershed", "connected"])
def test_objects_of_two_classes_that_touch_stay_apart_and_know_their_class(objects):
    probabilities = np.zeros((2, 1, 12, 24), np.float16)
    probabilities[0, 0, 2:10, 2:12], probabilities[1, 0, 2:10, 12:22] = 0.9, 0.9
    found = in_memory(
        Maps(probabilities, ("class:Class 1", "class:Class 2")),
        SemanticDecode(objects=objects),
        card(classes=2, depth=False),
    )
    assert found.labels.max() == 2
    assert found.class_of[int(found.labels[0, 5, 5])] == "Class 1"
    assert found.class_of[int(found.labels[0, 5, 15])] == "Class 2"


def test_sizes_are_judged_after_holes_are_closed():
    mask = np.zeros((1, 1, 10, 10), np.float16)
    mask[0, 0, 2:7, 2:7], mask[0, 0, 4, 4] = 1, 0

    def sizes(**changes):
        parameters = SemanticDecode(objects="connected", **changes)
        return int((in_memory(Maps(mask, ("class:Class 1",)), parameters, card(depth=False)).labels == 1).sum())

    assert sizes(min_size=25) == 25
    assert sizes(min_size=25, fill_holes=False) == 0
    assert sizes(min_size=0, max_size=24) == 0


def test_defaults_reach_the_truth_on_real_nuclei(sample_data):
    import tifffile

    for file in sorted((sample_data / "nuclei3d_embryo" / "labels").glob("*.tif"))[:2]:
        truth = tifffile.imread(file).astype(np.uint32)
        found = in_memory(maps_of(truth, (1.75, 0.8, 0.8)), SemanticDecode(min_size=0), card())
        assert object_scores(found.labels, truth).f1 > 0.9


def balls(centres: list[tuple[int, int, int]], radius: float, shape: tuple[int, int, int]) -> np.ndarray:
    """Probabilities that fall from the middle of each ball to one half at its border."""
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    distances = np.min([np.linalg.norm((grid - c) * (1.5, 1, 1), axis=-1) for c in centres], axis=0)
    return np.clip(1 - 0.5 * distances / radius, 0, 1).astype(np.float32)


def test_voronoi_parts_touching_balls_where_the_distances_are_equal() -> None:
    centres = [(6, 12, 8), (6, 12, 18), (6, 26, 12)]
    likely = balls(centres, 7.0, (12, 36, 30))
    maps = Maps(likely[None].astype(np.float16), ("class:Class 1",))
    parameters = SemanticDecode(objects="voronoi", min_size=0, smoothing=1.0)
    labels, _ = collected(maps, parameters, card(depth=False, patch=(32, 32, 32)), 1.0)
    inside = likely.astype(np.float16).astype(np.float32) > 0.5
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in labels.shape), indexing="ij"), axis=-1)
    away = np.stack([np.linalg.norm((grid - c) * (1.5, 1, 1), axis=-1) for c in centres])
    nearest, margin = away.argmin(axis=0), np.diff(np.sort(away, axis=0)[:2], axis=0)[0]
    assert labels.max() == 3
    np.testing.assert_array_equal(labels > 0, inside)
    plain = inside & (margin > 1.5)  # a voxel on the border between two may go to either
    owners = {labels[c]: number for number, c in enumerate(centres)}
    assert all(owners[label] == near for label, near in zip(labels[plain], nearest[plain], strict=True))


def test_voronoi_gives_the_same_objects_in_blocks_and_never_passes_over_a_gap() -> None:
    rng = np.random.default_rng(8)
    shape = (20, 40, 44)
    sure = ndimage.gaussian_filter(rng.normal(0, 1, shape), (1.5, 2.5, 2.5))
    likely = 1 / (1 + np.exp(-6 * sure / sure.std()))
    maps = Maps(likely[None].astype(np.float16), ("class:Class 1",))
    parameters = SemanticDecode(objects="voronoi", min_size=0, smoothing=1.0, fill_holes=False)
    model = card(depth=False, patch=(8, 8, 8))
    whole, _ = collected(maps, parameters, model, 1.0)
    maps.largest = 0
    parts, _ = collected(maps, parameters, model, SMALL)
    assert maps.largest < whole.size
    assert whole.max() > 20
    np.testing.assert_array_equal(numbered(parts)[0], numbered(whole)[0])
    islands = connected_objects(whole > 0)
    for label in range(1, int(whole.max()) + 1):
        assert len(np.unique(islands[whole == label])) == 1


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (7, 1, 9), (7, 9, 1), (7, 1, 1)])
def test_the_thinnest_images_have_the_holes_that_they_have_in_memory(shape):
    solid = np.random.default_rng(3).random(shape) < 0.7
    found = np.stack([solid.astype(np.float32), solid.astype(np.float32)]).astype(np.float16)
    maps, parameters = Maps(found, ("class:Class 1", "depth")), SemanticDecode(objects="connected", min_size=0)
    labels, _ = collected(maps, parameters, card(), 2.0)
    assert ((labels > 0) == (fill_holes(connected_objects(solid)) > 0)).all()
