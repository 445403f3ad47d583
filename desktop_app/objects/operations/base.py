"""What an object operation is: labels and what the user pointed at, to changed label voxels.

An operation is one file: its parameters, the function that works out the changes, and its ``Operation``; the table in
``operations/__init__`` has a line for each. Menus, forms, the command line and the steps of a batch come from that
table alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume, VoxelSize
from desktop_app.core.imaging.region import slabs
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.labelling.store import LabelStore


class Target(Enum):
    """What the user must point at before an operation begins."""

    NOTHING = "nothing: all objects"
    OBJECT = "an object"
    TWO_OBJECTS = "two objects or more"
    LINE = "a line over a slice"
    REGION = "a region of a slice"
    PLACES = "places in an object"


@dataclass(frozen=True, slots=True)
class Place:
    """A voxel in a slice that is looked at.

    Attributes:
        plane: Which plane is shown.
        voxel: (z, y, x).
    """

    plane: Plane
    voxel: Index3

    @property
    def depth(self) -> int:
        """Which slice of the plane."""
        return self.voxel[self.plane.depth_axis]


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the user has pointed at.

    Attributes:
        objects: Labels; none where an operation is about all of them.
        places: Where they were clicked; the ends of a line. None from the command line.
        region: The region drawn.
    """

    objects: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    region: Region | None = None


def nothing_to_ask(share: float) -> None:
    """Goes on without telling anybody."""
    del share


