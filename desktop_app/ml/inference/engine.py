"""What an engine offers: the way of a recipe through images."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.inference import RunMode, TilingParameters
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.ml.inference.predictor import Predictor

LASTING = ".lasting"
"""Ending of files in a scratch folder with which a later run can go on."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to go through an image.

    Attributes:
        mode: One of the recipe's modes, never ``auto``.
        prediction: The recipe's parameters of how the network sees the image.
        tiling: Tiles and the memory budget.
        channels: Channels of the image to use; None takes the first ones.
        scratch: Folder for large intermediate files; None takes the system's temporary folder.
        replicas: Copies of the network on each device.
        lasting: Whether what is worth keeping of an interrupted run stays in the scratch folder, as ``*.lasting``, and
            what is there already is gone on with. It comes from the same model, image and way; how maps become labels
            may differ, and it is for the engine to tell what of it still holds.
    """

    mode: RunMode
    prediction: Parameters
    tiling: TilingParameters = field(default_factory=TilingParameters)
    channels: tuple[int, ...] | None = None
    scratch: Path | None = None
    replicas: int = 1
    lasting: bool = False


@dataclass(slots=True)
class LabelStream:
    """Labels that come slab by slab, from the first slice to the last.

    Attributes:
        slabs: Pairs of a region of whole slices and its labels ``(Z, Y, X) uint32``. Objects have the same number in
            all slabs, and numbers are consecutive.
        class_of: Class name of each id so far; complete after the last slab.
        counts: Whether the labels are objects; otherwise class values.
        more: Further label volumes to be written beside the result, by the suffix of their names; to be read after
            ``slabs`` and before ``close``.
        release: Called by ``close`` in the end.
    """

    slabs: Iterator[tuple[Region, NDArray[np.uint32]]]
    class_of: dict[int, str]
    counts: bool = True
    more: dict[str, Iterator[tuple[Region, NDArray[np.uint32]]]] = field(default_factory=dict)
    release: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Give back what the labels needed, also where not all were read."""
        for slabs in (self.slabs, *self.more.values()):
            if isinstance(slabs, Generator):
                slabs.close()
        self.release()


class Engine(Protocol):
    """The way of a recipe through images."""

    def maps(self, predictor: Predictor, volume: Volume, region: Region | None, way: Way, ctx: JobContext) -> Any:
        """Maps of a region (the whole without one), as the recipe's ``decode`` takes them; in memory, with ``nbytes``.

        Raises:
            UserError: If the image does not fit the model, or memory does not suffice.
        """

    def stream(self, predictor: Predictor, volume: Volume, parameters: Any, way: Way, ctx: JobContext) -> LabelStream:
        """Labels of a volume of any size within the memory budget.

        Args:
            predictor: The model.
            volume: The image.
            parameters: How maps become labels.
            way: How to go through the image; intermediate files lie in its scratch folder, which the caller removes.
            ctx: Hears about progress, and may cancel.

        Raises:
            UserError: If the image does not fit the model, or the disk is full.
        """
