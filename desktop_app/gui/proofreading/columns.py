"""The columns of the object table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from desktop_app.core.project.review import STATES
from desktop_app.objects.proofreading.facts import Facts


@dataclass(frozen=True, slots=True)
class Column:
    """How one fact is shown.

    Attributes:
        name: What ``Facts`` sorts by.
        title: Above the column.
        tip: One sentence.
        text: From facts and row to words.
        right: Whether it stands to the right, as numbers do.
        width: In pixels at first, by eye.
    """

    name: str
    title: str
    tip: str
    text: Callable[[Facts, int], str]
    right: bool = False
    width: int = 70


def _number(facts: Facts, row: int) -> str:
    return str(facts.rows.ids[row])


def _class(facts: Facts, row: int) -> str:
    return facts.said.names.get(int(facts.classes[row]), "")


def _size(facts: Facts, row: int) -> str:
    return f"{int(facts.rows.voxels[row]):,}"


def _measure(facts: Facts, row: int) -> str:
    size, voxels = facts.voxel_size, int(facts.rows.voxels[row])
    if not size.known:
        return "–"
    if facts.shape[0] == 1:
        return f"{voxels * size.y * size.x:.4g} {size.unit}²"
    return f"{voxels * size.voxel_volume:.4g} {size.unit}³"


def _slices(facts: Facts, row: int) -> str:
    first, last = int(facts.rows.low[row, 0]), int(facts.rows.high[row, 0]) - 1
    return str(first) if first == last else f"{first}–{last}"


def _grey(facts: Facts, row: int) -> str:
    count = int(facts.rows.finite[row])
    mean = float(facts.rows.grey[row]) / count if count else math.nan
    return "–" if math.isnan(mean) else f"{mean:.4g}"


def _pieces(facts: Facts, row: int) -> str:
    count = int(facts.pieces[row])
    return "–" if count < 0 else str(count)


def _reasons(facts: Facts, row: int) -> str:
    return facts.suspicions.words(row)


def _confidence(facts: Facts, row: int) -> str:
    value = float(facts.confidence[row])
    return "–" if math.isnan(value) else f"{value:.2f}"


def _state(facts: Facts, row: int) -> str:
    return STATES[int(facts.states[row])]


def _lock(facts: Facts, row: int) -> str:
    return "locked" if facts.locked[row] else ""


def _note(facts: Facts, row: int) -> str:
    return facts.said.notes.get(int(facts.rows.ids[row]), "")


COLUMNS: tuple[Column, ...] = (
    Column("number", "No.", "The number in the label image.", _number, right=True, width=64),
    Column("class", "Class", "What kind of thing it is.", _class, width=84),
    Column("size", "Voxels", "How many voxels it has.", _size, right=True, width=72),
    Column("state", "State", "Whether it was looked at: keys Y for right, Shift+Y for doubtful.", _state, width=76),
    Column("reasons", "Looks wrong", "Why it should be looked at; the worst first.", _reasons, width=130),
    Column(
        "confidence",
        "Confidence",
        "How sure the model was, 0 to 1; of objects that were taken over from its result.",
        _confidence,
        right=True,
        width=84,
    ),
    Column("size", "Volume", "In the unit of the voxel size; the area of a picture.", _measure, right=True, width=92),
    Column("slices", "Slices", "First and last slice, counted from 0.", _slices, right=True, width=64),
    Column("grey", "Mean grey", "Of the channel that is shown.", _grey, right=True, width=76),
    Column("piece_count", "Pieces", "Parts that do not touch.", _pieces, right=True, width=56),
    Column("lock", "Lock", "A locked object never changes. Double-click to lock or unlock.", _lock, width=60),
    Column("note", "Note", "Double-click to write.", _note, width=180),
)
"""From left to right: what decides the next step comes first."""
PLACES: dict[str, int] = {column.name: place for place, column in reversed(list(enumerate(COLUMNS)))}
"""By name; the first column of that name."""
