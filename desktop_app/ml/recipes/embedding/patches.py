"""Where the patches of a training come from: around objects and kept, cut anew, or one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from desktop_app.core.job import Note
from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.ml.data.object_extents import tell_larger_objects
from desktop_app.ml.data.object_patches import object_patches, object_places
from desktop_app.ml.data.patch_source import Batch, PatchRequest, PatchSource
from desktop_app.ml.data.sampler import sampled_patches
from desktop_app.ml.data.targets import PatchTargets
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.embedding.targets import CENTRES, OBJECTS, object_targets

_LARGE_SET = 1000
"""Objects from which a set is large: 1,000 crops are as many as 60 steps of 16 patches show once, so that fewer are
seen again and again; the documentation of the published programs names no number."""


@dataclass(frozen=True, slots=True)
class TwoSources:
    """Patches of one source, and from some step on those of another.

    Attributes:
        first: The one to begin with.
        then: The one to go on with.
        steps: Steps on the first.
    """

    first: PatchSource
    then: PatchSource
    steps: int

    def batch(self, step: int) -> Batch:
        """The batch of a step, always the same."""
        return (self.first if step < self.steps else self.then).batch(step)


def embedding_patches(request: PatchRequest, task: Task) -> PatchSource | None:
    """Patches as the parameters say; ``auto`` looks at how many objects there are, and says what it takes and why.

    Objects that are larger than a patch are told, too.

    Returns:
        None if nothing is labelled in any image.
    """
    parameters = EmbeddingTraining.model_validate(task.parameters.model_dump())
    anisotropy = 1.0 if task.dimensions == 2 else request.anisotropy
    targets = object_targets(task, anisotropy)
    sampler = sampled_patches(replace(request, cache=request.cache / "whole"), targets)
    if sampler is None:
        return None
    tell_larger_objects(sampler.images, OBJECTS, request.patch, request.ctx)
    if parameters.patches == "anew":
        return sampler
    places = object_places(sampler, OBJECTS)
    way: Literal["kept", "anew", "both"]
    if parameters.patches == "auto":
        way = "both" if len(places) >= _LARGE_SET else "anew"
        request.ctx.report(Note("info", _reason(way, len(places), parameters.kept_steps)))
    else:
        way = parameters.patches
    if way == "anew" or not places:
        return sampler
    facts = {"centre": parameters.centre, "anisotropy": anisotropy, "dimensions": task.dimensions}

    def kept(cut: PatchTargets) -> PatchTargets:
        return {**cut, CENTRES: targets.of_patch(cut)[CENTRES]}

    around = object_patches(request, targets, sampler, places, facts, kept)
    return around if way == "kept" else TwoSources(around, sampler, parameters.kept_steps)


def _reason(way: str, objects: int, steps: int) -> str:
    if way == "anew":
        return f"{objects:,} objects are a small set: patches are cut anew for each step, which shows more of it."
    return (
        f"{objects:,} objects are a large set: the first {steps:,} steps learn from one kept patch around each object, "
        "which is quicker, the others from patches that are cut anew, which show more."
    )
