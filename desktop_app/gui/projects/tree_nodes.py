"""What the project tree shows, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from desktop_app.core.project import Item, Project
from desktop_app.core.shown_name import name_and_day
from desktop_app.gui.theme.colors import ColorRole

NodeKind: TypeAlias = Literal["section", "image", "labels", "dataset", "model", "run", "result"]


@dataclass(frozen=True, slots=True)
class Node:
    """One row.

    Attributes:
        kind: What it stands for.
        key: Item id, path or section name; with ``kind`` unique in the tree.
        title: First column.
        state: Second column, short.
        icon: Meaning of the icon.
        color: Of the icon.
        tip: Tooltip.
        children: Rows below.
    """

    kind: NodeKind
    key: str
    title: str
    state: str = ""
    icon: str = "file"
    color: ColorRole = "text"
    tip: str = ""
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelves:
    """The files of a project folder, besides its images."""

    datasets: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()
    runs: tuple[Path, ...] = ()
    results: tuple[Path, ...] = ()


def project_nodes(
    project: Project, missing: Collection[str], labelled: Collection[str], shelves: Shelves
) -> list[Node]:
    """The sections of the tree, in order.

    Args:
        project: What to show.
        missing: Ids of images whose file is not where it was.
        labelled: Ids of images that have labels.
        shelves: Datasets, models, runs and results on disk.
    """
    images = tuple(_image(item, item.id in missing, item.id in labelled) for item in project.items)
    labels = tuple(_labels(item) for item in project.items if item.id in labelled)
    return [
        _section("Images", "images", images),
        _section("Labels", "labels", labels),
        _section("Datasets", "dataset", _files("dataset", shelves.datasets)),
        _section("Models", "model", _files("model", shelves.models)),
        _section("Runs", "run", _files("run", shelves.runs)),
        _section("Results", "result", _files("result", shelves.results)),
    ]


def done_words(item: Item) -> str:
    """How far the labels of an image are."""
    if item.all_done or item.status == "done":
        return "done"
    if item.done_count:
        count = item.done_count
        return "1 slice done" if count == 1 else f"{count} slices done"
    return "in progress" if item.status == "in progress" else ""


def _image(item: Item, missing: bool, labelled: bool) -> Node:
    notes = "".join(f"\n{text}" for text in (*item.remarks, item.notes) if text)
    if missing:
        tip = f"{item.image}\nThe file is not there any more. Double-click to say where it is now."
        return Node("image", item.id, item.name, "missing", "missing", "warning", tip)
    state = done_words(item)
    color: ColorRole = "success" if state == "done" else "accent" if labelled and state else "muted"
    return Node("image", item.id, item.name, state, "done" if state == "done" else "image", color, item.image + notes)


def _labels(item: Item) -> Node:
    origin = f"Imported from {item.imported_labels}" if item.imported_labels else "Painted in this project"
    return Node("labels", item.id, item.name, done_words(item), "labels", "muted", origin)


def _files(kind: NodeKind, paths: Iterable[Path]) -> tuple[Node, ...]:
    return tuple(Node(kind, str(path), *name_and_day(path.name), kind, "muted", str(path)) for path in paths)


def _section(title: str, icon: str, children: tuple[Node, ...]) -> Node:
    return Node("section", title, title, str(len(children)) if children else "", icon, "text", "", children)
