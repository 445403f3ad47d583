from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.core.recipes.data_report import DataReport, DataRow, Problem, with_classes_seen
from desktop_app.jobs.train.estimate import estimate
from desktop_app.jobs.train.inspect_data import inspect_dataset, share_out, values_left_out
from desktop_app.jobs.train.settings import suggest_training
from desktop_app.ml.data.split import split_by_image

Write = Callable[..., PairConfig]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def pair(name: str, image: NDArray[Any], labels: NDArray[Any], **details: Any) -> PairConfig:
        for part, array in (("image", image), ("labels", labels)):
            axes = {2: "YX", 3: "ZYX", 4: "ZCYX"}[array.ndim]
            metadata = {"axes": axes, "spacing": 2.0, "unit": "um"}
            path = tmp_path / f"{name}_{part}.tif"
            tifffile.imwrite(path, array, imagej=True, metadata=metadata, resolution=(1, 1))
        values = {"name": name, "image": str(tmp_path / f"{name}_image.tif")}
        return PairConfig.model_validate({**values, "labels": str(tmp_path / f"{name}_labels.tif"), **details})

    return pair


def _boxes(shape: tuple[int, ...] = (10, 40, 40)) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    labels = np.zeros(shape, np.uint16)
    labels[2:6, 4:12, 4:14] = 3
    labels[2:8, 20:30, 20:34] = 70
    return (labels * 5 + np.arange(shape[-1])).astype(np.uint16), labels


def _texts(report: DataReport) -> list[str]:
    return [p.text for p in report.problems] + [p.text for row in report.rows for p in row.problems]


def test_labels_that_nobody_meant_are_told(write: Write) -> None:
    """Far smaller than the others; what a border cuts is small by itself, as is what other slices go on with."""

    def said(*pairs: PairConfig) -> list[Problem]:
        report = inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext())
        return [problem for problem in report.problems if "a tenth" in problem.text]

    image, labels = _boxes()
    labels[2:6, 30:38, 20:34] = 71
    labels[8, 0:2, 30] = 72  # at the border
    labels[9, 20, 2] = 73  # in the last slice
    assert said(write("a", image, labels)) == []
    labels[labels > 71] = 0
    labels[7, 16:18, 2] = 74
    once = write("b", image, labels)
    assert said(write("part", image, labels, slices=(4, 7))) == []
    labels[4, 15, 37] = 75
    (problem,) = said(once, write("c", image, labels))
    assert problem.level == "warning"
    assert problem.text.startswith("3 objects are smaller than a tenth")
    assert "in 2 images, most in c (2)" in problem.text
    (problem,) = said(once)
    assert problem.text.startswith("1 object is smaller than a tenth")
    assert ": in b. Often it is" in problem.text
    unlabelled = inspect_dataset(DatasetConfig(pairs=(once,)), RecordingContext(), needs_labels=False)
    assert not any("a tenth" in other.text for other in unlabelled.problems)


def test_objects_are_counted_and_measured(write: Write) -> None:
    pairs = tuple(write(f"v{i}", *_boxes()) for i in range(3))
    context = RecordingContext()
    report = inspect_dataset(DatasetConfig(pairs=pairs), context)
    assert [row.objects for row in report.rows] == [2, 2, 2]
    assert report.object_size == (5, 9, 12)
    assert (report.dimensions, report.n_channels) == (3, 1)
    assert report.rows[0].shape == (10, 40, 40)
    assert report.voxel_size.zyx == (2, 1, 1)
    assert sorted(row.role for row in report.rows) == ["train", "train", "validation"]
    assert _texts(report) == []
    assert context.of_kind(Progress)[-1].fraction == 1


def test_labels_with_other_voxels_than_their_image_are_told(write: Write, tmp_path: Path) -> None:
    image, labels = _boxes()
    pair = write("v", image, labels)
    metadata = {"axes": "ZYX", "spacing": 5.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "v_labels.tif", labels, imagej=True, metadata=metadata, resolution=(1, 1))
    said = _texts(inspect_dataset(DatasetConfig(pairs=(pair,)), RecordingContext()))
    assert any("voxels of 1 × 1 × 5 µm (x, y, z), the image of 1 × 1 × 2 µm" in text for text in said)


