"""Interrupted volumes go on where they stopped, and end as if nothing had happened."""

import shutil
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.inference import RunMode
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan, LabelStream
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference import planning
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, label_reader, panoptic_card
from tests.ml.recipes.panoptic_ideal import passing
from tests.objects.panoptic.ideal import ellipsoids

PARAMETERS = PanopticDecode(median=5, min_size=40, min_area=10, min_extent=2)


class Seen:
    """Labels of a volume, and how many pictures the network has seen."""

    def __init__(self, labels: NDArray[np.uint32]) -> None:
        self.predictor, self.volume = label_reader(labels)
        self.predictor.layer_bytes = 1.0
        self.pictures = 0
        self.predictor.network = LabelReadingNetwork(float(labels.max()), self._count)

    @property
    def given(self) -> tuple[Predictor, Volume]:
        return self.predictor, self.volume

    def _count(self, images: torch.Tensor) -> None:
        self.pictures += len(images)

    def stream(self, way: InferencePlan, parameters: PanopticDecode = PARAMETERS) -> LabelStream:
        return passing(self.predictor, self.volume, parameters, way, RecordingContext())

    def run(
        self, way: InferencePlan, ctx: RecordingContext, parameters: PanopticDecode = PARAMETERS
    ) -> tuple[NDArray[np.uint32], dict[int, str]]:
        with closing(passing(self.predictor, self.volume, parameters, way, ctx)) as stream:
            return np.concatenate([slab for _, slab in stream.slabs]), stream.class_of


@pytest.fixture(scope="module")
def balls() -> NDArray[np.uint32]:
    return ellipsoids((24, 30, 36), 4, (6, 8), seed=1, touching=True)


def lasting(mode: RunMode, scratch: Path, plane: str = "xy") -> InferencePlan:
    return InferencePlan(mode, PanopticPrediction(plane=plane), scratch=scratch, lasting=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["slice", "stack", "ortho"])
@pytest.mark.parametrize("events", [1, 2, 3, 9, 22])
def test_an_interrupted_volume_ends_as_one_that_ran_through(
    balls: NDArray[np.uint32], mode: RunMode, events: int, tmp_path: Path
) -> None:
    wanted, names = Seen(balls).run(InferencePlan(mode, PanopticPrediction()), RecordingContext())
    seen = Seen(balls)
    for _ in range(3):
        with suppress(JobCancelled):
            seen.run(lasting(mode, tmp_path), RecordingContext(cancel_after=events))
    found, other = seen.run(lasting(mode, tmp_path), RecordingContext())
    assert np.array_equal(found, wanted)
    assert other == names


