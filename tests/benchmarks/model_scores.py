"""How well a model that comes along labels images kept aside, at several sizes, with and without their estimate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.voxel_source import ArraySource
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.batch.find import object_size_in, prediction_for
from desktop_app.ml.inference import load_predictor
from desktop_app.ml.inference.engine import InferencePlan, labelled, named_labels
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.objects.agreement import find_overlaps, scores_at
from desktop_app.objects.resampling import ResampledSource
from tests.benchmarks.bench_recipes import say

SCALES = (0.5, 1.0, 2.0)
"""Between which the models are to work, in times the size of the images."""
WAYS = ("as it is", "estimated")


@dataclass(frozen=True, slots=True)
class Sum:
    """What agrees over images.

    Attributes:
        tp: Objects that overlap a true one by half of both together (IoU 0.5).
        fp: Objects that overlap none.
        fn: True objects that were missed.
        both: Voxels labelled in both, twice.
        all: Voxels labelled in either, those in both counted twice.
        seconds: Of the processor, with the estimate of the size.
        voxels: Looked at.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    both: int = 0
    all: int = 0
    seconds: float = 0.0
    voxels: int = 0

    @classmethod
    def of(cls, labels: NDArray[Any], truth: NDArray[Any], seconds: float) -> Sum:
        """One image, ``(Z, Y, X)`` labels found and true ones."""
        one = scores_at(find_overlaps(labels, truth), 0.5)
        both, either = ((labels > 0) & (truth > 0)).sum(), (labels > 0).sum() + (truth > 0).sum()
        return cls(one.tp, one.fp, one.fn, 2 * int(both), int(either), seconds, truth.size)

    @classmethod
    def together(cls, parts: Sequence[Sum]) -> Sum:
        """Of all these images."""
        return cls(*(sum(column) for column in zip(*map(astuple, parts), strict=True)))

    @property
    def f1(self) -> float:
        """Of objects, at an IoU of 0.5."""
        return 2 * self.tp / max(1, 2 * self.tp + self.fp + self.fn)

    @property
    def dice(self) -> float:
        """Of voxels."""
        return self.both / max(1, self.all)

    @property
    def words(self) -> str:
        """A line of a table."""
        return f"F1 {self.f1:.3f}  Dice {self.dice:.3f}  {1e6 * self.seconds / max(1, self.voxels):.2f} s/Mvoxel"


Counted: TypeAlias = dict[tuple[float, str], list[Sum]]
"""By how many times its size an image was shown, and which way the size was taken: what agrees in each."""


def measured(model: Path, images: list[tuple[Volume, NDArray[Any]]]) -> Counted:
    """What agrees in each image at each of ``SCALES``, without and with the estimated size of objects."""
    predictor = load_predictor(model, "cpu")
    card = predictor.card
    engine = recipe_named(card.recipe).engine
    parameters = RECIPES[card.recipe].decode.model_validate(card.decode)
    counted: Counted = {(scale, way): [] for scale in SCALES for way in WAYS}
    for volume, truth in images:
        for scale in SCALES:
            factors = (1.0 if volume.is_2d else 1 / scale, 1 / scale, 1 / scale)
            seen = replace(volume, source=ArraySource(resampled(volume.read(), factors, nearest=False)[None]))
            true = resampled(truth, factors, nearest=True)
            for way in WAYS:
                start = time.process_time()
                changes = prediction_for(card, seen, object_size_in(seen) if way == "estimated" else None)
                config = InferenceConfig(model="", inputs=(), output="", prediction=changes)
                plan = InferencePlan.of(card, config)
                stream = labelled(engine, predictor, seen, parameters, plan, RecordingContext())
                labels, _ = named_labels(stream)
                counted[scale, way].append(Sum.of(labels, true, time.process_time() - start))
    return counted


def tell(counted: Counted) -> None:
    """Print a table."""
    for (scale, way), parts in counted.items():
        say(f"  {scale:g} x, {way:10s} {Sum.together(parts).words}")


def resampled(array: NDArray[Any], factors: tuple[float, ...], *, nearest: bool) -> NDArray[Any]:
    """An array ``(Z, Y, X)`` whose voxels have edges so many times as long."""
    volume = Volume.from_array(array)
    source = ResampledSource(volume.source, (factors[0], factors[1], factors[2]), nearest)
    return source.read(0, Region.whole(source.shape[1:]))
