from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.training import AugmentationParameters
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.ml.data.cached_patches import CachedPatches
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.data.targets import CLASSES, IGNORED
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.embedding import patches
from desktop_app.ml.recipes.embedding.patches import TwoSources, embedding_patches
from desktop_app.ml.recipes.embedding.targets import CENTRES, OBJECTS
from tests.objects.panoptic.ideal import ellipsoids

LABELS = ellipsoids((6, 60, 60), 12, (3.0, 6.0))
STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)


def request_of(folder: Path, labels: np.ndarray = LABELS, **changes: Any) -> PatchRequest:
    image = Volume.from_array((labels > 0).astype(np.float32) * 5)
    files = (folder / "image", folder / "labels")
    for file in files:
        if not file.exists():
            file.touch()
    source = TrainingImage("a", image, Volume.from_array(labels), Region.whole(labels.shape), files=files)
    request = PatchRequest((source,), (4, 24, 24), 2, STILL, 1.0, 3, True, folder / "cache", RecordingContext())
    return replace(request, **changes)


def task(**parameters: Any) -> Task:
    return Task("objects", ("Nucleus",), (1,), EmbeddingTraining(**parameters), 3)


def kept_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in folder.rglob("*.npz")}


def test_there_is_one_patch_around_each_object(tmp_path: Path) -> None:
    source = embedding_patches(request_of(tmp_path), task(patches="kept"))
    assert isinstance(source, CachedPatches)
    assert len(source.files) == len(np.unique(LABELS)) - 1
    for number, file in enumerate(source.files, start=1):
        with np.load(file) as patch:
            assert set(patch.files) == {"image", CLASSES, OBJECTS, CENTRES}
            assert number in patch[OBJECTS]
            assert patch[CENTRES].sum() == len(np.unique(patch[OBJECTS])) - bool((patch[OBJECTS] == 0).any())
    batch = source.batch(0)
    assert batch.image.shape == (2, 1, 4, 24, 24)
    assert torch.equal(batch.image[:, 0] == 5, batch.targets[OBJECTS] > 0)


def test_kept_patches_are_drawn_as_often_as_their_images_weigh(tmp_path: Path) -> None:
    request = request_of(tmp_path)
    (rare,) = request.images
    often = replace(rare, name="b", image=Volume.from_array((LABELS > 0).astype(np.float32) * 9), weight=4.0)
    source = embedding_patches(replace(request, images=(rare, often), batch_size=50), task(patches="kept"))
    assert isinstance(source, CachedPatches)
    brightest = torch.cat([source.batch(step).image.flatten(1).amax(1) for step in range(4)])
    assert set(brightest.tolist()) == {5.0, 9.0}
    assert float((brightest == 9).float().mean()) == pytest.approx(0.8, abs=0.1)  # 3.5 standard deviations of 200


def test_an_image_smaller_than_a_patch_is_filled_up(tmp_path: Path) -> None:
    labels = np.zeros((2, 10, 12), np.uint16)
    labels[:, 3:7, 3:7] = 1
    source = embedding_patches(request_of(tmp_path, labels), task(patches="kept"))
    assert source is not None
    classes = source.batch(0).targets[CLASSES]
    assert classes.shape == (2, 4, 24, 24)
    assert int((classes[0] != IGNORED).sum()) == labels.size


@pytest.mark.parametrize("change", ["nothing", "centre", "image", "patch"])
def test_a_stopped_cutting_goes_on_unless_something_changed(tmp_path: Path, change: str) -> None:
    class Stops(RecordingContext):
        def raise_if_cancelled(self) -> None:
            if sum("Cutting" in event.message for event in self.of_kind(Progress)) >= 4:
                raise JobCancelled

    request = request_of(tmp_path)
    with pytest.raises(JobCancelled):
        embedding_patches(replace(request, ctx=Stops()), task(patches="kept"))
    before = kept_in(request.cache)
    assert len(before) == 4
    if change == "image":
        request.images[0].files[0].write_bytes(b"more")
    if change == "patch":
        request = replace(request, patch=(4, 16, 16))
    wanted = task(patches="kept", centre="medoid" if change == "centre" else "approximate-medoid")
    source = embedding_patches(request, wanted)
    after = kept_in(request.cache)
    assert isinstance(source, CachedPatches)
    assert len(after) == len(source.files)
    assert (set(before.items()) <= set(after.items())) == (change == "nothing")


def test_a_small_set_is_cut_anew_and_a_large_one_kept_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = request_of(tmp_path, patch=(8, 24, 24))
    small = embedding_patches(request, task())
    assert isinstance(small, PatchSampler)
    monkeypatch.setattr(patches, "_LARGE_SET", 5)
    large = embedding_patches(request, task(kept_steps=7))
    assert isinstance(large, TwoSources)
    first, second = (note.text for note in request.ctx.of_kind(Note))  # type: ignore[attr-defined]
    assert "small set" in first
    assert "large set: the first 7 steps" in second
    for step, source in ((6, large.first), (7, large.then)):
        assert torch.equal(large.batch(step).image, source.batch(step).image)
    assert isinstance(large.first, CachedPatches)
    assert isinstance(large.then, PatchSampler)


def test_what_is_wanted_is_taken_without_a_word(tmp_path: Path) -> None:
    request = request_of(tmp_path, patch=(8, 24, 24))
    assert isinstance(embedding_patches(request, task(patches="anew")), PatchSampler)
    assert isinstance(embedding_patches(request, task(patches="both")), TwoSources)
    assert request.ctx.of_kind(Note) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ((4, 16, 16), "1 of 2 objects is larger than a patch of 4 × 16 × 16 px"),
        ((4, 24, 24), ""),
        ((1, 8, 8), "4 of 5"),
    ],
)
def test_objects_that_are_never_seen_whole_are_told(tmp_path: Path, patch: Any, said: str) -> None:
    labels = np.zeros((4, 40, 40), np.uint16)
    labels[:4, 5:25, 5:9], labels[2, 30:35, 30:35] = 7, 3
    request = request_of(tmp_path, labels, patch=patch)
    flat = replace(task(patches="anew"), dimensions=2 if patch[0] == 1 else 3)
    embedding_patches(request, flat)
    told = [note.text for note in request.ctx.of_kind(Note) if "whole" in note.text]  # type: ignore[attr-defined]
    assert told[0].startswith(said) if said else not told


def test_images_without_any_object_give_the_background(tmp_path: Path) -> None:
    empty = request_of(tmp_path, np.zeros((4, 30, 30), np.uint16))
    assert embedding_patches(empty, task(patches="kept")) is None


def test_objects_of_unknown_slices_have_no_patch(tmp_path: Path) -> None:
    labels = np.zeros((4, 30, 30), np.uint16)
    labels[0, 5:9, 5:9], labels[3, 20:25, 20:25] = 1, 2
    request = request_of(tmp_path, labels)
    some = replace(request, images=(replace(request.images[0], slices=(0, 1)),))
    source = embedding_patches(some, task(patches="kept"))
    assert isinstance(source, CachedPatches)
    assert len(source.files) == 1
