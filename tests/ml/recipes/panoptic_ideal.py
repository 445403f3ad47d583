"""Maps of slices as a perfect network would give them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext, RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room, labelled, named_labels
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.base import Decoded
from desktop_app.ml.recipes.panoptic.decoding.decode import decode_panoptic, panoptic_classes
from desktop_app.ml.recipes.panoptic.engine import PanopticEngine
from desktop_app.ml.recipes.panoptic.maps import CELL, PanopticMaps, SliceMaps
from tests.objects.panoptic.ideal import ideal_maps


def ideal_slice_maps(
    slices: NDArray[np.uint32], scale: int = 1, class_of: NDArray[np.uint8] | None = None
) -> SliceMaps:
    """Maps of labels ``(N, H, W)``; ``class_of`` gives the class number of a label."""
    found = [ideal_maps(one, step=CELL * scale, class_of=class_of) for one in slices]
    classes = 1 if class_of is None else int(class_of.max())
    probabilities = np.stack(
        [np.stack([np.where(one.classes == n, 0.98, 0.01) for n in range(1, 1 + classes)]) for one in found]
    )
    return SliceMaps(
        probabilities.astype(np.float16),
        np.stack([one.heatmap for one in found]),
        np.stack([one.offsets for one in found]) / np.float32(scale),
    )


def decoded(maps: PanopticMaps, parameters: PanopticDecode, model: ModelCard) -> Decoded:
    """Labels and classes of maps in memory."""
    ctx = RecordingContext()
    stream = decode_panoptic(maps, parameters, model, Room(), ctx)
    return Decoded(*named_labels(stream), panoptic_classes(maps, parameters, model, ctx))


def passing(
    predictor: Predictor, volume: Volume, parameters: PanopticDecode, plan: InferencePlan, ctx: JobContext
) -> LabelStream:
    """Labels of a volume whose slices pass by."""
    return labelled(PanopticEngine(), predictor, volume, parameters, replace(plan, once=True), ctx)
