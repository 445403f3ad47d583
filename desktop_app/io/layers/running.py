"""Which layers the program runs in. From source there are none, and nothing can be put in front of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.json_text import parse_json

LAYERS = "VOXELWRIGHT_LAYERS"
"""Environment variable that the built program's launcher sets."""


@dataclass(frozen=True, slots=True)
class RunningLayers:
    """What the launcher chose.

    Attributes:
        runtime: Hash of the runtime layer.
        app: Folder of the program's own layer.
        gpu: Folder of the layer with a torch for GPUs; None without one.
        notes: What the user has to know of the choice, such as why a layer is not used.
    """

    runtime: str
    app: Path
    gpu: Path | None
    notes: tuple[str, ...]


def running_layers() -> RunningLayers | None:
    """The layers of the built program; None where it runs from source or from a package."""
    try:
        facts = parse_json(os.environ[LAYERS])
        gpu = Path(facts["gpu"]) if facts["gpu"] else None
        return RunningLayers(str(facts["runtime"]), Path(facts["app"]), gpu, tuple(map(str, facts["notes"])))
    except (KeyError, TypeError, ValueError):
        return None