def test_label_values_that_are_no_class_are_told(write: Write) -> None:
    dataset = DatasetConfig(pairs=(write("v", *_boxes()),), kind="classes", class_values=(3,), class_names=("a",))
    report = inspect_dataset(dataset, RecordingContext())
    assert values_left_out(report, dataset).endswith("count as background: 70 (first in v).")
    assert values_left_out(report, dataset.model_copy(update={"background": 70})) == ""
    assert values_left_out(report, dataset.model_copy(update={"kind": "objects"})) == ""


def test_a_slice_with_labels_is_shown_and_small_objects_are_known(write: Write) -> None:
    report = inspect_dataset(DatasetConfig(pairs=(write("v", *_boxes()),)), RecordingContext())
    assert report.example is not None
    assert report.example.name == "v"
    assert set(np.unique(report.example.labels)) == {0, 3, 70}
    small, large = 4 * 8 * 10, 6 * 10 * 14
    assert report.rows[0].small_object == int(small + 0.05 * (large - small))


def test_only_marked_slices_count(write: Write) -> None:
    image, labels = _boxes()
    report = inspect_dataset(DatasetConfig(pairs=(write("a", image, labels, slices=(7,)),)), RecordingContext())
    assert report.rows[0].objects == 1
    nothing = inspect_dataset(DatasetConfig(pairs=(write("b", image, labels, slices=()),)), RecordingContext())
    assert any("No slice is marked" in text for text in _texts(nothing))


def test_unreadable_files_become_problems_of_their_row(write: Write, tmp_path: Path) -> None:
    good = write("good", *_boxes())
    (tmp_path / "cut.tif").write_bytes(Path(good.image).read_bytes()[:300])
    (tmp_path / "text.tif").write_text("no picture")
    bad = [PairConfig(name=n, image=str(tmp_path / n), labels=good.labels) for n in ("cut.tif", "text.tif", "gone.tif")]
    image, labels = _boxes()
    odd = write("odd", image, labels[:, :30])
    report = inspect_dataset(DatasetConfig(pairs=(good, *bad, odd)), RecordingContext())
    assert [bool(row.problems) for row in report.rows] == [False, True, True, True, True]
    assert all(row.problems[0].level == "error" for row in report.rows[1:])
    assert [n in row.problems[0].text for n, row in zip(("cut", "text", "gone", "odd"), report.rows[1:], strict=True)]
    assert len(report.usable) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("empty", "labels are empty in all images"),
        ("mask", "same number"),
        ("tiny", "too small"),
        ("nan", "NaN"),
        ("flat", "nothing to see"),
        ("scattered", "kinds of structure"),
    ],
)
def test_odd_data_are_named(write: Write, change: str, words: str) -> None:
    image, labels = _boxes()
    if change == "empty":
        labels[:] = 0
    if change == "mask":
        labels = ((labels > 0) * 255).astype(np.uint8)
    if change == "tiny":
        image, labels = image[:1, :1, :1], labels[:1, :1, :1]
    if change == "nan":
        image = image.astype(np.float32)
        image[0, 3, 3] = np.nan
    if change == "flat":
        image[:] = 7
    if change == "scattered":
        labels[:] = 0
        labels[:, ::4, ::4], labels[:, 2::4, ::4] = 1, 2
    report = inspect_dataset(DatasetConfig(pairs=(write("odd", image, labels),)), RecordingContext())
    assert any(words in text for text in _texts(report)), _texts(report)


