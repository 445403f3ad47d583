"""How well decoded labels agree with annotated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import measure

from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.recipes.base import Decoded, Task
from desktop_app.ml.recipes.pooled_scores import COUNTED, pooled_over_images
from desktop_app.objects.agreement import mean_defined, object_scores, scores_from_counts, voxel_scores


def score_semantic(decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
    """``dice`` (mean over classes), ``f1`` for objects, ``score`` (what training maximises), all between 0 and 1.

    Unknown voxels are left out of the Dice; objects are compared only where no voxel is unknown. The Dice is that of
    ``decoded.classes`` where these are told, so that it shows learning before there are seeds for objects; else that
    of the labels. The Dice of a class that an image does not have is left out: false objects count in ``f1``.
    """
    wanted = task.class_numbers(truth)
    known = wanted != IGNORED
    found, true = _found_classes(decoded, task), known_objects(truth, task)
    scores: dict[str, float] = {}
    for number, name in enumerate(task.class_names, start=1):
        if (wanted == number).any():
            scores[f"dice/{name}"] = voxel_scores(found == number, wanted == number, known).dice or 0.0
    if true is not None:
        scores.update(_matches(decoded.labels, true, task))
    return _with_means(scores)


def known_objects(truth: NDArray[Any], task: Task) -> NDArray[np.uint32] | None:
    """True objects to compare with; None where classes are labelled, or a voxel is unknown."""
    if task.kind != "objects" or bool((task.class_numbers(truth) == IGNORED).any()):
        return None
    return task.object_ids(truth)


def compared_pictures(
    found: NDArray[np.uint32], true: NDArray[np.uint32], task: Task
) -> list[tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
    """What is compared, found and true: the volume, or of a network of single slices one slice after the other.

    Such a network never joins objects of different slices; it is compared with the cross-sections that it can see,
    where each piece of an object counts.
    """
    if task.dimensions == 3:
        return [(found, true)]
    pieces = (measure.label(picture, connectivity=2)[None].astype(np.uint32) for picture in true)
    return list(zip((picture[None] for picture in found), pieces, strict=True))


def _matches(found: NDArray[np.uint32], true: NDArray[np.uint32], task: Task) -> dict[str, float]:
    """Objects found, wrong and missed at an IoU of 0.5."""
    agreements = [object_scores(one, other, iou=0.5) for one, other in compared_pictures(found, true, task)]
    return {name: float(sum(getattr(a, name) for a in agreements)) for name in COUNTED}


def _with_means(scores: dict[str, float]) -> dict[str, float]:
    """Scores of classes and counts of objects, with ``dice``, ``f1`` and ``score`` as far as they are defined."""
    dice = mean_defined(value for name, value in scores.items() if name.startswith("dice/"))
    f1 = None
    if "tp" in scores:
        tp, fp, fn = (round(scores[name]) for name in COUNTED)
        f1 = scores_from_counts(tp, fp, fn, 0.0).f1
    named = {"dice": dice, "f1": f1, "score": mean_defined((dice, f1)) or 0.0}
    return {**scores, **{name: value for name, value in named.items() if value is not None}}


def _found_classes(decoded: Decoded, task: Task) -> NDArray[np.uint8]:
    """Class numbers of decoded labels, whether these are objects or classes."""
    return decoded.class_numbers(task) if decoded.classes is None else decoded.classes


def pooled(scores: list[dict[str, float]]) -> dict[str, float]:
    """Scores over several images: the Dice of a class is averaged over the images in which it is defined, objects are
    counted together.
    """
    if not scores:
        return {}
    return _with_means(pooled_over_images(scores, ("dice/",)))
