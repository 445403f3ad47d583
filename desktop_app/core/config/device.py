"""Where to compute, as a user says it."""

from __future__ import annotations

import re
import sys
from typing import Annotated

from pydantic import AfterValidator

_ONE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?")  # mps is Apple's, xpu Intel's, where torch has them


def device_choices(system: str) -> dict[str, str]:
    """What a window offers, as titles by name.

    Args:
        system: As ``sys.platform`` says.
    """
    gpu = {"mps": "Apple GPU (Metal)"} if system == "darwin" else {"cuda": "Graphics card (GPU)"}
    return {"auto": "Automatic", "cpu": "Processor only (CPU)", **gpu}


DEVICES = device_choices(sys.platform)
"""Choices here; ``cuda:1``, the second GPU of a computer, may be written by hand."""


def _known_device(value: str) -> str:
    if _ONE.fullmatch(value) is None:
        raise ValueError(
            f"“{value}” is no place to compute: say auto, cpu, cuda, cuda:1 for the second GPU, mps or xpu"
        )
    return value


def _known_devices(value: str) -> str:
    if value == "all":
        return value
    if _ONE.fullmatch(value) is None:
        raise ValueError(
            f"“{value}” is no place to compute: say auto, all, cpu, cuda, cuda:1 for the second GPU, mps or xpu"
        )
    return value


Device = Annotated[str, AfterValidator(_known_device)]
Devices = Annotated[str, AfterValidator(_known_devices)]
"""One place, or all GPUs at once."""