@pytest.mark.parametrize(("share", "folds", "said"), [(0.0, 0, True), (0.0, 2, False), (0.3, 0, False)])
def test_a_share_of_zero_is_told_before_the_training(write: Write, share: float, folds: int, said: bool) -> None:
    image, labels = _boxes()
    split = DatasetSplitParameters(validation=share, folds=folds)
    pairs = (write("one", image, labels), write("two", image, labels))
    for many in (pairs, pairs[:1]) if not folds else (pairs,):
        texts = _texts(inspect_dataset(DatasetConfig(pairs=many, split=split), RecordingContext()))
        assert any("No image is kept aside" in text for text in texts) == said
        assert any("a part of it is kept aside" in text for text in texts) == (len(many) == 1 and share > 0)


def test_images_that_do_not_belong_together_are_named(write: Write) -> None:
    image, labels = _boxes()
    colour = write("two", np.stack([image, image], axis=1), labels)
    mixed = inspect_dataset(DatasetConfig(pairs=(write("one", image, labels), colour)), RecordingContext())
    assert any("these have another number: two (2)" in text for text in _texts(mixed))
    wide = write("wide", image, labels, voxel_size=VoxelSize(z=2, y=3, x=3))
    sizes = inspect_dataset(DatasetConfig(pairs=(write("three", image, labels), wide)), RecordingContext())
    assert any("voxel sizes differ" in text for text in _texts(sizes))


def test_class_labels_show_their_values_and_are_taken_over(write: Write) -> None:
    image, labels = _boxes()
    dataset = DatasetConfig(pairs=(write("a", image, labels),), kind="classes")
    report = inspect_dataset(dataset, RecordingContext())
    assert report.rows[0].classes == (3, 70)
    assert report.rows[0].objects is None
    config = suggest_training(report, dataset, "regions")
    assert config.dataset.class_values == (3, 70)
    named = dataset.model_copy(update={"class_values": (70,), "class_names": ("Axon",)})
    assert suggest_training(report, named, "regions").dataset.class_values == (70,)


def test_a_class_of_few_images_is_kept_aside_and_told(write: Write) -> None:
    """The seed alone would check with an image that lacks it; what is shown is what a training then takes."""
    image, labels = _boxes((1, 16, 40))
    pairs = []
    for number in range(6):
        labels = np.full((1, 16, 40), 3, np.uint16)
        labels[:, :4, :4] = 70 if number in (4, 5) else 0
        pairs.append(write(f"v{number}", image, labels))
    dataset = DatasetConfig(kind="classes", pairs=tuple(pairs))
    seeds = [dataset.split.model_copy(update={"seed": seed, "every_class": False}) for seed in range(20)]
    seed = next(s.seed for s in seeds if not {4, 5} & _checked(split_by_image(pairs, s)))
    dataset = dataset.model_copy(update={"split": DatasetSplitParameters(seed=seed)})
    report = inspect_dataset(dataset, RecordingContext())
    (place,) = _checked([row.role for row in report.rows])
    assert place in (4, 5)
    assert f"Image v{place} is kept aside, so that class 70 can be scored." in _texts(report)
    config = suggest_training(report, with_classes_seen(dataset, report.rows), "regions").dataset
    assert _checked(split_by_image(config.pairs, config.split, classes=config.class_values)) == {place}
    off = dataset.model_copy(update={"split": dataset.split.model_copy(update={"every_class": False})})
    alone = share_out(report, off)
    assert not {4, 5} & _checked([row.role for row in alone.rows])
    assert not any("can be scored" in text for text in _texts(alone))
    assert share_out(alone, dataset) == report
    only = dataset.model_copy(update={"class_values": (3,), "class_names": ("Cell",)})
    assert share_out(report, only).rows == alone.rows


def _checked(roles: Sequence[str]) -> set[int]:
    return {place for place, role in enumerate(roles) if role == "validation"}


def test_images_that_cannot_be_read_are_not_shared_out(write: Write, tmp_path: Path) -> None:
    pairs = tuple(write(f"v{number}", *_boxes()) for number in range(4))
    (tmp_path / "v1_image.tif").write_bytes(b"")
    report = inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext())
    left = tuple(pair.model_copy(update={"role": "unused"}) if pair.name == "v1" else pair for pair in pairs)
    assert [row.role for row in report.rows] == split_by_image(left, DatasetSplitParameters())


