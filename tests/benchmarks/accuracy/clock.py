"""Time that does not depend on what else the computer does."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field


def processor_seconds() -> float:
    """Of this process with all its threads, and of the children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@dataclass(slots=True)
class Watch:
    """Processor and clock seconds since it was made."""

    _spent: float = field(default_factory=processor_seconds)
    _began: float = field(default_factory=time.perf_counter)

    @property
    def processor(self) -> float:
        """Processor seconds."""
        return processor_seconds() - self._spent

    @property
    def clock(self) -> float:
        """Seconds on the wall; longer where others work beside."""
        return time.perf_counter() - self._began
