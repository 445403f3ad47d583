"""What a utility is: one record of this kind, and one line in the table of ``registry``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from numpy.typing import NDArray

from desktop_app.core.config.base import Parameters
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext

Takes: TypeAlias = Literal["image", "labels", "several labels", "folder of blocks"]
Slabs: TypeAlias = Iterator[tuple[Region, NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Made:
    """What a utility makes of its input.

    Attributes:
        like: The image to be written: axes, voxel size, channels, and its voxels where there are no ``labels``.
        labels: Gives the labels slab by slab at a time point (from 0), where labels are made.
    """

    like: Volume
    labels: Callable[[int, JobContext], Slabs] | None = None


@dataclass(frozen=True, slots=True)
class Utility:
    """One utility.

    Attributes:
        name: By which a command calls it.
        title: In the menu, without “…”.
        icon: Meaning of the icon.
        advice: One sentence.
        takes: What it is about.
        parameters: Its settings.
        make: From the opened inputs to what is written, lazily. None for one that writes a folder by itself.
        write: From the opened input, settings and folder to the files in it.
        in_place: Whether it makes labels that fit over its input, so that it can be done with what is open.
        both: Settings for the image that is open and for its labels, where the result has another shape: of both it
            makes a new image with labels.
    """

    name: str
    title: str
    icon: str
    advice: str
    takes: Takes
    parameters: type[Parameters]
    make: Callable[[tuple[Volume, ...], Any, JobContext], Made] | None = None
    write: Callable[[Volume, Any, Path, JobContext], None] | None = None
    in_place: bool = False
    both: Callable[[Any], tuple[Any, Any]] | None = None

    @property
    def on_open(self) -> bool:
        """Whether it can be done with what is open."""
        return self.in_place or self.both is not None

    @property
    def opens_labels(self) -> bool:
        """Whether its inputs are labels."""
        return self.takes in ("labels", "several labels")
