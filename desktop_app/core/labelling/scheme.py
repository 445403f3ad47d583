"""What labels mean: the classes of a project, and whether voxels name classes or single objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desktop_app.core.imaging.label_colors import color_of

LabelKind: TypeAlias = Literal["classes", "objects"]
ClassKind: TypeAlias = Literal["thing", "stuff"]
MOST_CLASSES = 64  # a longer list of classes cannot be overlooked, and colours repeat
LONGEST_CLASS_NAME = 80  # characters: a line of a list, with room to spare
BACKGROUND_OBJECT = 65535  # where 0 is unknown, this number of an object is the background; 16 bits hold no larger one
BACKGROUND_NAMES = frozenset({"background", "nothing", "empty"})
"""Names of a class that is the background where 0 is unknown, in small letters."""
_LARGEST = 65535  # class numbers fit 16 bits, which every format keeps


class LabelClass(BaseModel):
    """A kind of thing, such as mitochondrion or nucleus.

    Attributes:
        value: The number that stands in the label voxels of class labels, 1 or more.
        name: Shown to the user.
        color: RGB, 0 to 255.
        kind: Things are counted as objects, stuff is not.
        hidden: Whether it is not drawn.
        locked: Whether its voxels neither come nor go.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    value: int = Field(ge=1, le=_LARGEST)
    name: str = Field(min_length=1, max_length=LONGEST_CLASS_NAME)
    color: tuple[int, int, int]
    kind: ClassKind = "thing"
    hidden: bool = False
    locked: bool = False


class LabelScheme(BaseModel):
    """The classes of a project.

    ``kind`` ``classes``: a label voxel holds a class value. ``objects``: a label voxel holds the id of one object; the
    review of the image says of which class it is, the usual one without a word. 0 is always "nothing labelled here".

    Attributes:
        classes: In the order in which they are listed.
        zero_is_background: True: unlabelled voxels count as background (label whole slices and mark them done).
            False: unlabelled voxels are unknown and training ignores them (label sparse strokes, with a class for the
            background; among objects ``BACKGROUND_OBJECT``).
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    kind: LabelKind = "objects"
    classes: tuple[LabelClass, ...] = (LabelClass(value=1, name="Object", color=color_of(1)),)
    zero_is_background: bool = True

    @model_validator(mode="after")
    def _values_and_names_differ(self) -> LabelScheme:
        if not self.classes:
            raise ValueError("A label scheme needs at least one class.")
        if len({c.value for c in self.classes}) != len(self.classes):
            raise ValueError("Two classes have the same number.")
        if len({c.name.casefold() for c in self.classes}) != len(self.classes):
            raise ValueError("Two classes have the same name.")
        return self

    @property
    def background(self) -> int | None:
        """The label that says “background” where 0 is unknown; None where it is 0, or there is no such class."""
        if self.zero_is_background:
            return None
        if self.kind == "objects":
            return BACKGROUND_OBJECT
        ordered = sorted(self.classes, key=lambda c: c.value)
        return next((c.value for c in ordered if c.name.casefold() in BACKGROUND_NAMES), None)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in order of value."""
        return tuple(c.name for c in sorted(self.classes, key=lambda c: c.value))

    @property
    def usual(self) -> LabelClass:
        """The class of objects of which nothing is said: that with the lowest number, however the list is ordered."""
        return min(self.classes, key=lambda c: c.value)

    def by_value(self, value: int) -> LabelClass | None:
        """The class with a number, None if there is none."""
        return next((c for c in self.classes if c.value == value), None)

    def with_class(self, name: str, color: tuple[int, int, int] | None = None) -> LabelScheme:
        """A scheme with one more class, under the first free number."""
        used = {c.value for c in self.classes}
        value = next(v for v in range(1, 65536) if v not in used)
        new = LabelClass(value=value, name=name, color=color or color_of(value))
        return self.model_validate({**self.model_dump(), "classes": [*self.classes, new]})

    def with_values(self, values: Iterable[int]) -> LabelScheme | None:
        """A scheme in which each of these numbers has a class; None if there are too many. Objects need none."""
        new = sorted(set(values) - {0} - {c.value for c in self.classes})
        if self.kind == "objects" or not new:
            return self
        if len(self.classes) + len(new) > MOST_CLASSES or new[-1] > _LARGEST:
            return None
        taken = {name.casefold() for name in self.class_names}
        scheme = self
        for value in new:
            name = f"Class {value}"
            while name.casefold() in taken:
                name += "+"
            scheme = scheme.model_copy(
                update={"classes": (*scheme.classes, LabelClass(value=value, name=name, color=color_of(value)))}
            )
        return scheme

    def replaced(self, changed: LabelClass) -> LabelScheme:
        """A scheme in which the class with the same number is ``changed``."""
        classes = [changed if c.value == changed.value else c for c in self.classes]
        return self.model_validate({**self.model_dump(), "classes": classes})

    def moved(self, value: int, steps: int) -> LabelScheme:
        """A scheme in which a class stands further down the list (positive) or up."""
        found = self.by_value(value)
        if found is None:
            return self
        others = [c for c in self.classes if c.value != value]
        place = min(max(0, self.classes.index(found) + steps), len(others))
        return self.model_copy(update={"classes": (*others[:place], found, *others[place:])})

    def without(self, value: int) -> LabelScheme:
        """A scheme without the class of that number (its voxels stay as they are)."""
        classes = [c for c in self.classes if c.value != value]
        return self.model_validate({**self.model_dump(), "classes": classes})
