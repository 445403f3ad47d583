"""Where to compute, as a user says it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

DEVICES = {"auto": "Automatic", "cpu": "Processor only (CPU)", "cuda": "Graphics card (GPU)"}
"""Choices of a window; ``cuda:1``, the second GPU of a computer, may be written by hand."""
_ONE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?")  # mps is Apple's, xpu Intel's, where torch has them


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
