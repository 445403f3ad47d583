"""Settings of a training in a file of another program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ForeignSettings:
    """What such a file says, in words of this program.

    Attributes:
        program: Where it comes from.
        values: Part of a ``TrainingConfig``.
        report: What became of its entries: taken over, not needed, or left out and why; a sentence each.
    """

    program: str
    values: dict[str, Any]
    report: tuple[str, ...]


def table_in(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table within a table of settings; an empty one where there is none."""
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def number_in(value: Any) -> float | None:
    """A number, also where it is written as 1e-4, which YAML takes for text."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
