"""NVIDIA's graphics cards and their driver, as the driver itself lists them; no torch is needed for it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

_FIELDS = ("name", "driver_version", "memory.total", "compute_cap")
_PATIENCE = 20.0  # s: a card that sleeps takes some to wake


@dataclass(frozen=True, slots=True)
class GraphicsCard:
    """One card.

    Attributes:
        name: As its maker calls it.
        driver: Version of the driver.
        memory: Bytes.
        capability: Compute capability, as 8.9; 0 where the driver is too old to say.
    """

    name: str
    driver: str
    memory: int
    capability: float


def graphics_cards() -> tuple[GraphicsCard, ...]:
    """The cards with a working driver; none where there is no driver or it does not answer."""
    command = ["nvidia-smi", f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"]
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False, creationflags=hidden
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return parse_cards(answer.stdout) if answer.returncode == 0 else ()


def parse_cards(text: str) -> tuple[GraphicsCard, ...]:
    """Read the driver's list: a line for each card, name, driver, memory in MiB, compute capability."""
    cards = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == len(_FIELDS):
            name, driver, memory, capability = cells
            cards.append(GraphicsCard(name, driver, int(_number(memory) * 2**20), _number(capability)))
    return tuple(cards)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
