"""Where label voxels live, and what one change of them is."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Region, slabs

_BYTES_OF_STRETCH = 8  # of a row of equal voxels: its length and its value, four bytes each
_SMALL, _SMALL_WINDOW = 4096, 12
"""Bytes of stretches, and the window of 2**12 bytes that sees all of them: as small as with the usual one of 2**15, of
which zlib clears 64 KB before each stroke."""


class LabelStore(Protocol):
    """Label voxels (Z, Y, X) uint32 of one image, on disk or in memory. Only labelling tools and edits write to it."""

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels in ``region``, (Z, Y, X)."""

    def write(self, region: Region, values: NDArray[np.uint32]) -> None:
        """Replace the labels in ``region``."""

    def pieces(self) -> list[Region]:
        """Boxes of moderate size that together hold all labels."""

    def holds(self, piece: Region, ids: NDArray[np.uint32]) -> bool:
        """Whether one of ``pieces`` has voxels of ``ids``, which are sorted; quick when it is asked again."""


@dataclass(slots=True)
class ArrayLabelStore:
    """Labels in memory."""

    array: NDArray[np.uint32]

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels in ``region``."""
        return self.array[region.slices].copy()

    def write(self, region: Region, values: NDArray[np.uint32]) -> None:
        """Replace the labels in ``region``."""
        self.array[region.slices] = values

    def pieces(self) -> list[Region]:
        """Some slices at a time."""
        return slabs(self.shape)

    def holds(self, piece: Region, ids: NDArray[np.uint32]) -> bool:
        """Whether ``piece`` has voxels of ``ids``."""
        return bool(np.isin(self.array[piece.slices], ids).any())


@dataclass(frozen=True, slots=True)
class Patch:
    """A box of label voxels before and after a change, compressed.

    Attributes:
        region: The box.
        before: Compressed (Z, Y, X) uint32 voxels before the change.
        after: The same after it.
    """

    region: Region
    before: bytes
    after: bytes

    @classmethod
    def between(cls, region: Region, before: NDArray[np.uint32], after: NDArray[np.uint32]) -> Patch:
        """The patch that turns ``before`` into ``after``, both (Z, Y, X) of ``region``."""
        return cls(region, _packed(before), _packed(after))

    def apply(self, store: LabelStore) -> None:
        """Do (again).

        Raises:
            ValueError: If the voxels are damaged.
        """
        store.write(self.region, _unpacked(self.after, self.region))

    def revert(self, store: LabelStore) -> None:
        """Undo.

        Raises:
            ValueError: If the voxels are damaged.
        """
        store.write(self.region, _unpacked(self.before, self.region))

    def apply_exactly(self, store: LabelStore) -> bool:
        """Do again where all voxels of the box are as they were before; False, and nothing done, if they are not."""
        return self._exchanged(store, self.before, self.after)

    def revert_exactly(self, store: LabelStore) -> bool:
        """Undo where all voxels of the box are as the change left them; False, and nothing done, if they are not."""
        return self._exchanged(store, self.after, self.before)

    def _exchanged(self, store: LabelStore, now: bytes, then: bytes) -> bool:
        try:
            old, new = _unpacked(now, self.region), _unpacked(then, self.region)
        except ValueError:  # damaged: it is certainly not what the labels are
            return False
        if not np.array_equal(store.read(self.region), old):
            return False
        store.write(self.region, new)
        return True


@dataclass(frozen=True, slots=True)
class Edit:
    """One undoable change of labels.

    Attributes:
        patches: What changed, in the order in which it was done; boxes may overlap.
        title: What the user did, for the undo list ("Brush", "Fill").
        said: What was said of objects instead, as ``core.project.review`` packs it; then there are no patches.
    """

    patches: tuple[Patch, ...]
    title: str = ""
    said: bytes = b""

    @classmethod
    def between(cls, region: Region, before: NDArray[np.uint32], after: NDArray[np.uint32], title: str = "") -> Edit:
        """The edit that turns ``before`` into ``after`` in one box."""
        return cls((Patch.between(region, before, after),), title)

    @property
    def region(self) -> Region:
        """The box around everything that changed; empty where nothing did."""
        box = Region((0, 0, 0), (0, 0, 0))
        for patch in self.patches:
            box = box.union(patch.region)
        return box

    @property
    def nbytes(self) -> int:
        """Memory taken; some 200 bytes of each patch are the objects themselves."""
        return len(self.said) + sum(len(patch.before) + len(patch.after) + 200 for patch in self.patches)

    def apply(self, store: LabelStore) -> Region:
        """Do (again); returns the touched box."""
        for patch in self.patches:
            patch.apply(store)
        return self.region

    def revert(self, store: LabelStore) -> Region:
        """Undo; returns the touched box."""
        for patch in reversed(self.patches):
            patch.revert(store)
        return self.region

    def apply_exactly(self, store: LabelStore) -> bool:
        """Do again where the labels are as they were before; False, and nothing done, if they are not."""
        for number, patch in enumerate(self.patches):
            if not patch.apply_exactly(store):
                for done in reversed(self.patches[:number]):
                    done.revert(store)
                return False
        return True

    def revert_exactly(self, store: LabelStore) -> bool:
        """Undo where the labels are as the edit left them; False, and nothing done, if they are not."""
        for number, patch in reversed(list(enumerate(self.patches))):
            if not patch.revert_exactly(store):
                for done in self.patches[number + 1 :]:
                    done.apply(store)
                return False
        return True


def _packed(values: NDArray[np.uint32]) -> bytes:
    """Stretches of equal voxels (lengths, then values), compressed: labels are made of long ones."""
    flat = np.ascontiguousarray(values, dtype="<u4").reshape(-1)
    changes = (flat[1:] != flat[:-1]).nonzero()[0]
    bounds = np.empty(changes.size + 2, np.int64)
    bounds[0], bounds[-1] = 0, flat.size
    np.add(changes, 1, out=bounds[1:-1])
    starts = bounds[:-1] if flat.size else bounds[:0]
    stretches = np.empty((2, starts.size), "<u4")
    np.subtract(bounds[1 : starts.size + 1], starts, out=stretches[0], casting="unsafe")
    stretches[1] = flat[starts]
    return zlib.compress(stretches.tobytes(), 1, _SMALL_WINDOW if stretches.nbytes <= _SMALL else zlib.MAX_WBITS)


def _unpacked(packed: bytes, region: Region) -> NDArray[np.uint32]:
    """The voxels of ``region``.

    Raises:
        ValueError: If there are not as many; no more memory is taken than they need.
    """
    try:
        raw = zlib.decompressobj().decompress(packed, _BYTES_OF_STRETCH * region.size + 1)
    except zlib.error as error:
        raise ValueError(f"the voxels of a change are damaged: {error!r}") from error
    if len(raw) % _BYTES_OF_STRETCH:
        raise ValueError("the voxels of a change are cut off")
    stretches = np.frombuffer(raw, dtype="<u4").reshape(2, -1)
    if int(stretches[0].sum(dtype=np.uint64)) != region.size:
        raise ValueError("the voxels of a change do not fill its box")
    return np.repeat(stretches[1], stretches[0]).reshape(region.shape).astype(np.uint32, copy=False)
