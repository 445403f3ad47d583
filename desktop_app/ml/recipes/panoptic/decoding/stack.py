"""One stack of slices: classes smoothed, objects of slices made in a pool of workers, then numbers."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Plane
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.networks.panoptic import CELL
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.recipes.panoptic.decoding.numbering import Numbering, Numbers
from desktop_app.ml.recipes.panoptic.decoding.planning import ObjectPlan
from desktop_app.ml.recipes.panoptic.decoding.pool import SlicePool
from desktop_app.ml.recipes.panoptic.decoding.rules import shape_rules, slice_rules, stuff_numbers
from desktop_app.ml.recipes.panoptic.decoding.run_store import RunStore
from desktop_app.ml.recipes.panoptic.decoding.sureness import Sureness
from desktop_app.ml.recipes.panoptic.maps import Hardening, SliceMapsSource
from desktop_app.objects.panoptic.median import SliceMedian
from desktop_app.objects.panoptic.reshaping import MorphologyRules
from desktop_app.objects.panoptic.slice_runs import SliceWork


@dataclass(frozen=True, slots=True)
class SliceSettings:
    """All settings that the runs of the slices of a stack depend on; what is not here acts on the stored runs.

    Attributes:
        confidence: How sure the model must be that a pixel belongs to something.
        median: Over how many slices the classes are smoothed, 1 for none.
        work: What is done to each slice.
    """

    confidence: float
    median: int
    work: SliceWork

    @classmethod
    def of(cls, parameters: PanopticDecode, card: ModelCard, scale: int, *, by_itself: bool) -> SliceSettings:
        """The settings of a stack.

        Args:
            parameters: How maps become objects.
            card: The model.
            scale: Of the image before the network sees it.
            by_itself: Whether each slice stands for itself: no median, and its objects change their shape alone.
        """
        rules = None if parameters.semantic_only else slice_rules(parameters, card)
        shape = shape_rules(parameters) if by_itself else MorphologyRules()
        work = SliceWork(CELL * scale, float(scale), rules, shape, stuff_numbers(card))
        return cls(parameters.confidence, 1 if by_itself else parameters.median, work)

    @property
    def key(self) -> str:
        """Changes with any of them."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]  # 64 bits: none is met twice


def smoothed_slices(
    slices: SliceMapsSource, confidence: float, median: int, ctx: JobContext, first: int = 0
) -> Generator[tuple[NDArray[np.uint8], Any, Any, Any, Any]]:
    """Class numbers ``(H, W)`` after a median over slices, with coarse maps, sureness and spread of the same slice.

    Args:
        slices: Their maps.
        confidence: How sure the model must be that a pixel belongs to something.
        median: Slices of the window, odd; 1 for none.
        ctx: May cancel.
        first: Slices before this are left out, also of the median; a multiple of the slices' batch.
    """
    window = SliceMedian(median, 1)  # what it gets is hard already: masks, or levels of which the highest wins
    waiting: deque[tuple[Any, Any, Any, Any]] = deque()
    with closing(slices.batches(Hardening(confidence, median > 1), first, ctx)) as batches:
        for maps in batches:
            sure, spread = (told if told is not None else [None] * len(maps) for told in (maps.sure, maps.spread))
            for hard, *rest in zip(maps.probabilities, maps.heatmap, maps.offsets, sure, spread, strict=True):
                waiting.append((rest[0], rest[1], rest[2], rest[3]))
                for classes in window.push(hard) if median > 1 else [hard[0]]:
                    yield classes, *waiting.popleft()
    for classes in window.flush():
        yield classes, *waiting.popleft()


@dataclass(slots=True)
class StackRun:
    """The objects of one stack, found slice by slice.

    Attributes:
        plane: Which slices.
        slices: Their maps.
        plan: How much of what at a time.
        settings: How maps become the runs of slices.
        numbering: Gives the final numbers.
        store: Takes the runs; slices that it holds already are not asked for again.
        sureness: Takes how sure the network was; None where nobody asks.
        spread: Takes how far its looks disagree; None where nobody asks.
    """

    plane: Plane
    slices: SliceMapsSource
    plan: ObjectPlan
    settings: SliceSettings
    numbering: Numbering
    store: RunStore
    sureness: Sureness | None = None
    spread: Sureness | None = None

    def run(self, ctx: JobContext) -> Numbers:
        """Fill the store; reports progress."""
        self._recall(ctx)
        if len(self.store) < len(self.slices):
            pool = SlicePool(self.settings.work, self.plan.workers, self.plan.processes, ctx)
            with closing(pool), closing(self._following(ctx)) as slices:
                for maps in slices:
                    pool.submit(maps)
                    while pool.full or pool.ready:
                        self._take(pool, ctx)
                while len(pool):
                    self._take(pool, ctx)
        return self.numbering.finish()

    def _recall(self, ctx: JobContext) -> None:
        """Number the slices that the store holds already."""
        known, total = len(self.store), len(self.slices)
        for number in range(known):
            ctx.raise_if_cancelled()
            self.numbering.add(self.store.read(number), self.store.kinds(number))
        if known:
            where = f"after slice {known} of {total}" if known < total else "with what follows"
            ctx.report(Note("info", f"Found earlier: {known} {self.plane} slices; going on {where}."))

    def _following(self, ctx: JobContext) -> Generator[tuple[NDArray[np.uint8], Any, Any]]:
        """The slices not yet in the store, after the median.

        Those before them on which their median depends are asked for again, in the batches of a whole run.
        """
        known, batch = len(self.store), self.slices.batch
        first = max(0, known - self.settings.median // 2) // batch * batch
        with closing(smoothed_slices(self.slices, self.settings.confidence, self.settings.median, ctx, first)) as every:
            for number, (classes, heatmap, offsets, sure, spread) in enumerate(every, start=first):
                if number >= known:
                    if self.sureness is not None and sure is not None:
                        self.sureness.write(number, sure)
                    if self.spread is not None and spread is not None:
                        self.spread.write(number, spread)
                    yield classes, heatmap, offsets

    def _take(self, pool: SlicePool, ctx: JobContext) -> None:
        runs, class_of = pool.take(ctx.raise_if_cancelled)
        self.numbering.add(runs, class_of)
        self.store.append(runs, class_of)
        done, total = len(self.store), len(self.slices)
        ctx.report(Progress(done, total, f"{self.plane}, slice {done} of {total}"))
