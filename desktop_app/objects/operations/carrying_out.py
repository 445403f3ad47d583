"""Carrying out the changes of an operation: as one undoable edit, or into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.store import Edit, LabelStore, Patch
from desktop_app.core.labelling.tools.base import one_of
from desktop_app.core.labelling.tools.stroke import changed_box
from desktop_app.objects.operations.base import Change, Operation, Scene


def edit_of(
    changes: Iterable[Change], store: LabelStore, title: str, locked: frozenset[int] = frozenset()
) -> Edit | None:
    """Carry out changes as one edit, already done; None if nothing changed.

    Voxels of locked labels, and those that are no longer as they were when the change was worked out, stay.
    """
    patches = []
    for patch in patches_of(changes, store, locked):
        if patch is not None:
            patch.apply(store)
            patches.append(patch)
    return Edit(tuple(patches), title) if patches else None


def patches_of(
    changes: Iterable[Change], store: LabelStore, locked: frozenset[int] = frozenset()
) -> Iterator[Patch | None]:
    """What each change comes to in the labels as they are at its turn, to be written before the next; None if nothing.

    Voxels of locked labels, and those that are no longer as they were when the change was worked out, stay.
    """
    for change in changes:
        yield _patch_of(change, store, locked)


def carry_out(
    operation: Operation, scene: Scene, parameters: Any, heard: Callable[[Change], None] | None = None
) -> int:
    """Carry out an operation in the labels of the scene, which cannot be undone; returns the number of voxels changed.

    Memory holds one change at a time; ``heard`` hears of each.
    """
    voxels = 0
    for change in operation.changes(scene, parameters):
        if heard is not None:
            heard(change)
        voxels += _written(change, scene.labels)
    return voxels


def origins_of(changes: Iterable[Change], free: FreeNumbers) -> dict[int, int]:
    """From which objects new ones were made: by new number, the old one.

    Args:
        changes: What is carried out.
        free: Which numbers were free before them.
    """
    origins: dict[int, int] = {}
    for change in changes:
        new = free.hold(change.after)
        numbers, first = np.unique(change.after[new], return_index=True)
        before = change.before[new][first]
        origins |= {int(n): int(old) for n, old in zip(numbers, before, strict=True) if old and int(n) not in origins}
    return origins


def dry_run(operation: Operation, scene: Scene, parameters: Any) -> tuple[Change, ...]:
    """What an operation would change."""
    return tuple(operation.changes(scene, parameters))


def _patch_of(change: Change, store: LabelStore, locked: frozenset[int]) -> Patch | None:
    before = store.read(change.region)
    after = _replaced(change, before, locked)
    small = changed_box(before != after, change.region)
    if small.empty:
        return None
    z, y, x = change.region.start
    inside = small.shift((-z, -y, -x)).slices
    return Patch.between(small, before[inside], after[inside])


def _written(change: Change, store: LabelStore) -> int:
    before = store.read(change.region)
    after = _replaced(change, before, frozenset())
    store.write(change.region, after)
    return int(np.count_nonzero(before != after))


def _replaced(change: Change, now: NDArray[np.uint32], locked: frozenset[int]) -> NDArray[np.uint32]:
    """``now`` (Z, Y, X of the change's box) with the change carried out where that is allowed."""
    mask = change.chosen()
    allowed = now[mask] == change.before
    allowed &= ~(one_of(change.before, locked) | one_of(change.after, locked))
    after = now.copy()
    after[mask] = np.where(allowed, change.after, now[mask])
    return after
