"""A project: the images a user works on, how they are labelled, and what belongs together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.voxel_size import Unit, VoxelSize
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project.named_labels import FIRST_LAYER, FIRST_LAYER_NAME, LONGEST_LAYER_NAME, NamedLabels

SCHEMA_VERSION = 3  # of the file; counts up when an older program could not read it
Role: TypeAlias = Literal["auto", "train", "validation", "test", "unused"]
Status: TypeAlias = Literal["new", "in progress", "done"]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


_ID = r"^[A-Za-z0-9_-]{1,64}$"
"""Ids name files, and a project may come from anybody: nothing that leads to another folder."""


class Bookmark(BaseModel):
    """A place in an image that the user wants to find again: a voxel and a name."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    z: int = Field(ge=0)
    y: int = Field(ge=0)
    x: int = Field(ge=0)


class Item(BaseModel):
    """One image of a project.

    Attributes:
        id: Never changes; names the label file.
        name: Shown to the user, unique in the project.
        image: Path of the image file with forward slashes: relative to the project folder where possible, else
            absolute.
        imported_labels: Path of a label file that the labels were first copied from, for the record.
        reading: What the user said of the file where it is wrong or silent: which image of it, axes, voxel size.
        done_slices: Slices (z) that the user marked as completely labelled, of a movie at its first time point.
        done_later: The same for further time points, by their number, counted from 0.
        all_done: True if the whole image is completely labelled.
        role: Which part of a split it belongs to; auto lets the seed decide.
        notes: Free text.
        bookmarks: Places to find again, in the order in which they were marked.
        remarks: What is to be known of how its file is read, such as what is left out.
        labels_name: What its first label layer is called.
        more_labels: Its other label layers, in the order in which they were made.
        edited: Key of the layer that is edited.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: str = Field(default_factory=lambda: uuid4().hex[:12], pattern=_ID)
    name: str = Field(min_length=1)
    image: str
    imported_labels: str | None = None
    reading: ImageReading = AS_STATED
    done_slices: tuple[int, ...] = ()
    done_later: dict[int, tuple[int, ...]] = Field(default_factory=dict)
    all_done: bool = False
    role: Role = "auto"
    status: Status = "new"
    notes: str = ""
    bookmarks: tuple[Bookmark, ...] = ()
    remarks: tuple[str, ...] = ()
    labels_name: str = Field(default=FIRST_LAYER_NAME, min_length=1, max_length=LONGEST_LAYER_NAME)
    more_labels: tuple[NamedLabels, ...] = ()
    edited: str = FIRST_LAYER

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, values: Any) -> Any:
        return ImageReading.from_older(values)

    def done_at(self, time: int) -> tuple[int, ...]:
        """Slices (z) marked as completely labelled at a time point."""
        return self.done_later.get(time, ()) if time else self.done_slices

    def with_done(self, time: int, slices: tuple[int, ...]) -> Item:
        """The same image with these slices marked at a time point."""
        if time == 0:
            return self.model_copy(update={"done_slices": slices})
        later = {t: marked for t, marked in self.done_later.items() if t != time}
        return self.model_copy(update={"done_later": {**later, time: slices} if slices else later})

    def with_labels_lost(self, *, others: bool) -> Item:
        """The same image once the labels of its first time point are gone: nothing of them is done.

        Args:
            others: Whether there are labels of further time points.
        """
        lost = self.model_copy(update={"all_done": False, "done_slices": ()})
        return lost if others else lost.model_copy(update={"status": "new", "imported_labels": None})

    @model_validator(mode="after")
    def _layers_differ(self) -> Item:
        for values in (list(self.label_layers), list(self.label_layers.values())):
            if len(set(values)) != len(values):
                raise ValueError(f"Two label layers of {self.name} are the same: {values[-1]}.")
        if self.edited not in self.label_layers:
            raise ValueError(f"{self.name} has no label layer “{self.edited}”.")
        return self

    @property
    def label_layers(self) -> dict[str, str]:
        """The names of its label layers, by key; the first is there always."""
        return {FIRST_LAYER: self.labels_name, **{layer.key: layer.name for layer in self.more_labels}}

    def layer_named(self, name: str) -> str | None:
        """Key of the label layer with a name; None if there is none."""
        return next((key for key, known in self.label_layers.items() if known == name), None)

    def with_layer(self, key: str, name: str) -> Item:
        """The same image with one more label layer, or with another name for one.

        Raises:
            UserError: If another layer has that name.
        """
        if self.layer_named(name) not in (None, key):
            raise UserError(f"{self.name} already has a label layer “{name}”.", hint="Choose another name.")
        if key == FIRST_LAYER:
            return self.model_copy(update={"labels_name": name})
        layer = NamedLabels(key=key, name=name)
        more = tuple(layer if old.key == key else old for old in self.more_labels)
        return self.model_copy(update={"more_labels": more if key in self.label_layers else (*more, layer)})

    def without_layer(self, key: str) -> Item:
        """The same image without a label layer; where it was edited, the first one is."""
        more = tuple(layer for layer in self.more_labels if layer.key != key)
        return self.model_copy(
            update={"more_labels": more, "edited": FIRST_LAYER if self.edited == key else self.edited}
        )

    @property
    def done_count(self) -> int:
        """Number of slices marked as completely labelled, at all time points."""
        return len(self.done_slices) + sum(map(len, self.done_later.values()))

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Set by the user; None takes the file's."""
        return self.reading.voxel_size


class Project(BaseModel):
    """Everything in ``project.json``. Values never change: each change is a new project.

    Attributes:
        unit: Of length, for images whose file does not state a voxel size.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    name: str = Field(min_length=1)
    created: datetime = Field(default_factory=_now)
    notes: str = ""
    unit: Unit = "µm"
    scheme: LabelScheme = LabelScheme()
    items: tuple[Item, ...] = ()

    @model_validator(mode="after")
    def _items_differ(self) -> Project:
        if len({i.id for i in self.items}) != len(self.items):
            raise ValueError("Two images of the project have the same id.")
        if len({i.name for i in self.items}) != len(self.items):
            raise ValueError("Two images of the project have the same name.")
        return self

    def item(self, item_id: str) -> Item:
        """The image with an id.

        Raises:
            KeyError: If there is none.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def with_item(self, image: str, name: str) -> tuple[Project, Item]:
        """A project with one more image; a taken name gets a number behind it."""
        item = Item(name=self.free_name(name), image=image)
        return self.model_copy(update={"items": (*self.items, item)}), item

    def free_name(self, wanted: str) -> str:
        """``wanted``, or with the first free number behind it."""
        taken = {i.name for i in self.items}
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted} ({number})", number + 1
        return name

    def replaced(self, changed: Item) -> Project:
        """A project in which the image with the same id is ``changed``."""
        if any(i.name == changed.name and i.id != changed.id for i in self.items):
            raise UserError(
                f"There is already an image named “{changed.name}” in this project.", hint="Choose another name."
            )
        items = tuple(changed if i.id == changed.id else i for i in self.items)
        return self.model_copy(update={"items": items})

    def without(self, item_id: str) -> Project:
        """A project without the image; its files on disk stay."""
        return self.model_copy(update={"items": tuple(i for i in self.items if i.id != item_id)})