def test_cancelling_stops_at_the_next_image(write: Write) -> None:
    pairs = tuple(write(f"v{i}", *_boxes()) for i in range(2))
    with pytest.raises(JobCancelled):
        inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext(cancel_after=1))


def _report(shape: tuple[int, int, int], size: tuple[float, float, float] | None, voxel: VoxelSize) -> DataReport:
    return DataReport((DataRow("a", shape, voxel_size=voxel),), object_size=size, dimensions=2 if shape[0] == 1 else 3)


def test_thick_slices_keep_their_direction() -> None:
    embryo = _report((51, 120, 120), (14, 18, 17), VoxelSize(z=1.75, y=0.8, x=0.8))
    config = suggest_training(embryo, DatasetConfig(), "objects3d")
    assert config.network == "quick_unet3d"
    assert config.network_arguments["flat_levels"] == 1
    assert config.patch_size == (32, 64, 64)
    cubes = _report((200, 200, 200), (20, 20, 20), VoxelSize(z=1, y=1, x=1))
    assert suggest_training(cubes, DatasetConfig(), "objects3d").network_arguments["flat_levels"] == 0


@pytest.mark.parametrize("shape", [(2, 30, 30), (5, 1000, 1000), (300, 300, 300), (40, 9, 2000), (1, 64, 64)])
@pytest.mark.parametrize("size", [None, (1.0, 4.0, 4.0), (40.0, 200.0, 200.0)])
def test_patches_always_fit_the_network_and_nearly_the_image(
    shape: tuple[int, int, int], size: tuple[float, float, float] | None
) -> None:
    report = _report(shape, size, VoxelSize.unknown())
    config = suggest_training(report, DatasetConfig(), "objects3d")
    steps = config.network_arguments["levels"] - 1
    flat = config.network_arguments["flat_levels"]
    divisor = (2 ** (steps - flat) if config.network == "quick_unet3d" else 1, 2**steps, 2**steps)
    assert all(p % d == 0 for p, d in zip(config.patch_size, divisor, strict=True))
    assert all(p < s + 2 * d for p, s, d in zip(config.patch_size, shape, divisor, strict=True))
    assert np.prod(config.patch_size) <= 300_000


def test_goals_choose_the_dimensions() -> None:
    thick = _report((14, 1024, 1024), None, VoxelSize(z=47, y=4.6, x=4.6, unit="nm"))
    assert suggest_training(thick, DatasetConfig(kind="classes"), "regions").network == "quick_unet2d"
    assert suggest_training(thick, DatasetConfig(), "objects2d").network == "quick_unet2d"
    assert suggest_training(thick, DatasetConfig(), "objects3d").network == "quick_unet3d"
    picture = _report((1, 500, 500), (1, 30, 30), VoxelSize.unknown())
    assert suggest_training(picture, DatasetConfig(), "objects3d").network == "quick_unet2d"


def test_objects_from_class_labels_only_where_the_goal_asks_for_them() -> None:
    report = _report((14, 1024, 1024), None, VoxelSize(z=47, y=4.6, x=4.6, unit="nm"))
    classes = DatasetConfig(kind="classes")
    assert suggest_training(report, classes, "objects2d").recipe_parameters == {"result": "objects"}
    assert suggest_training(report, classes, "regions").recipe_parameters == {}
    assert suggest_training(report, DatasetConfig(), "objects2d").recipe_parameters == {"size_balance": 0.5}
    volume = _report((50, 120, 120), None, VoxelSize(z=1, y=1, x=1, unit="µm"))
    assert suggest_training(volume, DatasetConfig(), "objects3d").recipe_parameters == {}


