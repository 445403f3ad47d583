"""What an engine offers: the way of a recipe through images, in two steps, of which only the first is slow."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from desktop_app.core.config.base import Parameters, explain
from desktop_app.core.config.inference import InferenceConfig, RunMode, TilingParameters
from desktop_app.core.config.model_card import ModelCard, chosen_mode, require_mode
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, SubContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.inference.maps import Maps
from desktop_app.ml.inference.predictor import Predictor

LASTING = ".lasting"
"""Ending of files in a scratch folder with which a later run can go on."""

LabelSlab: TypeAlias = tuple[Region, NDArray[np.uint32]]
"""A region of whole slices and its labels ``(Z, Y, X) uint32``."""


_SHARE_OF_NETWORK = 0.85
"""Of the time of a case on a CPU, where the bar moves slowest; behind a GPU decoding takes more."""
_USUAL_BUDGET = TilingParameters().memory_gb


@dataclass(frozen=True, slots=True)
class Room:
    """What making labels of maps may take.

    Attributes:
        memory_gb: Working memory in GiB.
        scratch: Folder for large intermediate files; None takes the system's temporary folder.
        lasting: As in ``InferencePlan``.
    """

    memory_gb: float = _USUAL_BUDGET
    scratch: Path | None = None
    lasting: bool = False

    @property
    def memory(self) -> int:
        """Working memory in bytes."""
        return int(self.memory_gb * 2**30)


@dataclass(frozen=True, slots=True)
class InferencePlan:
    """How to go through an image.

    Attributes:
        mode: One of the recipe's modes, never ``auto``.
        prediction: The recipe's parameters of how the network sees the image.
        tiling: Tiles and the memory budget.
        channels: Channels of the image to use; None takes the first ones.
        scratch: Folder for large intermediate files; None takes the system's temporary folder.
        replicas: Copies of the network on each device.
        once: Whether labels are made of the maps only once: then they need not be kept, and may be made while the
            labels are.
        lasting: Whether what is worth keeping of an interrupted run stays in the scratch folder, as ``*.lasting``, and
            what is there already is gone on with. It comes from the same model, image and plan; how maps become labels
            may differ, and it is for the engine to tell what of it still holds.
    """

    mode: RunMode
    prediction: Parameters
    tiling: TilingParameters = field(default_factory=TilingParameters)
    channels: tuple[int, ...] | None = None
    scratch: Path | None = None
    replicas: int = 1
    once: bool = False
    lasting: bool = False

    @classmethod
    def of(cls, card: ModelCard, config: InferenceConfig, scratch: Path | None = None) -> InferencePlan:
        """What a configuration asks of a model.

        Raises:
            UserError: If the mode or a parameter does not fit the model.
        """
        require_mode(card, config.mode)
        try:
            prediction = RECIPES[card.recipe].prediction.model_validate({**card.prediction, **config.prediction})
        except ValidationError as error:
            raise explain(error, "The settings of how the model sees the image") from error
        mode = chosen_mode(card, config.mode)
        return cls(mode, prediction, config.tiling, config.channels, scratch, config.replicas)

    @property
    def room(self) -> Room:
        """What making labels may take."""
        return Room(self.tiling.memory_gb, self.scratch, self.lasting)


@dataclass(slots=True)
class LabelStream:
    """Labels that come slab by slab, from the first slice to the last.

    Attributes:
        slabs: Regions of whole slices with their labels. Objects have the same number in all slabs, and numbers are
            consecutive.
        class_of: Class name of each id so far; complete after the last slab.
        counts: Whether the labels are objects; otherwise class values.
        more: Further label volumes to be written beside the result, by the suffix of their names; to be read after
            ``slabs`` and before ``close``.
        likely: Reads how likely the class of each voxel of a box is, ``(Z, Y, X) float32``, 0 to 1, until ``close``;
            None where the network does not say it, or not any more.
        release: Called by ``close`` in the end.
    """

    slabs: Iterator[LabelSlab]
    class_of: dict[int, str]
    counts: bool = True
    more: dict[str, Iterator[LabelSlab]] = field(default_factory=dict)
    likely: Callable[[Region], NDArray[np.float32]] | None = None
    release: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Give back what the labels needed, also where not all were read."""
        for slabs in (self.slabs, *self.more.values()):
            if isinstance(slabs, Generator):
                slabs.close()
        self.release()


class Engine(Protocol):
    """The way of a recipe through images. Training, preview, batch and command line all go it."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> Maps:
        """Maps of a region (the whole without one): the network's part, slow, done once.

        Raises:
            UserError: If the image does not fit the model, or memory or disk do not suffice.
        """

    def decode(self, maps: Any, parameters: Any, card: ModelCard, room: Room, ctx: JobContext) -> LabelStream:
        """Labels of maps of any size within the memory budget: no network, fast, done as often as wished.

        Args:
            maps: From ``predict``; they are not closed.
            parameters: How maps become labels.
            card: The model.
            room: Memory, and the folder for intermediate files, which the caller removes.
            ctx: Hears about progress, and may cancel.

        Raises:
            UserError: If the disk is full.
        """

    def classes(self, maps: Any, parameters: Any, card: ModelCard, ctx: JobContext) -> NDArray[np.uint8]:
        """Class numbers ``(Z, Y, X)`` from 1 before objects are made of them, 0 for the background."""


def named_labels(stream: LabelStream) -> tuple[NDArray[np.uint32], dict[int, str]]:
    """All labels ``(Z, Y, X) uint32`` of a stream in memory, and the class name of each; closes the stream."""
    with closing(stream):
        parts = [labels for _, labels in stream.slabs]
        return parts[0] if len(parts) == 1 else np.concatenate(parts), stream.class_of


def labelled(
    engine: Engine, predictor: Predictor, volume: Volume, parameters: Any, plan: InferencePlan, ctx: JobContext
) -> LabelStream:
    """Labels of a whole image: ``predict``, then ``decode``, with the progress of both; the stream owns the maps."""
    maps = engine.predict(predictor, volume, None, plan, SubContext(ctx, 0.0, _SHARE_OF_NETWORK))
    deciding = ctx if maps.pending else SubContext(ctx, _SHARE_OF_NETWORK, 1 - _SHARE_OF_NETWORK)
    try:
        stream = engine.decode(maps, parameters, predictor.card, plan.room, deciding)
    except BaseException:
        maps.close()
        raise
    release = stream.release

    def release_all() -> None:
        release()
        maps.close()

    stream.release = release_all
    return stream
