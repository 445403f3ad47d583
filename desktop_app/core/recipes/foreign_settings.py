"""Settings of a training in a file of another program."""

from __future__ import annotations

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
