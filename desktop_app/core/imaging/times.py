"""Which time points of a movie are meant, as a person writes them: ``3``, ``1-5,8`` or ``all``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic import Field

from desktop_app.core.errors import UserError

_FromZero: TypeAlias = Annotated[int, Field(ge=0)]

Times: TypeAlias = _FromZero | tuple[_FromZero, ...] | None
"""Time points counted from 0: one, which becomes an image without time; several, which stay a movie; None: all."""

_PART = re.compile(r"(\d+)(?:\s*[-–:]\s*(\d+))?")
_MOST = 1_000_000  # time points in one range; more is a slip of the finger, and would fill the memory


def parse_times(text: str) -> Times:
    """Time points from numbers and ranges counted from 1, as they are shown: ``3``, ``1-5,8``; ``all`` is all of them.

    Numbers may come in any order and twice; they are taken once each, from the first to the last.

    Raises:
        UserError: If the text is none of that.
    """
    if text.strip().casefold() in ("", "all"):
        return None
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last or last - first >= _MOST:
            raise UserError(
                f"“{text}” names no time points.", hint="Write numbers and ranges from 1 on, as 3 or 1-5,8, or all."
            )
        found.update(range(first - 1, last))
    times = tuple(sorted(found))
    return times[0] if len(times) == 1 else times


def describe_times(times: Times) -> str:
    """The same in words that ``parse_times`` understands, as ``1-5,8``."""
    if times is None:
        return "all"
    spans: list[list[int]] = []
    for time in sorted({times} if isinstance(times, int) else set(times)):
        if spans and spans[-1][1] == time - 1:
            spans[-1][1] = time
        else:
            spans.append([time, time])
    return ",".join(f"{a + 1}" if a == b else f"{a + 1}-{b + 1}" for a, b in spans)


def even_step(times: Iterable[int]) -> int | None:
    """The distance from each time point to the next; None where it is not everywhere the same."""
    numbers = list(times)
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else None
