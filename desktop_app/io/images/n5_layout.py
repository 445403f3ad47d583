"""Which images an N5 folder holds: arrays one by one, resolutions of one image, or setups of BigDataViewer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.big_data_viewer import setups_of
from desktop_app.io.images.n5_blocks import N5Dataset
from desktop_app.io.images.plain_attributes import described
from desktop_app.io.images.stored_voxels import Stated
from desktop_app.io.images.usual_names import likeliest
from desktop_app.io.json_files import read_json
from desktop_app.io.natural_order import by_name, natural_key

ATTRIBUTES = "attributes.json"
_DEEPEST, _MOST = 6, 2000  # levels and folders that are looked through for arrays; real ones have some ten
_FULL, _SMALLER = re.compile(r"s0+"), re.compile(r"s\d+")  # names of resolutions
_CHANNEL = re.compile(r"c\d+")  # of the channels of n5-viewer


@dataclass(frozen=True, slots=True)
class N5Image:
    """One image of a folder.

    Attributes:
        name: By which it is chosen.
        axes: A letter for each axis.
        datasets: The arrays that make it up: one, or one for each place of the leading axes.
        lead: Lengths of the leading axes that are spread over arrays.
        stated: What is said of it.
    """

    name: str
    axes: str
    datasets: tuple[N5Dataset, ...]
    lead: tuple[int, ...] = ()
    stated: Stated = field(default_factory=Stated)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return (*self.lead, *self.datasets[0].shape)


def attributes_of(folder: Path) -> dict[str, Any]:
    """What ``attributes.json`` says; nothing where there is none.

    Raises:
        ValueError: If it is damaged.
    """
    try:
        found = read_json(folder / ATTRIBUTES)
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def is_array(attributes: Mapping[str, Any]) -> bool:
    """Whether attributes are those of an array."""
    return {"dimensions", "blockSize", "dataType"} <= set(attributes)


def images_in(path: Path) -> list[N5Image]:
    """The images of a folder, the likeliest first.

    Raises:
        UnreadableFileError: If there is none that can be read.
    """
    if found := _setups(path):
        return found
    left_out: list[str] = []
    images = _with_channels(list(_single_arrays(path, left_out)))
    if left_out:
        note = f"Label multisets of Paintera are left out ({', '.join(left_out)}); export them as plain labels there."
        images = [replace(i, stated=replace(i.stated, notes=(*i.stated.notes, note))) for i in images]
    if not images:
        raise UnreadableFileError(path, "there is no N5 array in this folder.", hint="Choose the folder of one image.")
    return sorted(images, key=lambda image: likeliest(image.name, math.prod(image.shape)))


def _setups(path: Path) -> list[N5Image]:
    """Those of BigDataViewer: ``setupS/timepointT/s0``."""
    told = setups_of(path)
    images = []
    for setup in by_name(path.glob("setup*")):
        times = by_name(setup.glob("timepoint*"))
        pairs = [(time / "s0", attributes_of(time / "s0")) for time in times]
        arrays = tuple(N5Dataset.of(folder, found) for folder, found in pairs if is_array(found))
        if arrays:
            around = {**attributes_of(setup), **attributes_of(times[0]), **pairs[0][1]}
            inner = described(around, len(arrays[0].shape), innermost_first=True)
            number = setup.name.removeprefix("setup")
            title, size = told.get(int(number) if number.isdecimal() else -1, (setup.name, inner.voxel_size))
            notes = () if size.known else inner.notes
            images.append(N5Image(title, "T" + inner.axes[-3:], arrays, (len(arrays),), Stated(size, notes=notes)))
    return images


def _single_arrays(path: Path, left_out: list[str]) -> Iterator[N5Image]:
    """All arrays; of the resolutions of an image the full one, under the name of its group; multisets are left out."""
    for folder, around in _arrays(path):
        own = attributes_of(folder)
        name = folder.relative_to(path).as_posix() if folder != path else ""
        if _SMALLER.fullmatch(folder.name) and folder != path:
            if not _FULL.fullmatch(folder.name):
                continue
            name = folder.parent.relative_to(path).as_posix().strip(".")
        if own.get("isLabelMultiset") or around.get("isLabelMultiset"):
            left_out.append(name)
            continue
        array = N5Dataset.of(folder, own)
        told = described({**around, **own}, len(array.shape), innermost_first=True)
        yield N5Image(
            name, told.axes, (array,), stated=Stated(told.voxel_size, time_step=told.time_step, notes=told.notes)
        )


def _arrays(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folders of arrays, each with the attributes of the groups around it, the nearest counting most."""
    waiting: list[tuple[Path, dict[str, Any], int]] = [(path, {}, 0)]
    looked = 0
    while waiting and looked < _MOST:
        folder, around, level = waiting.pop()
        looked += 1
        own = attributes_of(folder)
        if is_array(own):
            yield folder, around
        elif level < _DEEPEST:
            inside = sorted(
                (p for p in folder.iterdir() if p.is_dir()), key=lambda p: natural_key(p.name), reverse=True
            )
            waiting += [(p, {**around, **own}, level + 1) for p in inside]


def _with_channels(images: list[N5Image]) -> list[N5Image]:
    """Images called c0, c1, … of one shape are the channels of one image, as n5-viewer writes them."""
    groups: dict[tuple[object, ...], list[N5Image]] = {}
    for image in images:
        first = image.datasets[0]
        if _CHANNEL.fullmatch(image.name.rpartition("/")[2]) and "C" not in image.axes[-3:]:
            key = (image.name.rpartition("/")[0], image.axes[-3:], first.shape, first.dtype)
            groups.setdefault(key, []).append(image)
    joined = {id(image) for group in groups.values() if len(group) > 1 for image in group}
    kept = [image for image in images if id(image) not in joined]
    for (parent, *_), group in groups.items():
        if len(group) > 1:
            group.sort(key=lambda image: natural_key(image.name))
            arrays = tuple(image.datasets[0] for image in group)
            kept.append(
                replace(group[0], name=str(parent), axes="C" + group[0].axes, datasets=arrays, lead=(len(group),))
            )
    return kept
