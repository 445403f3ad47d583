"""All that is known and said of the objects of an image, in columns that can be sorted and narrowed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region, VoxelSize
from desktop_app.objects.proofreading.rows import Rows
from desktop_app.objects.proofreading.suspicion import REASONS, Suspicions, suspicions

if TYPE_CHECKING:
    from desktop_app.objects.measure import ObjectRow

_COMPARISON = re.compile(r"(size|grey|pieces|slices|number|confidence)\s*(<=|>=|<|>|=)\s*([0-9.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What people have said of objects, by number; what is not listed is as usual.

    Attributes:
        classes: Class numbers.
        states: Words.
        notes: Free text.
        locked: Objects that do not change.
        usual: Class number of all that are not listed.
        names: Of the classes, by number.
        confidence: How sure the model was, 0 to 1.
    """

    classes: Mapping[int, int]
    states: Mapping[int, str]
    notes: Mapping[int, str]
    locked: frozenset[int]
    usual: int
    names: Mapping[int, str]
    confidence: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One row for each object, by ascending number; (N,) arrays.

    Attributes:
        rows: Sizes, boxes and grey values.
        pieces: int32, negative where unknown.
        suspicions: What looks wrong.
        shape: Of the labels (Z, Y, X).
        voxel_size: Of the labels.
        classes: int32, class numbers.
        states: Places in the list of states, int8.
        locked: bool.
        confidence: float64, of the model, 0 to 1; NaN where unknown.
        said: What these came from.
    """

    rows: Rows
    pieces: NDArray[np.int32]
    suspicions: Suspicions
    shape: Index3
    voxel_size: VoxelSize
    classes: NDArray[np.int32]
    states: NDArray[np.int8]
    locked: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    said: Said

    @classmethod
    def of(
        cls, rows: Rows, pieces: NDArray[np.int32], shape: Index3, size: VoxelSize, said: Said, states: tuple[str, ...]
    ) -> Facts:
        """What is known, beside what was said; ``states`` are all words for states, the usual one first."""
        numbers = {word: place for place, word in enumerate(states)}
        classes = _column(rows.ids, said.classes, said.usual, np.dtype(np.int32))
        classes[~np.isin(classes, list(said.names))] = said.usual
        kept = _column(rows.ids, {n: numbers[w] for n, w in said.states.items()}, 0, np.dtype(np.int8))
        locked = np.isin(rows.ids, np.fromiter(said.locked, np.uint32, len(said.locked)))
        sure = _column(rows.ids, said.confidence, math.nan, np.dtype(np.float64))
        wrong = suspicions(rows, pieces, shape, sure)
        return cls(rows, pieces, wrong, shape, size, classes, kept, locked, sure, said)

    @property
    def depths(self) -> NDArray[np.int64]:
        """Number of slices that each object spans."""
        return np.asarray(self.rows.high[:, 0] - self.rows.low[:, 0])

    def row(self, place: int) -> ObjectRow:
        """The measurements of one object, as tables in files have them; grey values as far as they were summed up."""
        from desktop_app.objects.grey_sums import Grey
        from desktop_app.objects.measure import ObjectRow

        rows, size = self.rows, self.voxel_size
        voxels, counted = int(rows.voxels[place]), int(rows.finite[place])
        edge = size.y * size.x if self.shape[0] == 1 else size.voxel_volume
        low, high = rows.low[place].tolist(), rows.high[place].tolist()
        box = Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))
        z, y, x = (rows.sums[place] / voxels).tolist()
        mean = float(rows.grey[place]) / counted if counted else math.nan
        sure = float(self.confidence[place])
        return ObjectRow(
            int(rows.ids[place]),
            self.said.names.get(int(self.classes[place]), ""),
            voxels,
            voxels * edge,
            (z, y, x),
            box,
            (Grey(mean, math.nan, math.nan, math.nan, float(rows.grey[place])),),
            bool(rows.touches_border(self.shape)[place]),
            confidence=None if math.isnan(sure) else sure,
        )

    def keys(self, column: str) -> NDArray[Any]:
        """What a column is sorted by.

        Raises:
            KeyError: If there is no such column.
        """
        rows = self.rows
        noted = np.fromiter(self.said.notes, np.uint32, len(self.said.notes))
        columns: dict[str, Callable[[], NDArray[Any]]] = {
            "number": lambda: rows.ids,
            "class": lambda: self.classes,
            "size": lambda: rows.voxels,
            "slices": lambda: rows.low[:, 0],
            "grey": lambda: np.nan_to_num(rows.means, nan=np.inf),
            "piece_count": lambda: self.pieces,
            "confidence": lambda: np.nan_to_num(self.confidence, nan=np.inf),
            "reasons": lambda: -self.suspicions.scores,
            "state": lambda: self.states,
            "note": lambda: ~np.isin(rows.ids, noted),
            "lock": lambda: ~self.locked,
        }
        return columns[column]()

    def order(self, column: str, *, descending: bool = False) -> NDArray[np.intp]:
        """Places of the rows, sorted by a column; equal ones by number."""
        keys = self.keys(column)
        if not descending:
            return np.argsort(keys, kind="stable")
        return keys.size - 1 - np.argsort(keys[::-1], kind="stable")[::-1]

    def matching(self, words: str = "", state: int = -1, class_value: int = 0) -> NDArray[np.bool_]:
        """The rows that have all words, a state and a class.

        Args:
            words: Parts of numbers, classes, notes and reasons; ``size<100`` and the like compare.
            state: Place in the list of states; negative for all.
            class_value: 0 for all.
        """
        found = np.ones(self.rows.ids.size, bool)
        if state >= 0:
            found &= self.states == state
        if class_value:
            found &= self.classes == class_value
        for name, sign, number in _COMPARISON.findall(words):
            found &= self._compared(name.lower(), sign, number)
        for word in _COMPARISON.sub(" ", words).casefold().split():
            found &= self._having(word)
        return found

    def _compared(self, name: str, sign: str, number: str) -> NDArray[np.bool_]:
        try:
            value = float(number)
        except ValueError:  # such as 1.2.3, half typed
            return np.ones(self.rows.ids.size, bool)
        columns: dict[str, NDArray[Any]] = {
            "size": self.rows.voxels, "grey": self.rows.means, "piec": self.pieces, "slic": self.depths,
            "numb": self.rows.ids, "conf": self.confidence,
        }  # fmt: skip
        column = columns[name[:4]]
        with np.errstate(invalid="ignore"):
            return np.asarray(_SIGNS[sign](column, value))

    def _having(self, word: str) -> NDArray[np.bool_]:
        found = np.isin(self.classes, [v for v, name in self.said.names.items() if word in name.casefold()])
        bits = sum(1 << bit for bit, reason in enumerate(REASONS) if word in reason)
        found |= (self.suspicions.reasons & bits) != 0
        noted = [number for number, note in self.said.notes.items() if word in note.casefold()]
        found |= np.isin(self.rows.ids, np.asarray(noted, np.uint32))
        if word.isdigit():
            found |= np.char.find(self.rows.ids.astype(np.str_), word) >= 0
        return found


_SIGNS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
}


def _column(ids: NDArray[np.uint32], said: Mapping[int, float], usual: float, kind: np.dtype[Any]) -> NDArray[Any]:
    """What is said of each of ``ids``, which are sorted; ``usual`` where nothing is."""
    column = np.full(ids.size, usual, kind)
    if said and ids.size:
        numbers = np.fromiter(said.keys(), np.int64, len(said))
        values = np.fromiter(said.values(), kind, len(said))
        places = np.searchsorted(ids, numbers)
        places[places == ids.size] = 0
        there = ids[places] == numbers
        column[places[there]] = values[there]
    return column


def next_place(order: NDArray[np.intp], states: NDArray[np.int8], here: int, *, back: bool = False) -> int | None:
    """The next row in order that is still to do (state 0), from row ``here`` on; None if there is none.

    Args:
        order: Rows as they are listed.
        states: Of all rows.
        here: Place in ``order``; negative for before the first.
        back: The one before instead.
    """
    todo = np.flatnonzero(states[order] == 0)
    if not todo.size:
        return None
    if back:
        before = todo[todo < here]
        return int(before[-1]) if before.size else int(todo[-1])
    after = todo[todo > here]
    return int(after[0]) if after.size else int(todo[0])


def in_words(numbers: Iterable[int]) -> str:
    """A few numbers as text: “3, 4, 9 and 12 more”."""
    listed = list(numbers)
    shown = ", ".join(map(str, listed[:_NAMED]))
    return shown if len(listed) <= _NAMED else f"{shown} and {len(listed) - _NAMED} more"


_NAMED = 3  # numbers that are read at a glance
