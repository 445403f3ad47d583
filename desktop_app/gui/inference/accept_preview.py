"""Turns a preview into one undoable change of the labels; no Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import one_of


def accepted(
    store: LabelStore,
    region: Region,
    preview: NDArray[np.uint32],
    *,
    free: FreeNumbers,
    values: dict[int, int] | None = None,
    keep_existing: bool = True,
    locked: frozenset[int] = frozenset(),
) -> Edit | None:
    """The edit that writes a preview, not yet applied; None if nothing would change.

    Args:
        store: The labels.
        region: Where the preview lies.
        preview: (Z, Y, X) uint32; object ids, or class numbers of the model.
        free: Ids for new objects.
        values: For class labels: the project's number for each of the model's; None for objects.
        keep_existing: Leave voxels alone that are labelled already.
        locked: Labels that neither lose nor gain voxels.
    """
    before = store.read(region)
    new = _translated(preview, values) if values is not None else _numbered(preview, free)
    write = new > 0
    if keep_existing:
        write &= before == 0
    write &= ~(one_of(before, locked) | one_of(new, locked))
    after = np.where(write, new, before).astype(np.uint32)
    if np.array_equal(before, after):
        return None
    return Edit.between(region, before, after, "Accept preview")


def class_values(card: ModelCard, scheme: LabelScheme) -> dict[int, int]:
    """The project's class number for each of the model's: by name, else the same number."""
    by_name = {c.name.casefold(): c.value for c in scheme.classes}
    return {
        value: by_name.get(name.casefold(), value)
        for value, name in zip(card.class_values, card.class_names, strict=False)
    }


def numbers_by_class(
    preview: NDArray[np.uint32], free: FreeNumbers, class_of: dict[int, str], scheme: LabelScheme
) -> dict[int, list[int]]:
    """By class number of the project, the numbers that accepted objects get; classes are found by their names."""
    by_name = {c.name.casefold(): c.value for c in scheme.classes}
    found: dict[int, list[int]] = {}
    numbers = np.unique(preview[preview > 0])
    for number, new in zip(numbers.tolist(), free.take(numbers.size)[0].tolist(), strict=True):
        value = by_name.get(class_of.get(number, "").casefold())
        if value is not None:
            found.setdefault(value, []).append(new)
    return found


def confidence_by_number(
    preview: NDArray[np.uint32], free: FreeNumbers, confidence: dict[int, float]
) -> dict[int, float]:
    """How sure the model is, by the numbers that accepted objects get."""
    numbers = np.unique(preview[preview > 0]).tolist()
    new = free.take(len(numbers))[0].tolist()
    return {mine: confidence[n] for mine, n in zip(new, numbers, strict=True) if n in confidence}


def as_classes(objects: NDArray[np.uint32], class_of: dict[int, str], card: ModelCard) -> NDArray[np.uint32]:
    """All objects under the model's number of their class, for a project whose labels are classes."""
    by_name = dict(zip(card.class_names, card.class_values, strict=False))
    ids, inverse = np.unique(objects, return_inverse=True)
    first = card.class_values[0]
    table = [by_name.get(class_of.get(int(i), ""), first) if i else 0 for i in ids]
    return np.asarray(table, np.uint32)[inverse].reshape(objects.shape)


def _numbered(preview: NDArray[np.uint32], free: FreeNumbers) -> NDArray[np.uint32]:
    ids, inverse = np.unique(preview, return_inverse=True)
    table = np.zeros(len(ids), np.uint32)
    objects = ids > 0
    table[objects] = free.take(int(objects.sum()))[0]
    return table[inverse].reshape(preview.shape)


def _translated(preview: NDArray[np.uint32], values: dict[int, int]) -> NDArray[np.uint32]:
    new = preview.copy()
    for theirs, ours in values.items():
        new[preview == theirs] = ours
    return new
