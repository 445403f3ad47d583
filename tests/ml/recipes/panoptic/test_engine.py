"""From a volume to objects, with networks that know the truth."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import RunMode, TilingParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.core.recipes.looks import UNCERTAINTY_END
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.engine import PanopticEngine
from desktop_app.ml.recipes.registry import recipe_named
from tests.ml.recipes.panoptic.ideal_networks import (
    LabelReadingNetwork,
    PassingNetwork,
    label_reader,
    passing_channels,
    predictor_with,
)
from tests.ml.recipes.panoptic_ideal import decoded, passing
from tests.objects.panoptic.ideal import ellipsoids
from tests.partition import same_partition

ALL = PanopticDecode(median=1, min_size=0, min_area=0, min_extent=0)


def way(mode: RunMode = "stack", **prediction: Any) -> InferencePlan:
    return InferencePlan(mode, PanopticPrediction(**prediction))


def streamed(
    predictor: Predictor,
    volume: Volume,
    how: InferencePlan,
    parameters: PanopticDecode = ALL,
    ctx: RecordingContext | None = None,
) -> tuple[NDArray[np.uint32], dict[int, str]]:
    stream = passing(predictor, volume, parameters, how, ctx or RecordingContext())
    with closing(stream):
        return gathered(stream.slabs, volume), stream.class_of


def gathered(slabs: Iterable[tuple[Region, NDArray[np.uint32]]], volume: Volume) -> NDArray[np.uint32]:
    labels = np.zeros(volume.shape, np.uint32)
    following = 0
    for region, slab in slabs:
        assert region.start[0] == following
        following = region.stop[0]
        labels[region.slices] = slab
    assert following == volume.shape[0]
    return labels


@pytest.fixture(scope="module")
def balls() -> NDArray[np.uint32]:
    return ellipsoids((36, 44, 52), 5, (7, 10), seed=1, touching=False)


@pytest.mark.parametrize("plane", list(Plane))
def test_a_stack_in_any_plane_gives_the_objects(balls: NDArray[np.uint32], plane: Plane) -> None:
    labels, names = streamed(*label_reader(balls), way(plane=str(plane)))
    assert same_partition(labels, balls)
    assert names == dict.fromkeys(range(1, 6), "Mito")


def test_single_slices_number_on(balls: NDArray[np.uint32]) -> None:
    labels, names = streamed(*label_reader(balls), way("slice"))
    ids = [set(np.unique(one).tolist()) - {0} for one in labels]
    assert sum(len(one) for one in ids) == len(names) == len(set().union(*ids))
    assert np.array_equal(labels > 0, balls > 0)


@pytest.mark.parametrize("mode", ["slice", "stack"])
@pytest.mark.parametrize("plane", ["xy", "yz"])
def test_the_stream_is_what_the_preview_shows(balls: NDArray[np.uint32], mode: RunMode, plane: str) -> None:
    predictor, volume = label_reader(balls)
    parameters = PanopticDecode(median=3, min_size=40, min_area=40, min_extent=4)
    maps = PanopticEngine().predict(predictor, volume, None, way(mode, plane=plane), RecordingContext())
    shown = decoded(maps, parameters, predictor.card)
    labels, names = streamed(predictor, volume, way(mode, plane=plane), parameters)
    assert np.array_equal(labels, shown.labels)
    assert names == shown.class_of


def test_a_region_is_seen_with_its_surroundings(balls: NDArray[np.uint32]) -> None:
    predictor, volume = label_reader(balls)
    region = Region((10, 5, 7), (11, 40, 45))
    maps = PanopticEngine().predict(predictor, volume, region, way("slice"), RecordingContext())
    assert maps.shape == region.shape
    shown = decoded(maps, PanopticDecode(min_size=0, min_area=0), predictor.card).labels
    assert same_partition(shown, np.where(balls > 0, balls, 0)[region.slices])


@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_results_do_not_depend_on_the_memory(balls: NDArray[np.uint32], plane: str, tmp_path: Path) -> None:
    predictor, volume = label_reader(balls)
    wide, _ = streamed(predictor, volume, way(plane=plane))
    tight = InferencePlan("stack", PanopticPrediction(plane=plane), TilingParameters(memory_gb=0.25), scratch=tmp_path)
    found, _ = streamed(predictor, volume, tight)
    assert np.array_equal(found, wide)
    assert not list(tmp_path.iterdir())


def test_runs_go_to_a_file_that_is_removed(
    balls: NDArray[np.uint32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor, volume = label_reader(balls)
    wide, _ = streamed(predictor, volume, way())
    import desktop_app.ml.recipes.panoptic.decoding.decode as module
    from desktop_app.ml.recipes.panoptic.decoding.run_store import RunStore

    monkeypatch.setattr(module, "RunStore", lambda plane, most, folder: RunStore(plane, 100, folder))
    how = InferencePlan("stack", PanopticPrediction(), scratch=tmp_path)
    stream = passing(predictor, volume, ALL, how, RecordingContext())
    first = next(iter(stream.slabs))
    assert [p.suffix for p in tmp_path.iterdir()] == [".runs"]
    assert np.array_equal(first[1], wide[first[0].slices])
    assert not list(stream.slabs)
    stream.close()
    assert not list(tmp_path.iterdir())


def test_tiles_give_the_objects_of_the_whole() -> None:
    labels = ellipsoids((3, 200, 240), 12, (18, 30), seed=3, touching=True)
    volume = Volume.from_array(passing_channels(labels))
    predictor = predictor_with(PassingNetwork(), volume, inputs=4)
    whole, _ = streamed(predictor, volume, way())
    tiled, _ = streamed(predictor, volume, way(tile_size=96))
    assert same_partition(tiled, whole)
    assert same_partition(whole, labels)


def test_two_replicas_give_what_one_gives(balls: NDArray[np.uint32]) -> None:
    predictor, volume = label_reader(balls)
    one, names = streamed(predictor, volume, way())
    two, other = streamed(predictor, volume, InferencePlan("stack", PanopticPrediction(), replicas=2))
    assert np.array_equal(one, two)
    assert names == other


def test_shrunk_slices_give_objects_at_full_size() -> None:
    labels = np.zeros((6, 96, 96), np.uint32)
    labels[:, 8:40, 8:40], labels[:, 48:88, 16:80] = 1, 2
    found, _ = streamed(*label_reader(labels), way(downsampling=2))
    assert same_partition(found, labels)


class HungryNetwork(LabelReadingNetwork):
    """Runs out of memory for images of more than so many pixels."""

    most = 64 * 64

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        if image.shape[0] * image.shape[2] * image.shape[3] > self.most:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory")
        return super().forward(image, render_steps)


def test_where_memory_runs_out_tiles_are_smaller_and_a_note_says_so() -> None:
    labels = np.zeros((2, 100, 120), np.uint32)
    labels[:, 4:20, 4:20] = 1
    volume = Volume.from_array(labels.astype(np.float32))
    ctx = RecordingContext()
    predictor = predictor_with(HungryNetwork(1.0), volume)
    found, _ = streamed(predictor, volume, way(), ctx=ctx)
    assert same_partition(found, labels)
    notes = [note.text for note in ctx.of_kind(Note)]
    assert any("Memory ran out" in text and "tiles" in text for text in notes)


def test_where_no_tile_is_small_enough_the_user_is_told() -> None:
    volume = Volume.from_array(np.zeros((2, 100, 120), np.float32))
    network = HungryNetwork(1.0)
    network.most = 10
    predictor = predictor_with(network, volume)
    predictor.layer_bytes = 1.0
    with pytest.raises(UserError, match="not enough memory even for the smallest tile"):
        streamed(predictor, volume, way())


def test_cancelling_stops_all_threads(balls: NDArray[np.uint32], tmp_path: Path) -> None:
    import threading

    predictor, volume = label_reader(balls)
    before = threading.active_count()
    ctx = RecordingContext(cancel_after=3)
    with pytest.raises(JobCancelled):
        streamed(predictor, volume, InferencePlan("stack", PanopticPrediction(), scratch=tmp_path, replicas=2), ctx=ctx)
    assert threading.active_count() == before
    assert not list(tmp_path.iterdir())
    assert not predictor.network._forward_pre_hooks


def test_progress_names_plane_and_slice(balls: NDArray[np.uint32]) -> None:
    ctx = RecordingContext()
    streamed(*label_reader(balls), way(plane="xz"), ctx=ctx)
    events = ctx.of_kind(Progress)
    assert any(event.message == "xz, slice 44 of 44" for event in events)
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_three_directions_agree_on_the_objects(balls: NDArray[np.uint32]) -> None:
    predictor, volume = label_reader(balls)
    labels, names = streamed(predictor, volume, way("ortho"))
    assert same_partition(labels, balls)
    assert names == dict.fromkeys(range(1, 6), "Mito")
    maps = PanopticEngine().predict(predictor, volume, None, way("ortho"), RecordingContext())
    assert np.array_equal(decoded(maps, ALL, predictor.card).labels, labels)
    tight = InferencePlan("ortho", PanopticPrediction(), TilingParameters(memory_gb=0.25))
    assert np.array_equal(streamed(predictor, volume, tight)[0], labels)


@pytest.mark.parametrize("mode", ["slice", "stack", "ortho"])
@pytest.mark.parametrize("plane", ["xy", "xz"])
def test_objects_change_their_shape_as_in_the_preview(
    mode: RunMode, plane: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.zeros((20, 40, 40), np.uint32)
    labels[4:16, 8:32, 4:16], labels[4:16, 8:32, 22:36] = 1, 1
    labels[9:11, 18:22, 14:24] = 1
    predictor, volume = label_reader(labels)
    parameters = PanopticDecode(median=1, min_size=30, min_area=30, min_extent=2, erode=3, dilate=2, fill_holes=True)
    maps = PanopticEngine().predict(predictor, volume, None, way(mode, plane=plane), RecordingContext())
    shown = decoded(maps, parameters, predictor.card)
    monkeypatch.setattr("desktop_app.ml.recipes.panoptic.decoding.decode._SHARE_FOR_LABELS", 1e-5)
    found, names = streamed(predictor, volume, way(mode, plane=plane), parameters)
    assert same_partition(found, shown.labels)
    assert set(names) == set(np.unique(found).tolist()) - {0} == set(shown.class_of)
    if mode != "slice":
        assert len(names) == 2
        assert ((found > 0) <= (labels > 0)).all()


@pytest.mark.parametrize("only", [False, True])
def test_each_direction_can_be_kept(balls: NDArray[np.uint32], only: bool) -> None:
    predictor, volume = label_reader(balls)
    parameters = PanopticDecode(
        median=1, min_size=0, min_area=0, min_extent=0, keep_directions=True, semantic_only=only
    )
    with closing(passing(predictor, volume, parameters, way("ortho"), RecordingContext())) as stream:
        labels = gathered(stream.slabs, volume)
        directions = {suffix: gathered(slabs, volume) for suffix, slabs in stream.more.items()}
    truth = (balls > 0).astype(np.uint32) if only else balls
    assert list(directions) == ["_xy", "_xz", "_yz"]
    assert same_partition(labels, truth)
    for found in directions.values():
        assert same_partition(found, truth)


class Blind(nn.Module):
    """Finds nothing, with the centres of a network that does."""

    def __init__(self, seeing: nn.Module) -> None:
        super().__init__()
        self.seeing = seeing

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        outputs: dict[str, torch.Tensor] = self.seeing(image, render_steps)
        return outputs | {"sem_logits": torch.full_like(outputs["sem_logits"], -6.0)}


@pytest.mark.parametrize(("mode", "tile"), [("stack", 0), ("stack", 32), ("slice", 0), ("ortho", 0)])
def test_where_models_disagree_is_told_with_the_labels_and_in_the_preview(
    balls: NDArray[np.uint32], mode: RunMode, tile: int
) -> None:
    predictor, volume = label_reader(balls)
    predictor = replace(predictor, members=(Blind(predictor.network).eval(),))
    parameters = ALL.model_copy(update={"confidence": 0.3})
    how = way(mode, uncertainty=True, tile_size=tile)
    with closing(passing(predictor, volume, parameters, how, RecordingContext())) as stream:
        found = gathered(stream.slabs, volume)
        ((end, slabs),) = stream.more.items()
        percent = gathered(slabs, volume)
    assert end == UNCERTAINTY_END
    assert np.array_equal(found > 0, balls > 0)
    cells = [found_in_cells(balls, plane) for plane in (Plane if mode == "ortho" else (Plane.XY,))]
    np.testing.assert_allclose(percent, 99.5 * np.mean(cells, axis=0), atol=1)
    maps = PanopticEngine().predict(predictor, volume, None, how, RecordingContext())
    shown = maps.uncertain_percent()
    assert shown is not None
    np.testing.assert_array_equal(shown, percent)
    (layer,) = recipe_named("panoptic").map_layers(maps)
    assert set(np.unique(layer.labels)) <= {0, 1, 2, 3}


def found_in_cells(labels: NDArray[np.uint32], plane: Plane) -> NDArray[np.float32]:
    """1 in each cell of 4 px of the slices of a plane that holds a voxel of an object."""
    slices = np.moveaxis(labels > 0, plane.depth_axis, 0)
    padded = np.pad(slices, [(0, 0), *((0, -n % 4) for n in slices.shape[1:])])
    count, rows, columns = padded.shape
    cells = padded.reshape(count, rows // 4, 4, columns // 4, 4).any(axis=(2, 4))
    fine = cells.repeat(4, axis=1).repeat(4, axis=2)[:, : slices.shape[1], : slices.shape[2]]
    return np.moveaxis(fine, 0, plane.depth_axis).astype(np.float32)


def test_without_uncertainty_nothing_is_told_of_it(balls: NDArray[np.uint32]) -> None:
    predictor, volume = label_reader(balls)
    with closing(passing(predictor, volume, ALL, way(), RecordingContext())) as stream:
        gathered(stream.slabs, volume)
        assert stream.more == {}
    maps = PanopticEngine().predict(predictor, volume, None, way(), RecordingContext())
    assert recipe_named("panoptic").map_layers(maps) == ()


def test_a_single_picture_has_no_three_directions() -> None:
    labels = np.zeros((1, 48, 48), np.uint32)
    labels[0, 8:40, 8:40] = 1
    ctx = RecordingContext()
    found, _ = streamed(*label_reader(labels), way("ortho"), ctx=ctx)
    assert np.array_equal(found, labels)
    assert any("one direction" in note.text for note in ctx.of_kind(Note))
    thin = np.ones((5, 1, 40), np.uint32)
    predictor, volume = label_reader(thin)
    predictor.card = predictor.card.model_copy(update={"class_values": (9,)})
    found, _ = streamed(predictor, volume, way("ortho"), PanopticDecode(semantic_only=True))
    assert (found == 9).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 7), (2, 9, 5), (1, 40, 3)])
def test_tiny_images_are_no_exception(shape: tuple[int, int, int]) -> None:
    labels = np.ones(shape, np.uint32)
    found, _ = streamed(*label_reader(labels), way(), ALL.model_copy(update={"median": 5}))
    assert np.array_equal(found, labels)


def test_fewer_slices_than_the_median(balls: NDArray[np.uint32]) -> None:
    thin = balls[14:17]
    found, _ = streamed(*label_reader(thin), way(), PanopticDecode(median=11, min_size=0, min_extent=5))
    assert found.any()
    assert ((found > 0) & (thin == 0)).mean() < 0.01


def test_a_colour_picture_is_seen_by_its_brightness() -> None:
    labels = np.zeros((1, 48, 48), np.uint32)
    labels[0, 8:40, 8:40] = 1
    colour = np.repeat(labels[None].astype(np.float32), 3, axis=0)
    volume = Volume.from_array(colour, rgb=True, axes="CZYX")
    predictor = predictor_with(LabelReadingNetwork(1.0), volume)
    from desktop_app.ml.data.greys import GreyScale

    predictor.remember_greys(predictor.as_seen(volume, None), (0,), GreyScale((0.0,), (1.0,)))
    found, _ = streamed(predictor, volume, way("slice"))
    assert np.array_equal(found, labels)


def test_classes_only_gives_class_values(balls: NDArray[np.uint32]) -> None:
    predictor, volume = label_reader(balls)
    predictor.card = predictor.card.model_copy(update={"class_values": (7,)})
    stream = passing(predictor, volume, PanopticDecode(median=1, semantic_only=True), way(), RecordingContext())
    labels = np.concatenate([slab for _, slab in stream.slabs])
    assert np.array_equal(labels, np.where(balls > 0, 7, 0))
    assert not stream.counts
    assert stream.class_of == {7: "Mito"}