def test_larger_networks_are_estimated_to_cost_more(write: Write) -> None:
    dataset = DatasetConfig(pairs=(write("a", *_boxes()),))
    report = inspect_dataset(dataset, RecordingContext())
    config = suggest_training(report, dataset, "objects3d")
    small = config.model_copy(update={"patch_size": (8, 16, 16), "network_arguments": {"channels": 4, "levels": 2}})
    large = config.model_copy(update={"patch_size": (8, 32, 32), "network_arguments": {"channels": 16, "levels": 3}})
    cheap, dear = estimate(small, report), estimate(large, report)
    assert cheap.seconds_per_step > 0
    assert cheap.seconds > cheap.seconds_per_step * config.optimisation.iterations
    assert cheap.memory_gb < dear.memory_gb
    assert cheap.disk_gb < dear.disk_gb
    assert cheap.device.startswith(("cpu", "cuda"))
    assert cheap.in_memory
    tight = estimate(small.model_copy(update={"images_gb": 1e-6}), report)
    assert not tight.in_memory
    assert tight.disk_gb - tight.images_gb == pytest.approx(cheap.disk_gb, abs=1e-6)


def test_a_divisor_leaves_the_classes(write: Write) -> None:
    labels = np.zeros((1, 40, 40), np.uint16)
    labels[0, :9, :9], labels[0, 20:30, :9], labels[0, :9, 20:], labels[0, 35:] = 1001, 1002, 3007, 7
    pair = write("a", np.arange(1600, dtype=np.uint16).reshape(1, 40, 40), labels)
    dataset = DatasetConfig(pairs=(pair,), kind="classes", label_divisor=1000, unlabelled=7)
    report = inspect_dataset(dataset, RecordingContext())
    assert report.rows[0].classes == (1, 3, 7)
    assert suggest_training(report, dataset, "organelles").dataset.class_values == (1, 3)


def test_numbers_that_all_images_have_may_be_classes(write: Write) -> None:
    image, labels = _boxes()
    labels[labels == 70] = 4
    pairs = [write(name, image, labels) for name in "abc"]

    def said(chosen: list[PairConfig], *, teach: bool = True, **changes: Any) -> list[str]:
        dataset = DatasetConfig(pairs=tuple(chosen), **changes)
        report = inspect_dataset(dataset, RecordingContext(), needs_labels=teach)
        return [problem.text for problem in report.problems if "the same numbers" in problem.text]

    (text,) = said(pairs)
    assert "All 3 images have the same numbers, 3 and 4," in text
    assert "--goal regions" in text
    assert said(pairs[:2]) == []
    assert said(pairs, teach=False) == []
    assert said(pairs, kind="classes", class_values=(3, 4)) == []
    labels[9, 0:2, 0:2] = 5
    assert said([*pairs[:2], write("d", image, labels)]) == []


def test_classes_have_the_names_that_the_data_set_states(write: Write, tmp_path: Path) -> None:
    image, labels = _boxes()
    pairs = (write("a", image, labels),)
    stated = {"labels": {"background": 0, "whole cell": 3, "both": [3, 70]}}
    (tmp_path / "dataset.json").write_text(json.dumps(stated), encoding="utf-8")
    dataset = DatasetConfig(pairs=pairs, kind="classes")
    report = inspect_dataset(dataset, RecordingContext())
    assert suggest_training(report, dataset, "regions").dataset.class_names == ("whole cell", "Class 70")
    assert inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext()).class_names == {}


def test_images_without_anything_in_them_are_no_data(write: Write) -> None:
    _, labels = _boxes()
    even = [np.full(labels.shape, 7, np.uint16), np.full(labels.shape, np.nan, np.float32)]
    pairs = tuple(write(f"v{n}", grey, labels) for n, grey in enumerate(even))
    report = inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext())
    assert any(p.level == "error" and "nothing to learn from" in p.text for p in report.problems)
    pairs = (*pairs, write("seen", *_boxes()))
    report = inspect_dataset(DatasetConfig(pairs=pairs), RecordingContext())
    assert not any(p.level == "error" for p in report.problems), "one image is enough"
