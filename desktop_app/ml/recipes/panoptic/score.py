"""How well objects and regions of single slices agree with annotated ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.labelling.scheme import ClassKind
from desktop_app.ml.data.targets import CLASSES, IGNORED
from desktop_app.ml.recipes.base import COUNTS, Decoded, Task
from desktop_app.ml.recipes.panoptic.targets import OBJECTS, panoptic_targets, stuff_numbers
from desktop_app.objects.agreement import (
    ObjectScores,
    find_overlaps,
    matched_ious,
    mean_defined,
    scores_from_counts,
    without_unknown,
)
from desktop_app.objects.mistakes import FoundAndTrue

_FAIR, _STRICT = 0.5, 0.75  # IoU: half is usual for counting, three quarters ask for right outlines
Counts = dict[str, float]


def score_panoptic(decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
    """Agreement slice by slice, counted over all slices together; all between 0 and 1 but the counts.

    ``pq`` (panoptic quality of objects and regions, mean over classes; Kirillov et al. 2019, arXiv 1801.00868), ``f1``
    and ``f1_75`` (objects that overlap by at least a half or three quarters), ``precision``, ``recall``, ``iou`` and
    ``dice`` (pixels, mean over classes), and ``score``, the mean of ``iou`` and ``pq``, which training maximises.
    Unknown pixels do not count, nor do found objects that lie mostly in them.
    """
    targets = panoptic_targets(truth, task)
    wanted, objects = targets[CLASSES], targets[OBJECTS]
    kinds = decoded.numbers_of_classes(task)
    stuff = stuff_numbers(task)
    counts: Counts = defaultdict(float)
    for z, (classes, things) in enumerate(zip(wanted, objects, strict=True)):
        known = classes != IGNORED
        labels = without_unknown(decoded.labels[z], known, things)
        of_labels = kinds[labels]
        found = of_labels if decoded.classes is None else np.where(known, decoded.classes[z], 0)
        for number, name in enumerate(task.class_names, start=1):
            kind: ClassKind = "stuff" if number in stuff else "thing"
            mine, true = of_labels == number, classes == number
            left, right = (mine, true) if kind == "stuff" else (labels * mine, things * true)
            key = f"{COUNTS}/{name}/{kind}"
            _add(counts, key, _matching(left, right))
            _add(counts, key, _pixels(found == number, true))
    return scores_of(counts)


def compared_panoptic(decoded: Decoded, truth: NDArray[Any], task: Task) -> FoundAndTrue:
    """Objects of the classes that have some, as cross-sections; regions where no class has any."""
    targets = panoptic_targets(truth, task)
    classes = decoded.numbers_of_classes(task)[decoded.labels]
    stuff = stuff_numbers(task)
    if len(stuff) == len(task.class_names):
        return FoundAndTrue(classes, targets[CLASSES], single_slices=True)
    things = np.where(np.isin(classes, (0, *stuff)), np.uint32(0), decoded.labels)
    return FoundAndTrue(classes, targets[CLASSES], things, targets[OBJECTS].astype(np.uint32), single_slices=True)


def pooled_scores(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Scores over several images, from their counts together."""
    counts: Counts = defaultdict(float)
    for one in scores:
        for name, value in one.items():
            if name.startswith(COUNTS):
                counts[name] += value
    return scores_of(counts) if counts else {}


def scores_of(counts: Counts) -> dict[str, float]:
    """Scores by name from counts, which are among them. What is undefined is left out: of a class that is nowhere, and
    of objects where there are none.
    """
    keys = sorted({key.rpartition("/")[0] for key in counts})
    found: dict[str, float] = {}
    several = len(keys) > 1
    for title, of_class in (("pq", _quality), ("iou", _overlap), ("dice", _dice)):
        values = {key: of_class(counts, key) for key in keys}
        seen = {key: value for key, value in values.items() if value is not None}
        if several:
            found |= {f"{title}/{key.split('/', 1)[1].rpartition('/')[0]}": value for key, value in seen.items()}
        if seen:
            found[title] = float(np.mean(list(seen.values())))
    things = [key for key in keys if key.endswith("/thing")]
    if things:
        fair, strict = _objects(counts, things, "tp", "overlap"), _objects(counts, things, "tp_75", "overlap")
        shares = {"f1": fair.f1, "f1_75": strict.f1, "precision": fair.precision, "recall": fair.recall}
        found |= {name: value for name, value in shares.items() if value is not None}
        found |= {"tp": float(fair.tp), "fp": float(fair.fp), "fn": float(fair.fn)}
    found["score"] = mean_defined((found.get("iou"), found.get("pq"))) or 0.0
    return {**found, **counts}


def _matching(found: NDArray[Any], true: NDArray[Any]) -> Counts:
    """Counts of partners, of those alone, and the partners' overlap."""
    overlaps = find_overlaps(found.astype(np.uint32), true.astype(np.uint32))
    matched = matched_ious(overlaps, _FAIR)
    return {
        "tp": len(matched),
        "tp_75": int((matched >= _STRICT).sum()),
        "found": overlaps.n_predicted,
        "true": overlaps.n_truth,
        "overlap": float(matched.sum()),
    }


def _pixels(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> Counts:
    return {"both": int((found & true).sum()), "either": int((found | true).sum()), "wanted": int(true.sum())}


def _add(counts: Counts, key: str, more: Counts) -> None:
    for name, value in more.items():
        counts[f"{key}/{name}"] += value


def _objects(counts: Counts, keys: Sequence[str], hits: str, overlap: str) -> ObjectScores:
    tp, found, true = (round(sum(counts[f"{key}/{name}"] for key in keys)) for name in (hits, "found", "true"))
    return scores_from_counts(tp, found - tp, true - tp, sum(counts[f"{key}/{overlap}"] for key in keys))


def _quality(counts: Counts, key: str) -> float | None:
    if counts[f"{key}/true"] == 0:
        return None
    return _objects(counts, [key], "tp", "overlap").panoptic_quality


def _overlap(counts: Counts, key: str) -> float | None:
    either = counts[f"{key}/either"]
    return counts[f"{key}/both"] / either if counts[f"{key}/wanted"] else None


def _dice(counts: Counts, key: str) -> float | None:
    both, either = counts[f"{key}/both"], counts[f"{key}/either"]
    return 2 * both / (both + either) if counts[f"{key}/wanted"] else None
