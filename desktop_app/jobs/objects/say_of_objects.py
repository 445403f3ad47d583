"""Say of objects in a project what a reviewer says in the window: state, note, class, lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.core.project.review import LONGEST_NOTE, Review, ReviewState
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.io.projects.reviews import read_review, review_path, write_review
from desktop_app.io.tables import read_csv

_Found = TypeVar("_Found")
_NAMED = 5  # things listed in a sentence
_YES = ("yes", "true", "1")


class Words(Parameters):
    """What is said of objects; what is left out stays as it is."""

    state: ReviewState | None = Field(
        default=None, title="State", description="Whether they were looked at: “right” needs no second look."
    )
    note: str | None = Field(
        default=None,
        max_length=LONGEST_NOTE,
        title="Note",
        description="Replaces their note; a single - takes it away.",
    )
    class_name: str | None = Field(
        default=None, title="Class", description="A class of the project; the usual one is that of all others."
    )
    locked: bool | None = Field(
        default=None, title="Locked", description="A locked object is changed by no tool and no operation."
    )


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said, and of which objects.

    Attributes:
        image: Name in the project.
        objects: Their numbers; none: all.
        words: What.
        layer: Name of the label layer; empty: the first.
        time: Of a movie, the time point from 0.
        slices: Slices (z) of which ``doubtful`` is said.
        doubtful: Whether those slices are to be looked at again; None says nothing.
    """

    image: str
    objects: tuple[int, ...] = ()
    words: Words = field(default_factory=Words)
    layer: str = ""
    time: int = 0
    slices: tuple[int, ...] = ()
    doubtful: bool | None = None


def say_of_objects(folder: Path, sayings: Iterable[Saying]) -> int:
    """Keep what is said with a project; returns how many objects it was said of. All of it is kept, or nothing.

    Raises:
        UserError: If the project cannot be opened or written, or has no such image, layer, class or object.
    """
    with open_project(folder) as opened:
        reviews: dict[Path, Review] = {}
        there: dict[Path, NDArray[np.uint32]] = {}
        count = 0
        for saying in sayings:
            item = _item(opened, saying.image)
            layer = _layer(item, saying.layer)
            path = review_path(opened.folder, item.id, saying.time, layer)
            review = reviews.get(path) or read_review(path, item.name)
            numbers = _numbers(opened.label_path(item.id, saying.time, layer), item, saying, there)
            count += len(numbers)
            reviews[path] = _said(review, numbers, saying, opened.project.scheme)
        for path, review in reviews.items():
            write_review(path, review)
        return count


def sayings_of_table(table: Path) -> tuple[Saying, ...]:
    """What stands in the columns state, note, class and locked of a table like ``objects.csv`` of a review.

    Raises:
        UserError: If the table cannot be read, lacks image or id, or says what cannot be said.
    """
    found: dict[tuple[str, str, int, Words], list[int]] = {}
    for line, row in enumerate(read_csv(table), start=2):
        try:
            words = Words.model_validate(_cells(row))
            time, number = int(row.get("time") or 1) - 1, int(row["id"])
            found.setdefault((row["image"], row.get("layer", ""), time, words), []).append(number)
        except (KeyError, ValueError) as error:
            raise UserError(
                f"Line {line} of {table.name} cannot be understood.",
                hint="It needs image and id, and state, note, class or locked, as objects.csv of a review.",
                details=str(error),
            ) from error
    return tuple(
        Saying(image, tuple(numbers), words, layer, time) for (image, layer, time, words), numbers in found.items()
    )


def _cells(row: Mapping[str, str]) -> dict[str, object]:
    """The cells that say something; an empty note is said, too."""
    said: dict[str, object] = {}
    for column, name in (("state", "state"), ("class", "class_name")):
        if row.get(column):
            said[name] = row[column]
    if "note" in row:
        said["note"] = row["note"]
    if row.get("locked"):
        said["locked"] = row["locked"].casefold() in _YES
    return said


def _said(review: Review, numbers: tuple[int, ...], saying: Saying, scheme: LabelScheme) -> Review:
    words = saying.words
    if words.state is not None:
        review = review.with_state(numbers, words.state)
    if words.note is not None:
        review = review.with_note(numbers, "" if words.note == "-" else words.note)
    if words.locked is not None:
        review = review.with_locked(numbers, words.locked)
    if words.class_name is not None:
        review = review.with_class(numbers, _class(scheme, words.class_name), scheme.usual.value)
    for z in saying.slices if saying.doubtful is not None else ():
        review = review.with_slice(z, doubtful=bool(saying.doubtful))
    return review


def _item(opened: OpenProject, name: str) -> Item:
    items = opened.project.items
    return _known(next((i for i in items if i.name == name), None), "image", name, (i.name for i in items))


def _layer(item: Item, name: str) -> str:
    layers = {shown: key for key, shown in item.label_layers.items()}
    return _known(layers.get(name) if name else "", "label layer", name, layers)


def _class(scheme: LabelScheme, name: str) -> int:
    values = {one.name: one.value for one in scheme.classes}
    return _known(values.get(name), "class", name, values)


def _numbers(path: Path, item: Item, saying: Saying, there: dict[Path, NDArray[np.uint32]]) -> tuple[int, ...]:
    """The objects that are meant, all of which are there; none where only slices are."""
    if saying.words == Words():
        return ()
    if not path.exists():
        raise UserError(f"“{item.name}” has no labels there.", hint="Label it, or name another time point or layer.")
    if path not in there:
        labels = LabelFile.open(path, f"the labels of {item.name}")
        try:
            there[path] = labels.used_ids()
        finally:
            labels.close()
    wanted = np.asarray(saying.objects or there[path], np.int64)
    missing = wanted[~np.isin(wanted, there[path])].tolist()
    if missing:
        shown = ", ".join(map(str, missing[:_NAMED]))
        raise UserError(f"“{item.name}” has no object {shown}.", hint="The numbers stand in objects.csv of the review.")
    return tuple(wanted.tolist())


def _known(value: _Found | None, what: str, name: str, names: Iterable[str]) -> _Found:
    """What was looked up.

    Raises:
        UserError: If there is nothing of that name.
    """
    if value is None:
        listed = ", ".join(list(names)[:_NAMED])
        raise UserError(f"There is no {what} “{name}” in this project.", hint=f"There are: {listed}.")
    return value
