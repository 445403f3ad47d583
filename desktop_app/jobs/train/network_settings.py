"""Settings of a network that follow from the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from desktop_app.core.imaging import Index3


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Settings that follow from the data and the network together.

    Attributes:
        arguments: Of the network.
        patch_size: (z, y, x) in voxels, which the network can divide.
        batch_size: Patches per step.
    """

    arguments: dict[str, Any]
    patch_size: Index3
    batch_size: int