def test_what_was_found_is_not_computed_again(balls: NDArray[np.uint32], tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        Seen(balls).run(lasting("ortho", tmp_path), RecordingContext(cancel_after=24 + 4 + 10))
    ctx, seen = RecordingContext(), Seen(balls)
    seen.run(lasting("ortho", tmp_path), ctx)
    texts = [note.text for note in ctx.of_kind(Note)]
    assert "Found earlier: 24 xy slices; going on with what follows." in texts
    known = next(int(text.split("after slice ")[1].split()[0]) for text in texts if "xz slices" in text)
    assert 0 < known < 30
    assert seen.pictures == 30 - (known - 2) + 36
    fractions = [event.fraction for event in ctx.of_kind(Progress)]
    assert fractions == sorted(fractions)
    again = Seen(balls)
    again.run(lasting("ortho", tmp_path), RecordingContext())
    assert again.pictures == 0


@pytest.mark.parametrize("plane", ["xz", "yz"])
def test_batches_of_several_slices_are_those_of_a_whole_run(
    balls: NDArray[np.uint32], plane: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(planning._MOST_BATCH, "cpu", 4)
    wanted, _ = Seen(balls).run(InferencePlan("stack", PanopticPrediction(plane=plane)), RecordingContext())  # type: ignore[arg-type]
    sizes: list[int] = []
    seen = Seen(balls)
    seen.predictor.network = LabelReadingNetwork(float(balls.max()), lambda images: sizes.append(len(images)))
    with pytest.raises(JobCancelled):
        seen.run(lasting("stack", tmp_path, plane), RecordingContext(cancel_after=11))
    sizes.clear()
    found, _ = seen.run(lasting("stack", tmp_path, plane), RecordingContext())
    assert np.array_equal(found, wanted)
    assert set(sizes[:-1]) == {4}


def test_reshaped_and_class_volumes_go_on_too(balls: NDArray[np.uint32], tmp_path: Path) -> None:
    changes = ({"erode": 1, "dilate": 1}, {"semantic_only": True, "votes": 2})
    for number, change in enumerate(changes):
        parameters = PARAMETERS.model_copy(update=change)
        wanted, _ = Seen(balls).run(InferencePlan("ortho", PanopticPrediction()), RecordingContext(), parameters)
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(JobCancelled):
            Seen(balls).run(lasting("ortho", folder), RecordingContext(cancel_after=40), parameters)
        found, _ = Seen(balls).run(lasting("ortho", folder), RecordingContext(), parameters)
        assert np.array_equal(found, wanted)


CHANGED: dict[str, Any] = {
    "confidence": 0.95,
    "centre_threshold": 0.95,
    "centre_distance": 21,
    "fine_boundaries": True,
    "semantic_only": True,
    "fill_holes": True,
    "median": 9,
    "match_overlap": 0.9,
    "min_size": 900,
    "min_area": 90,
    "min_extent": 13,
    "erode": 2,
    "dilate": 1,
    "votes": 3,
    "permit_single": True,
    "cluster_overlap": 0.95,
    "keep_directions": True,
}
OF_SLICES = {"confidence", "centre_threshold", "centre_distance", "fine_boundaries", "semantic_only", "fill_holes"}
OF_SLICES_IN = {"slice": {"erode", "dilate"}, "flat": {"erode", "dilate"}, "stack": {"median"}, "ortho": {"median"}}


def crowded(balls: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """With an object that is thin, and one that shifts from slice to slice."""
    labels = balls.copy()
    labels[:2, :9, :9] = labels.max() + 1
    for n in range(6):
        labels[18 + n, 2 * n : 2 * n + 8, 28:36] = labels.max() + (n == 0)
    return labels


@pytest.fixture(scope="module")
def almost_done(balls: NDArray[np.uint32], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What runs left that were cancelled after the last slice, by the way through the volume."""
    folders = {}
    for way in OF_SLICES_IN:
        folders[way] = tmp_path_factory.mktemp(way)
        labels = crowded(balls)[12:13] if way == "flat" else crowded(balls)
        mode: Any = "stack" if way == "flat" else way
        with closing(Seen(labels).stream(lasting(mode, folders[way]))) as stream:
            next(iter(stream.slabs))
    return folders


@pytest.mark.parametrize("way", OF_SLICES_IN)
@pytest.mark.parametrize("name", PanopticDecode.model_fields)
def test_what_was_found_serves_other_settings_where_it_would_be_found_again(
    balls: NDArray[np.uint32], almost_done: dict[str, Path], way: str, name: str, tmp_path: Path
) -> None:
    labels = crowded(balls)[12:13] if way == "flat" else crowded(balls)
    mode: Any = "stack" if way == "flat" else way
    assert CHANGED[name] != getattr(PARAMETERS, name)
    parameters = PARAMETERS.model_copy(update={name: CHANGED[name]})
    wanted, names = Seen(labels).run(InferencePlan(mode, PanopticPrediction()), RecordingContext(), parameters)
    folder = shutil.copytree(almost_done[way], tmp_path / "scratch")
    seen = Seen(labels)
    found, other = seen.run(lasting(mode, folder), RecordingContext(), parameters)
    assert np.array_equal(found, wanted)
    assert other == names
    assert (seen.pictures > 0) == (name in OF_SLICES | OF_SLICES_IN[way])


def test_slices_of_other_settings_do_not_stay(balls: NDArray[np.uint32], tmp_path: Path) -> None:
    for confidence in (0.5, 0.6):
        parameters = PARAMETERS.model_copy(update={"confidence": confidence})
        with pytest.raises(JobCancelled):
            Seen(balls).run(lasting("ortho", tmp_path), RecordingContext(cancel_after=30), parameters)
    assert len({path.name.split(".")[0] for path in tmp_path.glob("xy_*")}) == 1


@pytest.mark.parametrize("mode", ["stack", "ortho"])
def test_how_sure_the_network_was_goes_on_too(balls: NDArray[np.uint32], mode: RunMode, tmp_path: Path) -> None:
    def sure(way: InferencePlan, **but: Any) -> NDArray[np.float32]:
        with closing(passing(*Seen(balls).given, PARAMETERS, way, RecordingContext(**but))) as stream:
            for _ in stream.slabs:
                pass
            assert stream.likely is not None
            return stream.likely(Region.whole(balls.shape))

    wanted = sure(InferencePlan(mode, PanopticPrediction()))
    assert wanted.shape == balls.shape
    assert wanted[balls > 0].mean() > 0.8 > 0.5 > wanted[balls == 0].mean()
    with pytest.raises(JobCancelled):
        sure(lasting(mode, tmp_path), cancel_after=12)
    assert np.array_equal(sure(lasting(mode, tmp_path)), wanted)


class TwoClasses(LabelReadingNetwork):
    """The last label is membrane, a region; all others are objects."""

    def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
        maps = super().forward(image, render_steps)
        membrane = torch.round(image[:, :1] * self._scale) == self._scale
        things = maps["sem_logits"]
        region = torch.where(membrane, things, -6.0)
        maps["sem_logits"] = torch.cat([-things, torch.where(membrane, -6.0, things), region], dim=1)
        return maps


@pytest.mark.parametrize("mode", ["slice", "stack", "ortho"])
def test_classes_and_regions_keep_their_names(balls: NDArray[np.uint32], mode: RunMode, tmp_path: Path) -> None:
    def seen() -> Seen:
        one = Seen(balls)
        card = panoptic_card(names=("Mito", "Membrane"))
        one.predictor.card = card.model_copy(update={"recipe_parameters": {"stuff": ["Membrane"]}})
        one.predictor.network = TwoClasses(float(balls.max()), one._count)
        return one

    wanted, names = seen().run(InferencePlan(mode, PanopticPrediction()), RecordingContext())
    assert set(names.values()) == {"Mito", "Membrane"}
    regions = [number for number, name in names.items() if name == "Membrane"]
    assert len(regions) == 1 or mode == "slice"
    assert (np.isin(wanted, regions) & (balls != balls.max())).mean() < 0.001
    assert np.isin(wanted, regions)[balls == balls.max()].mean() > 0.8
    with pytest.raises(JobCancelled):
        seen().run(lasting(mode, tmp_path), RecordingContext(cancel_after=14))
    found, other = seen().run(lasting(mode, tmp_path), RecordingContext())
    assert np.array_equal(found, wanted)
    assert other == names
