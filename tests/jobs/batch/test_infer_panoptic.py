"""Batches and previews of panoptic models: a network that knows the truth, and a real one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.models import save_model
from desktop_app.jobs.batch import case_results
from desktop_app.jobs.batch.infer import BatchResult, run_inference
from desktop_app.jobs.batch.inputs import apart
from desktop_app.jobs.batch.preview import PreviewSession
from tests import cards
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, panoptic_card
from tests.objects.panoptic.ideal import ellipsoids
from tests.partition import same_partition

DECODE = {"median": 1, "min_size": 0, "min_area": 0, "min_extent": 0}
ENDS = ("_xy", "_xz", "_yz")
SIZE = VoxelSize(z=8, y=8, x=8, unit="nm")


@pytest.fixture(scope="module")
def balls() -> NDArray[np.uint16]:
    return ellipsoids((36, 40, 44), 4, (7, 9), seed=1, touching=False).astype(np.uint16)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, balls: NDArray[np.uint16]) -> list[int]:
    """Models read the labels from the image; counts the pictures that the network has seen."""
    import torch

    from desktop_app.ml.inference.loading import predictor_of

    pictures: list[int] = []
    card = panoptic_card().model_copy(update={"normalisation": Normalisation(low=0, high=100), "voxel_size": SIZE})

    def load(model: Path, device: str, others: tuple[str, ...] = ()) -> Any:
        network = LabelReadingNetwork(float(balls.max()), lambda images: pictures.append(len(images)))
        predictor = predictor_of(card, network, torch.device("cpu"))
        predictor.layer_bytes = 100.0
        return predictor

    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", load)
    return pictures


def saved(path: Path, array: NDArray[Any], **details: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume.from_array(array, **{"voxel_size": SIZE, **details})
    write_volume(path, volume.source, volume)
    return path


def run(image: Path, out: Path, ctx: RecordingContext | None = None, **changes: Any) -> BatchResult:
    config = InferenceConfig.model_validate(
        {
            "model": "m.vwmodel",
            "inputs": (str(image),),
            "output": str(out),
            "decode": DECODE,
            "device": "cpu",
            **changes,
        }
    )
    return run_inference(config, ctx or RecordingContext())


def read(path: str | Path) -> NDArray[Any]:
    return open_labels(Path(path)).read()


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize("ending", [".tif", ".ome.zarr"])
@pytest.mark.parametrize("mode", ["auto", "ortho"])
def test_a_volume_becomes_objects_in_its_own_format(
    tmp_path: Path, balls: NDArray[np.uint16], ending: str, mode: str
) -> None:
    image = saved(tmp_path / "in" / f"em{ending}", balls)
    (case,) = run(image, tmp_path / "out", mode=mode).cases
    assert case.error == ""
    assert case.output.endswith(f"em{ending}")
    assert case.objects == 4
    assert same_partition(read(case.output), balls)
    assert open_labels(Path(case.output)).voxel_size.same_as(SIZE)
    assert len(Path(case.table).read_text().splitlines()) == 5
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


def test_directions_lie_beside_the_result_and_count_as_finished(
    tmp_path: Path, balls: NDArray[np.uint16], seen: list[int]
) -> None:
    image, out = saved(tmp_path / "in" / "em.tif", balls), tmp_path / "out"
    wanted = {"mode": "ortho", "decode": {**DECODE, "keep_directions": True}}
    run(image, out, **wanted)
    names = ["em.tif", "em_xy.tif", "em_xz.tif", "em_yz.tif"]
    assert sorted(p.name for p in out.glob("*.tif")) == names
    for name in names:
        assert same_partition(read(out / name), balls)
    before = len(seen)
    (again,) = run(image, out, **wanted).cases
    assert again.state == "skipped"
    assert [Path(p).name for p in again.more] == names[1:]
    assert len(seen) == before
    (out / "em_xz.tif").unlink()
    assert run(image, out, **wanted).cases[0].state == "done"
    assert len(seen) > before


def test_results_of_one_image_never_fall_on_those_of_another() -> None:
    assert apart(["cell_xy", "other_xy", "cell_z"], ENDS) == ["cell_xy", "other_xy", "cell_z"]
    assert apart(["cell", "cell_XY", "other_xz"], ENDS) == ["cell", "cell_XY_image", "other_xz"]


@pytest.mark.usefixtures("seen")
def test_where_a_direction_cannot_be_written_nothing_stays(
    tmp_path: Path, balls: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, out = saved(tmp_path / "in" / "em.tif", balls), tmp_path / "out"
    real = case_results.label_writer

    def refusing(path: Path, *arguments: Any) -> Any:
        if path.name == "em_yz.tif":
            raise UserError("The disk is full.")
        return real(path, *arguments)

    monkeypatch.setattr(case_results, "label_writer", refusing)
    (case,) = run(image, out, mode="ortho", decode={**DECODE, "keep_directions": True}).cases
    assert case.state == "failed"
    assert not list(out.rglob("*.tif"))


def test_another_plane_or_mode_is_computed_anew(tmp_path: Path, balls: NDArray[np.uint16], seen: list[int]) -> None:
    image, out = saved(tmp_path / "in" / "em.tif", balls), tmp_path / "out"
    states = []
    for changes in ({}, {}, {"prediction": {"plane": "xz"}}, {"mode": "slice"}, {"mode": "slice", "replicas": 2}):
        states.append(run(image, out, **changes).cases[0].state)
    assert states == ["done", "skipped", "done", "done", "skipped"]
    assert len(seen) == 36 + 40 + 36


@pytest.mark.usefixtures("seen")
def test_a_wrong_setting_stops_the_batch_at_once(tmp_path: Path, balls: NDArray[np.uint16]) -> None:
    image = saved(tmp_path / "in" / "em.tif", balls)
    with pytest.raises(UserError, match="how the model sees the image"):
        run(image, tmp_path / "out", prediction={"plane": "zz"})


@pytest.mark.parametrize("ending", [".tif", ".ome.zarr"])
def test_a_cancelled_volume_leaves_no_labels_and_goes_on_where_it_stopped(
    tmp_path: Path, balls: NDArray[np.uint16], seen: list[int], ending: str
) -> None:
    image, out = saved(tmp_path / "in" / f"em{ending}", balls), tmp_path / "out"
    wanted = read(run(image, tmp_path / "through", mode="ortho").cases[0].output)
    whole = len(seen)
    with pytest.raises(JobCancelled):
        run(image, out, RecordingContext(cancel_after=60), mode="ortho")
    assert not list(out.glob("em*"))
    assert {p.suffix for p in (out / ".em.working").iterdir()} == {".lasting"}
    before = len(seen)
    (case,) = run(image, out, mode="ortho").cases
    assert np.array_equal(read(case.output), wanted)
    assert len(seen) - before < 0.6 * whole
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def test_an_interrupted_volume_begins_anew_where_that_is_wished_or_settings_differ(
    tmp_path: Path, balls: NDArray[np.uint16], seen: list[int]
) -> None:
    image = saved(tmp_path / "in" / "em.tif", balls)
    for number, changes in enumerate(({"resume": False}, {"decode": {**DECODE, "confidence": 0.6}})):
        out = tmp_path / str(number)
        with pytest.raises(JobCancelled):
            run(image, out, RecordingContext(cancel_after=20))
        assert next((out / ".em.working").glob("xy_*.lasting")).stat().st_size
        seen.clear()
        run(image, out, **changes)
        assert len(seen) == len(balls)


def test_an_interrupted_volume_goes_on_with_settings_that_act_on_whole_objects(
    tmp_path: Path, balls: NDArray[np.uint16], seen: list[int]
) -> None:
    image, out = saved(tmp_path / "in" / "em.tif", balls), tmp_path / "out"
    larger = {**DECODE, "min_size": int(np.sort(np.bincount(balls.ravel())[1:])[0]) + 50}
    wanted = read(run(image, tmp_path / "through", decode=larger).cases[0].output)
    with pytest.raises(JobCancelled):
        run(image, out, RecordingContext(cancel_after=20))
    seen.clear()
    (case,) = run(image, out, decode=larger, measure=False).cases
    assert len(seen) < len(balls)
    assert np.array_equal(read(case.output), wanted)
    assert 0 < len(np.unique(wanted)) < len(np.unique(balls))


@pytest.mark.usefixtures("seen")
def test_colour_pictures_are_taken_as_grey_ones(tmp_path: Path, balls: NDArray[np.uint16]) -> None:
    import tifffile

    picture = np.repeat((balls[18] > 0)[..., None], 3, axis=2).astype(np.uint8) * np.uint8(200)
    path = tmp_path / "in" / "photo.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, picture, photometric="rgb")
    ctx = RecordingContext()
    (case,) = run(path, tmp_path / "out", ctx, mode="slice").cases
    assert case.error == ""
    assert np.array_equal(read(case.output)[0] > 0, balls[18] > 0)
    assert any("brightness" in note.text for note in ctx.of_kind(Note))
    maps = PreviewSession("m.vwmodel").predict(open_volume(path), Region((0, 0, 0), (1, 40, 44)), "slice", ctx)
    assert maps.content.shape == (1, 40, 44)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.usefixtures("seen")
def test_any_type_of_voxel_is_read_by_its_own_range(tmp_path: Path, balls: NDArray[np.uint16], dtype: Any) -> None:
    top = {np.uint8: 50, np.uint16: 1000, np.float32: 0.01}[dtype]
    image = saved(tmp_path / "in" / "em.tif", (balls * dtype(top)).astype(dtype))
    (case,) = run(image, tmp_path / "out").cases
    assert same_partition(read(case.output), balls)


@pytest.mark.usefixtures("seen")
def test_advice_and_doubts_look_at_the_pixels_as_they_are_seen(tmp_path: Path, balls: NDArray[np.uint16]) -> None:
    image = saved(tmp_path / "in" / "em.tif", balls, voxel_size=VoxelSize(z=40, y=4, x=4, unit="nm"))
    ctx = RecordingContext()
    run(image, tmp_path / "out", ctx)
    texts = [note.text for note in ctx.of_kind(Note)]
    assert any("scale 2" in text for text in texts)
    assert any("The voxel size of em.tif is 4 × 4 × 40 nm" in text for text in texts)
    ctx = RecordingContext()
    run(image, tmp_path / "out", ctx, prediction={"downsampling": 2}, decode={**DECODE, "median": 3})
    assert not [note.text for note in ctx.of_kind(Note)]
    ctx = RecordingContext()
    run(image, tmp_path / "out", ctx, prediction={"downsampling": 4}, decode={**DECODE, "median": 3})
    texts = [note.text for note in ctx.of_kind(Note)]
    assert any("The model sees voxels of 16 × 16 nm of em.tif; it learned at 8 nm." in text for text in texts)


def test_room_on_the_disk_is_asked_for_by_what_is_written(
    tmp_path: Path, balls: NDArray[np.uint16], seen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from types import SimpleNamespace

    image = saved(tmp_path / "in" / "em.tif", balls)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=3 * balls.size))
    assert run(image, tmp_path / "out").cases[0].state == "done"
    assert "are free" in run(image, tmp_path / "out", mode="ortho").cases[0].error


@pytest.mark.usefixtures("seen")
def test_previews_run_the_network_once_for_each_way_of_seeing(balls: NDArray[np.uint16], seen: list[int]) -> None:
    session, ctx = PreviewSession("m.vwmodel", "cpu"), RecordingContext()
    volume = Volume.from_array(balls)
    row = Region((0, 20, 0), (36, 21, 44))
    first = session.predict(volume, row, "slice", ctx, {"plane": "xz"})
    labels = session.decode(first, {"min_area": 0})
    assert same_partition(labels, np.where(balls > 0, balls, 0)[row.slices])
    assert session.decode(first, {"min_area": 0}) is labels
    assert set(session.decode_named(first, {"min_area": 0}).class_of) == set(np.unique(labels).tolist()) - {0}
    assert session.decode(first, {"min_area": 10_000}).max() == 0
    assert session.predict(volume, row, "slice", ctx, {"plane": "xz"}) is first
    assert len(seen) == 1
    session.predict(volume, row, "slice", ctx, {"plane": "xz", "downsampling": 2})
    assert len(seen) == 2


def test_a_real_network_gives_the_same_whatever_the_memory_and_the_copies(tmp_path: Path) -> None:
    import torch

    from desktop_app.ml.inference.loading import network_of

    card = cards.panoptic_card(
        name="random",
        network_arguments={"encoder": "regnety_200mf", "channels": 32, "layers": 1},
        normalisation=Normalisation(kind="range", mean=0.5, std=0.2),
    )
    torch.manual_seed(4)
    weights = {name: value.numpy() for name, value in network_of(card).state_dict().items()}
    model = save_model(tmp_path / "random.vwmodel", card, weights)
    noise = np.random.default_rng(1).integers(0, 4096, (5, 70, 90)).astype(np.uint16)
    image = saved(tmp_path / "in" / "em.tif", noise)
    found = []
    for number, changes in enumerate(({}, {"tiling": TilingParameters(memory_gb=0.25)}, {"replicas": 2})):
        (case,) = run(
            image, tmp_path / f"out{number}", model=str(model), decode={"min_size": 0, "min_area": 0}, **changes
        ).cases
        assert case.error == ""
        found.append(read(case.output))
    assert found[0].shape == noise.shape
    assert found[0].any()
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])
