from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.training import AugmentationParameters
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobCancelled, JobContext, Note, Progress, RecordingContext
from desktop_app.ml.data.cached_patches import CachedPatches, cached_patches
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest, batches
from desktop_app.ml.data.sampler import sampled_patches, unlabelled_patches
from desktop_app.ml.data.targets import CLASSES, LabelTargets, Sampling, TargetMaps

STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)


def _targets(calls: list[int] | None = None) -> LabelTargets:
    """Classes, and ten times these as a second target that is never interpolated."""

    def made(labels: NDArray[Any], _: Sampling) -> TargetMaps:
        if calls is not None:
            calls.append(1)
        classes = (labels > 0).astype(np.uint8)
        return {CLASSES: classes, "tenfold": classes.astype(np.int32) * 10}

    return LabelTargets(("Spot",), {CLASSES: "nearest", "tenfold": "nearest"}, made)


@pytest.fixture
def request_of(tmp_path: Path) -> Callable[..., PatchRequest]:
    """Asks for patches of one image, whose grey values are 5 where something is labelled."""

    def make(labels: NDArray[Any] | None = None, ctx: JobContext | None = None, **changes: Any) -> PatchRequest:
        if labels is None:
            labels = np.zeros((4, 40, 40), np.uint16)
            labels[1:3, 10:30, 5:20] = 3
        image = Volume.from_array((labels > 0).astype(np.float32) * 5)
        files = []
        for part in ("image", "labels"):
            files.append(tmp_path / part)
            if not files[-1].exists():
                files[-1].touch()
        source = TrainingImage("a", image, Volume.from_array(labels), Region.whole(labels.shape), files=tuple(files))
        request = PatchRequest(
            (source,), (2, 16, 16), 3, AugmentationParameters(intensity=0, noise=0, blur=0), 1.0, 7, True,
            tmp_path / "cache", ctx or RecordingContext(),
        )  # fmt: skip
        return replace(request, **changes)

    return make


def _times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npz")}


def test_cached_patches_move_with_their_targets(request_of: Callable[..., PatchRequest]) -> None:
    source = cached_patches(request_of(), _targets(), 5, {})
    assert isinstance(source, CachedPatches)
    seen = set()
    for step in range(8):
        batch = source.batch(step)
        assert batch.image.shape == (3, 1, 2, 16, 16)
        known = batch.targets[CLASSES] != 255
        assert torch.equal(batch.image[:, 0][known] == 5, batch.targets[CLASSES][known] == 1)
        assert torch.equal(batch.targets["tenfold"][known], batch.targets[CLASSES][known].int() * 10)
        seen |= {values.numpy().tobytes() for values in batch.image}
    assert len(seen) > 5


def test_a_batch_of_cached_patches_depends_on_seed_and_step_alone(request_of: Callable[..., PatchRequest]) -> None:
    source = cached_patches(request_of(), _targets(), 4, {})
    assert source is not None
    alone, threaded = list(batches(source, 3, 6, 0)), list(batches(source, 3, 6, 2))
    assert all(torch.equal(a.image, b.image) for a, b in zip(alone, threaded, strict=True))
    assert not torch.equal(alone[0].image, alone[1].image)


def test_patches_are_cut_once(request_of: Callable[..., PatchRequest]) -> None:
    calls: list[int] = []
    request = request_of()
    cached_patches(request, _targets(calls), 4, {"width": 3})
    before = _times(request.cache)
    cached_patches(request, _targets(calls), 4, {"width": 3})
    assert len(before) == 4
    assert _times(request.cache) == before
    assert len(calls) == 1


@pytest.mark.parametrize("change", ["parameter", "patch", "seed", "image", "slices", "count"])
def test_a_change_makes_patches_anew(request_of: Callable[..., PatchRequest], change: str) -> None:
    request, parameters, count = request_of(), {"width": 3}, 4
    cached_patches(request, _targets(), count, parameters)
    before = _times(request.cache)
    if change == "parameter":
        parameters = {"width": 4}
    elif change == "count":
        count = 5
    elif change == "image":
        request.images[0].files[0].write_bytes(b"more")
    elif change == "slices":
        request = replace(request, images=(replace(request.images[0], slices=(1, 2)),))
    else:
        request = replace(request, **{"patch": {"patch": (2, 8, 8)}, "seed": {"seed": 8}}[change])
    cached_patches(request, _targets(), count, parameters)
    after = _times(request.cache)
    assert len(after) == count
    assert not set(before.items()) & set(after.items())


class _StopsAt(RecordingContext):
    """Is cancelled once so many patches were announced."""

    def __init__(self, patches: int) -> None:
        super().__init__()
        self._patches = patches

    def raise_if_cancelled(self) -> None:
        if sum("Cutting" in event.message for event in self.of_kind(Progress)) >= self._patches:
            raise JobCancelled


def test_an_interrupted_cache_is_gone_on_with(request_of: Callable[..., PatchRequest], tmp_path: Path) -> None:
    whole = cached_patches(replace(request_of(), cache=tmp_path / "other"), _targets(), 6, {})
    with pytest.raises(JobCancelled):
        cached_patches(request_of(ctx=_StopsAt(3)), _targets(), 6, {})
    request = request_of()
    before = _times(request.cache)
    assert len(before) == 3
    resumed = cached_patches(request, _targets(), 6, {})
    assert before.items() <= _times(request.cache).items()
    assert whole is not None
    assert resumed is not None
    assert torch.equal(resumed.batch(2).image, whole.batch(2).image)


def test_a_damaged_index_is_no_cache(request_of: Callable[..., PatchRequest]) -> None:
    request = request_of()
    cached_patches(request, _targets(), 2, {})
    (request.cache / "patches.json").write_text("[1")
    before = _times(request.cache)
    cached_patches(request, _targets(), 2, {})
    assert not set(before.items()) & set(_times(request.cache).items())


@pytest.mark.parametrize(
    "make", [lambda r: sampled_patches(r, _targets()), lambda r: cached_patches(r, _targets(), 2, {})]
)
def test_without_a_label_there_is_no_source(
    request_of: Callable[..., PatchRequest], make: Callable[[PatchRequest], object]
) -> None:
    assert make(request_of(np.zeros((2, 20, 20), np.uint16))) is None


def test_a_class_that_no_image_shows_is_told(request_of: Callable[..., PatchRequest]) -> None:
    request = request_of()
    sampled_patches(request, replace(_targets(), class_names=("Spot", "Ring")))
    assert isinstance(request.ctx, RecordingContext)
    assert [note.text for note in request.ctx.of_kind(Note)] == [
        "The training images show nothing of “Ring”; the model cannot learn it."
    ]


def test_unlabelled_patches_come_from_everywhere_and_have_no_targets(request_of: Callable[..., PatchRequest]) -> None:
    request = request_of()
    bare = replace(request.images[0], labels=None)
    source = unlabelled_patches(replace(request, images=(bare,), patch=(1, 8, 8), batch_size=64, augmentation=STILL))
    batch = source.batch(0)
    assert batch.image.shape == (64, 1, 1, 8, 8)
    assert batch.targets == {}
    filled = (batch.image == 5).float().mean(dim=(1, 2, 3, 4))
    assert float(filled.min()) == 0
    assert float(filled.max()) == 1
    assert torch.equal(source.batch(0).image, batch.image)