@dataclass(frozen=True, slots=True)
class Scene:
    """What an operation may look at.

    Attributes:
        labels: Only read; changes are given back.
        image: Of the same shape, where there is one.
        voxel_size: Of the labels.
        pointed: What the user has pointed at.
        largest_id: The largest number ever used; new objects get larger ones.
        free: Numbers for new objects, where there is more to say than that.
        go_on: Hears the share that is done, 0 to 1; raises to stop.
    """

    labels: LabelStore
    image: Volume | None = None
    voxel_size: VoxelSize = field(default_factory=VoxelSize.unknown)
    pointed: Pointed = Pointed()
    largest_id: int = 0
    free: FreeNumbers | None = None
    go_on: Callable[[float], None] = nothing_to_ask

    def free_numbers(self, objects: Iterable[int] = ()) -> FreeNumbers:
        """Numbers for new objects, beside these that there are."""
        return self.free or FreeNumbers(max(self.largest_id, max(objects, default=0)) + 1)

    def slabs(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """All labels, some slices (Z, Y, X) at a time."""
        pieces = slabs(self.labels.shape)
        for done, slab in enumerate(pieces):
            self.go_on(done / len(pieces))
            yield slab, self.labels.read(slab)

    def filled(self) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """The labels in all boxes that are not empty; in few and sparse labels much less than ``slabs``."""
        pieces = self.labels.pieces()
        for done, piece in enumerate(pieces):
            self.go_on(done / len(pieces))
            yield piece, self.labels.read(piece)

    def slabs_of(self, numbers: Iterable[int]) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """The labels in all boxes that hold voxels of some objects, and little else."""
        wanted = np.unique(np.fromiter(numbers, np.uint32))
        pieces = self.labels.pieces()
        for done, piece in enumerate(pieces):
            self.go_on(done / len(pieces))
            if self.labels.holds(piece, wanted):
                yield piece, self.labels.read(piece)


@dataclass(frozen=True, slots=True)
class Change:
    """Voxels to be replaced.

    Attributes:
        region: A box.
        mask: Which of its voxels, packed bits of (Z, Y, X).
        before: Their labels now, in order.
        after: Their labels to be, in order.
    """

    region: Region
    mask: NDArray[np.uint8]
    before: NDArray[np.uint32]
    after: NDArray[np.uint32]

    @classmethod
    def between(cls, region: Region, before: NDArray[np.uint32], after: NDArray[np.uint32]) -> Change:
        """The change that turns ``before`` into ``after``, both (Z, Y, X) of ``region``."""
        mask = before != after
        return cls(region, np.packbits(mask), before[mask], after[mask])

    def chosen(self) -> NDArray[np.bool_]:
        """The mask (Z, Y, X)."""
        return np.unpackbits(self.mask, count=self.region.size).view(bool).reshape(self.region.shape)


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to begin an operation in the window.

    Attributes:
        id: Of the action; unique.
        text: In menus.
        tip: One sentence.
        key: Default shortcut, empty without.
        icon: Glyph in full; the operation's own if empty.
        kinds: For which kinds of labels it is offered.
        parameters: What is done without a question, from what is seen; None asks with a form.
        button: Whether it has a button in the labelling panel, too.
        at_once: Whether it looks at so little that the window can wait for it.
        by: What is pointed at for this offer; None for any that the operation knows.
        row_key: Key that starts it in a list of objects, such as ``Del``.
        at_place: Whether it is about the place that was clicked, not only about the object there.
    """

    id: str
    text: str
    tip: str = ""
    key: str = ""
    icon: str = ""
    kinds: tuple[LabelKind, ...] = ("objects",)
    parameters: Callable[[Scene], Parameters] | None = None
    button: bool = False
    at_once: bool = False
    by: Target | None = None
    row_key: str = ""
    at_place: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the table of operations.

    Attributes:
        name: Key of the table; the word on the command line.
        title: For people, also of the undo step.
        icon: Glyph in full, such as ``mdi6.call-split``.
        advice: What it does and when, in one or two sentences.
        targets: What can be pointed at. With ``NOTHING`` among them it can go over all objects, and so over a file.
        parameters: What can be set.
        changes: Works out what changes; reads labels, never writes. What it gives may be carried out while it goes on.
        offers: How it is started in the window.
        kinds: Which kinds of labels it makes sense for.
        in_flat_images: Whether it makes sense in a single slice.
        nothing: Said where nothing changes.
        many: Whether several objects can be named at once.
        in_slices: Whether it makes sense in one slice of a volume alone.
    """

    name: str
    title: str
    icon: str
    advice: str
    targets: tuple[Target, ...]
    parameters: type[Parameters]
    changes: Callable[[Scene, Any], Iterator[Change]]
    offers: tuple[Offer, ...]
    kinds: tuple[LabelKind, ...] = ("objects",)
    in_flat_images: bool = True
    nothing: str = "There is nothing to change."
    many: bool = True
    in_slices: bool = True

    @property
    def for_whole_files(self) -> bool:
        """Whether it needs nothing but labels, and so can be a step of a batch."""
        return Target.NOTHING in self.targets


def always(parameters: Parameters) -> Callable[[Scene], Parameters]:
    """For an ``Offer`` that does the same whatever is seen."""

    def given(scene: Scene) -> Parameters:
        del scene
        return parameters

    return given


def pointed_object(scene: Scene) -> int:
    """The one object pointed at.

    Raises:
        UserError: If there is none.
    """
    if len(scene.pointed.objects) != 1:
        raise UserError("This needs one object.", hint="Point at it, or name it with --object.")
    return scene.pointed.objects[0]


def place_on(scene: Scene, number: int, without: str) -> Place:
    """Where an object was pointed at.

    Args:
        scene: With what was pointed at.
        number: The object.
        without: What to do where nothing was pointed at, for the error.

    Raises:
        UserError: If nothing was pointed at, or something else.
    """
    if not scene.pointed.places:
        raise UserError("A piece has to be pointed at.", hint=without)
    place = scene.pointed.places[0]
    if int(scene.labels.read(Region.single(place.voxel))[0, 0, 0]) != number:
        raise UserError(f"Label {number} is not where you pointed.", hint="Point at the piece itself.")
    return place


def voxels_along(first: Place, second: Place, shape: Index3) -> NDArray[np.intp]:
    """The voxels (N, 3) of a line in the picture of its slice, whose index along the depth is 0.

    Its ends may lie outside of the image, which has ``shape`` (Z, Y, X): a line over an object at the rim begins there.
    """
    steps = 2 * max(abs(a - b) for a, b in zip(first.voxel, second.voxel, strict=True)) + 1
    line = np.rint(np.linspace(first.voxel, second.voxel, steps)).astype(np.intp)
    line[:, first.plane.depth_axis] = 0
    return line[((line >= 0) & (line < shape)).all(axis=1)]
