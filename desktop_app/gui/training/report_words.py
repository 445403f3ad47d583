"""What the check of the data found, in words for the table and the list below it; no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.job import NoteLevel

if TYPE_CHECKING:
    from desktop_app.core.recipes.data_report import DataReport, DataRow

_NOTHING = "—"
_MOST_NAMES = 3  # named in a sentence before “and 5 more”


@dataclass(frozen=True, slots=True)
class RowWords:
    """One row of the table.

    Attributes:
        size: ``120 × 120 × 51``.
        voxel_size: ``0.8 × 0.8 × 1.75 µm``.
        contents: Number of objects, or the classes.
        role: The role that the split gave; empty if unknown.
        problem: The first thing that is wrong; empty if nothing is.
    """

    size: str
    voxel_size: str
    contents: str
    role: str
    problem: str


def row_words(row: DataRow) -> RowWords:
    """The words for one pair."""
    problem = row.problems[0].text if row.problems else ""
    if not any(row.shape):  # of a pair that could not be read
        return RowWords(_NOTHING, _NOTHING, _NOTHING, row.role, problem)
    voxel = row.voxel_size.describe().removesuffix(f" {ORDER}") if row.voxel_size is not None else "not stated"
    return RowWords(shown_size(row.shape), voxel, _contents(row), row.role, problem)


def _contents(row: DataRow) -> str:
    if row.objects is not None:
        return "1 object" if row.objects == 1 else f"{row.objects:,} objects"
    if row.classes:
        return "classes " + ", ".join(str(c) for c in row.classes)
    return _NOTHING


def report_messages(report: DataReport) -> list[tuple[NoteLevel, str]]:
    """Problems of the whole and of single pairs, each once; what holds for many pairs is said in one line."""
    found: dict[str, NoteLevel] = {}
    for problem in report.problems:
        found.setdefault(problem.text, problem.level)
    of_pairs: dict[tuple[NoteLevel, str], list[str]] = {}
    for row in report.rows:
        for problem in row.problems:
            if re.search(rf"(?<!\w){re.escape(row.name)}(?!\w)", problem.text):
                found.setdefault(problem.text, problem.level)
            else:
                of_pairs.setdefault((problem.level, problem.text), []).append(row.name)
    for (level, text), names in of_pairs.items():
        shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        found.setdefault(f"{shown}: {text}", level)
    return [(level, text) for text, level in found.items()]


def summary(report: DataReport, roles: list[str]) -> str:
    """One sentence: how many images there are and what each is used for."""
    parts = []
    for role, words in (("train", "for training"), ("validation", "for validation"), ("test", "for the test")):
        count = roles.count(role)
        if count:
            parts.append(f"{count} {words}")
    images = "1 image" if len(report.rows) == 1 else f"{len(report.rows)} images"
    objects = sum(row.objects or 0 for row in report.rows)
    held = f" with {objects:,} objects" if objects else ""
    split = f": {', '.join(parts)}" if len(report.rows) > 1 and parts else ""
    return f"{images}{held}{split}."
