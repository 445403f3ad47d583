"""The columns of the object table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from desktop_app.core.project.review import STATES
from desktop_app.objects.columns import CLASS, MEAN_GREY, NUMBER, SURE, VOLUME, VOXELS, Measure
from desktop_app.objects.proofreading.facts import Facts


@dataclass(frozen=True, slots=True)
class FactColumn:
    """How one fact is shown.

    Attributes:
        name: What ``Facts`` sorts by.
        title: Above the column.
        tip: One sentence.
        text: From facts and row to words.
        right: Whether it stands to the right, as numbers do.
        width: In pixels at first, by eye.
        in_pictures: Title and tip where images have no depth; None where these are the same.
    """

    name: str
    title: str
    tip: str
    text: Callable[[Facts, int], str]
    right: bool = False
    width: int = 70
    in_pictures: tuple[str, str] | None = None

    def words(self, facts: Facts | None) -> tuple[str, str]:
        """Title and tip."""
        flat = facts is not None and facts.shape[0] == 1
        return self.in_pictures if flat and self.in_pictures is not None else (self.title, self.tip)


def _measured(name: str, measure: Measure, words: Callable[[Facts, Any], str], width: int) -> FactColumn:
    """A column of what tables in files show, too."""
    text = partial(_value, measure, words)
    return FactColumn(
        name, measure.title, measure.advice, text, right=True, width=width, in_pictures=measure.in_pictures
    )


def _value(measure: Measure, words: Callable[[Facts, Any], str], facts: Facts, row: int) -> str:
    value = measure.value(facts.row(row))
    return "–" if value is None else words(facts, value)


def _plain(facts: Facts, value: Any) -> str:
    del facts
    return str(value)


def _counted(facts: Facts, value: int) -> str:
    del facts
    return f"{value:,}"


def _measure(facts: Facts, value: float) -> str:
    if not facts.voxel_size.known:
        return "–"
    return f"{value:.4g} {facts.voxel_size.unit}{'²' if facts.shape[0] == 1 else '³'}"


def _rounded(facts: Facts, value: float) -> str:
    del facts
    return f"{value:.4g}"


def _sure(facts: Facts, value: float) -> str:
    del facts
    return f"{value:.2f}"


def _slices(facts: Facts, row: int) -> str:
    first, last = int(facts.rows.low[row, 0]), int(facts.rows.high[row, 0]) - 1
    return str(first) if first == last else f"{first}–{last}"


def _pieces(facts: Facts, row: int) -> str:
    count = int(facts.pieces[row])
    return "–" if count < 0 else str(count)


def _reasons(facts: Facts, row: int) -> str:
    return facts.suspicions.words(row)


def _state(facts: Facts, row: int) -> str:
    return STATES[int(facts.states[row])]


def _lock(facts: Facts, row: int) -> str:
    return "locked" if facts.locked[row] else ""


def _note(facts: Facts, row: int) -> str:
    return facts.said.notes.get(int(facts.rows.ids[row]), "")


COLUMNS: tuple[FactColumn, ...] = (
    _measured("number", NUMBER, _plain, 64),
    replace(_measured("class", CLASS, _plain, 84), right=False),
    _measured("size", VOXELS, _counted, 72),
    FactColumn("state", "State", "Whether it was looked at: keys Y for right, Shift+Y for doubtful.", _state, width=76),
    FactColumn("reasons", "Looks wrong", "Why it should be looked at; the worst first.", _reasons, width=130),
    _measured("confidence", SURE, _sure, 84),
    _measured("size", VOLUME, _measure, 92),
    FactColumn("slices", "Slices", "First and last slice, counted from 0.", _slices, right=True, width=64),
    _measured("grey", MEAN_GREY, _rounded, 76),
    FactColumn("piece_count", "Pieces", "Parts that do not touch.", _pieces, right=True, width=56),
    FactColumn("lock", "Lock", "A locked object never changes. Double-click to lock or unlock.", _lock, width=60),
    FactColumn("note", "Note", "Double-click to write.", _note, width=180),
)
"""From left to right: what decides the next step comes first."""
PLACES: dict[str, int] = {column.name: place for place, column in reversed(list(enumerate(COLUMNS)))}
"""By name; the first column of that name."""
