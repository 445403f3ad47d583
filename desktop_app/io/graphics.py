"""NVIDIA's graphics cards and their driver, as the driver itself lists them; no torch is needed for it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from dataclasses import dataclass

_FIELDS = ("name", "driver_version", "memory.total", "compute_cap")
_LIBRARIES = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}  # by sys.platform; other systems have none
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


@dataclass(frozen=True, slots=True)
class NvidiaDriver:
    """What NVIDIA's driver answers.

    Attributes:
        cards: Those that it works with.
        is_there: Whether it is installed at all.
        said: Its own words where it lists no card; may be empty.
    """

    cards: tuple[GraphicsCard, ...] = ()
    is_there: bool = False
    said: str = ""


def nvidia_driver() -> NvidiaDriver:
    """Ask the driver for its cards; the tool that asks comes with it."""
    command = ["nvidia-smi", f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"]
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False, creationflags=hidden
        )
    except subprocess.TimeoutExpired:
        return NvidiaDriver((), True, f"no answer within {_PATIENCE:.0f} s")
    except OSError:
        return NvidiaDriver((), _library_loads(), "")
    return driver_from(answer.stdout + answer.stderr, answer.returncode)


def driver_from(text: str, status: int) -> NvidiaDriver:
    """Read what the driver's tool wrote, and its exit status."""
    cards = parse_cards(text) if status == 0 else ()
    said = "" if cards else next((line.strip() for line in text.splitlines() if line.strip()), "")
    return NvidiaDriver(cards, True, said)


def _library_loads() -> bool:
    """Whether the driver's library is there, as in containers that lack its tool."""
    name = _LIBRARIES.get(sys.platform)
    try:
        return name is not None and ctypes.CDLL(name) is not None
    except OSError:
        return False


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
