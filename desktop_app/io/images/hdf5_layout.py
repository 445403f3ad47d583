"""Which images an HDF5 file holds: arrays one by one, or those that BigDataViewer and Imaris spread over many."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.json_text import parse_json
from desktop_app.io.images.big_data_viewer import setups_of
from desktop_app.io.images.stored_voxels import Stated
from desktop_app.io.images.usual_names import likeliest
from desktop_app.io.images.voxel_sizes import voxel_size
from desktop_app.io.natural_order import natural_key

_MOST_RESOLUTIONS = 24  # each half the one before: more than any image has voxels
_COLORS = (3, 4)  # values of a pixel in a picture of bytes whose last axis is as short
_MOST_CHANNELS = 6  # a last axis that is longer holds columns: microscopes seldom record more channels
_UNNAMED = {2: "YX", 3: "QYX", 4: "QQYX", 5: "TCZYX"}


@dataclass(frozen=True, slots=True)
class Hdf5Image:
    """One image of a file.

    Attributes:
        name: By which it is chosen.
        axes: A letter for each axis.
        shape: The length of each.
        dtype: Type of a voxel.
        datasets: Names of the arrays in the file that make it up: one, or one for each place of the leading axes.
        lead: Lengths of the leading axes that are spread over arrays.
        rgb: Whether the last axis holds colours.
        stated: What the file says beside the voxels.
        smaller: The same image with fewer voxels, from the largest to the smallest.
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    datasets: tuple[str, ...]
    lead: tuple[int, ...] = ()
    rgb: bool = False
    stated: Stated = field(default_factory=Stated)
    smaller: tuple[Hdf5Image, ...] = ()


def images_in(path: Path, file: Any) -> list[Hdf5Image]:
    """The images of an open file, the likeliest first."""
    for layout in (_big_data_viewer, _imaris):
        if found := layout(path, file):
            return found
    return _single_arrays(file)


def _single_arrays(file: Any) -> list[Hdf5Image]:
    import h5py

    found: list[Hdf5Image] = []

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and node.dtype.kind in "buif" and node.ndim >= 2 and 0 not in node.shape:
            axes, rgb = _axes(node)
            if axes:
                found.append(
                    Hdf5Image(name, axes, node.shape, node.dtype, (name,), rgb=rgb, stated=_stated(node, axes))
                )

    file.visititems(visit)
    return sorted(found, key=lambda image: likeliest(image.name, math.prod(image.shape)))


def _axes(dataset: Any) -> tuple[str, bool]:
    """A letter for each axis and whether the last one holds colours; no letters where it is no image."""
    letters = _axis_tags(dataset) or _dimension_labels(dataset)
    if letters:
        return letters, False
    if dataset.ndim not in _UNNAMED:
        return "", False
    shape = dataset.shape
    if dataset.dtype == np.uint8 and dataset.ndim in (3, 4) and shape[-1] in _COLORS:
        return _UNNAMED[dataset.ndim - 1] + "S", True
    if dataset.ndim >= 4 and shape[-1] <= _MOST_CHANNELS < shape[-2]:
        return ("T" if dataset.ndim == 5 else "") + "ZYXC", False
    return _UNNAMED[dataset.ndim], False


def _axis_tags(dataset: Any) -> str:
    """Letters as ilastik and vigra write them."""
    try:
        listed = parse_json(_text(dataset.attrs.get("axistags", "")))["axes"]
        letters = "".join(str(axis["key"])[:1].upper() for axis in listed)
    except (ValueError, KeyError, TypeError):
        return ""
    return letters if len(letters) == dataset.ndim and {"Y", "X"} <= set(letters) else ""


def _dimension_labels(dataset: Any) -> str:
    """Letters as the format itself can hold them."""
    labels = [_text(label) for label in dataset.attrs.get("DIMENSION_LABELS", ())]
    letters = "".join(label[:1].upper() for label in labels)
    return letters if len(letters) == dataset.ndim and {"Y", "X"} <= set(letters) else ""


def _text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _stated(dataset: Any, axes: str) -> Stated:
    attributes = dataset.attrs
    try:
        edges = [float(v) for v in np.ravel(attributes["element_size_um"])]
        size = voxel_size(edges[-3] if len(edges) > 2 else None, edges[-2], edges[-1], "µm")
        unit = _text(attributes.get("voxel_size_unit", "µm"))
        size = size.converted(unit) if size.known and unit in ("nm", "mm") else size  # type: ignore[arg-type]
    except (KeyError, ValueError, TypeError, IndexError):
        size = VoxelSize.unknown()
    try:
        names = tuple(str(name) for name in parse_json(_text(attributes.get("channel_names", "[]"))))
        step = float(attributes["time_step_s"]) if "time_step_s" in attributes and "T" in axes else None
    except (ValueError, TypeError):
        names, step = (), None
    return Stated(size, channel_names=names, time_step=step, notes=_unwritten(dataset))


def _unwritten(dataset: Any) -> tuple[str, ...]:
    """A remark where chunks of an array were never written: they are read as its fill value."""
    if dataset.chunks is None:
        return ()
    whole = math.prod(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
    there = dataset.id.get_num_chunks()
    if there >= whole:
        return ()
    return (f"{whole - there:,} of its {whole:,} pieces were never written; they are shown as {dataset.fillvalue}.",)


# BigDataViewer: tTTTTT/sSS/LEVEL/cells, voxel sizes in an XML file beside


def _big_data_viewer(path: Path, file: Any) -> list[Hdf5Image]:
    times = sorted(name for name in file if re.fullmatch(r"t\d{5,}", name))
    if not times:
        return []
    setups = sorted(name for name in file[times[0]] if re.fullmatch(r"s\d{2,}", name))
    stated = setups_of(path)
    images = []
    for setup in setups:
        cells = tuple(f"{time}/{setup}/0/cells" for time in times if f"{time}/{setup}/0/cells" in file)
        if not cells:
            continue
        first = file[cells[0]]
        title, size = stated.get(int(setup[1:]), (setup, VoxelSize.unknown()))
        dtype = np.dtype(np.uint16) if first.dtype == np.int16 else first.dtype  # it says signed and means unsigned
        image = Hdf5Image(title, "TZYX", (len(cells), *first.shape), dtype, cells, (len(cells),), stated=Stated(size))
        images.append(replace(image, smaller=tuple(_bdv_smaller(file, image))))
    return images


def _bdv_smaller(file: Any, image: Hdf5Image) -> Iterator[Hdf5Image]:
    """The further levels of an image, as far as each time point has them."""
    for level in range(1, _MOST_RESOLUTIONS):
        cells = tuple(name.replace("/0/cells", f"/{level}/cells") for name in image.datasets)
        if not all(name in file for name in cells):
            return
        yield replace(image, shape=(len(cells), *file[cells[0]].shape), datasets=cells)


# Imaris 5.5: DataSet/ResolutionLevel 0/TimePoint T/Channel C/Data (imaris.oxinst.com, file format reference)

_LEVEL = "DataSet/ResolutionLevel 0"


def _imaris(path: Path, file: Any) -> list[Hdf5Image]:
    if _LEVEL not in file or "DataSetInfo/Image" not in file:
        return []
    times = sorted(file[_LEVEL], key=natural_key)
    channels = sorted(file[f"{_LEVEL}/{times[0]}"], key=natural_key)
    names = tuple(f"{_LEVEL}/{time}/{channel}/Data" for time in times for channel in channels)
    first, info = file[names[0]], file["DataSetInfo/Image"].attrs
    number = _numbers(info)
    told = tuple(int(number(axis, n)) for axis, n in zip("ZYX", first.shape, strict=True))
    inside = tuple(min(n, m) if n > 0 else m for n, m in zip(told, first.shape, strict=True))
    extent = [number(f"ExtMax{i}", 0) - number(f"ExtMin{i}", 0) for i in range(3)]
    x, y, z = (length / n for length, n in zip(extent, inside[::-1], strict=True))
    size = voxel_size(z, y, x, _joined(info.get("Unit", "um")))
    titles = tuple(_channel_title(file, i) for i in range(len(channels)))
    shape = (len(times), len(channels), *inside)
    stated = Stated(
        size, channel_names=titles if all(titles) else (), notes=(*_missing(told, inside), *_unwritten(first))
    )
    image = Hdf5Image(path.stem, "TCZYX", shape, first.dtype, names, shape[:2], stated=stated)
    return [replace(image, smaller=tuple(_imaris_smaller(file, image)))]


def _imaris_smaller(file: Any, image: Hdf5Image) -> Iterator[Hdf5Image]:
    """The further resolutions; arrays are filled up to whole chunks, so each says how large it is."""
    for level in range(1, _MOST_RESOLUTIONS):
        names = tuple(name.replace("Level 0/", f"Level {level}/") for name in image.datasets)
        if not all(name in file for name in names):
            return
        number = _numbers(file[names[0]].parent.attrs)
        stored = file[names[0]].shape
        inside = tuple(int(number(f"ImageSize{axis}", n)) for axis, n in zip("ZYX", stored, strict=True))
        yield replace(image, shape=(*image.shape[:2], *inside), datasets=names)


def _missing(told: tuple[int, ...], inside: tuple[int, ...]) -> tuple[str, ...]:
    """A remark where a file states more voxels, or fewer than one, than are in it."""
    if told == inside:
        return ()
    stated, there = (" × ".join(f"{n:,}" for n in size[::-1]) for size in (told, inside))
    return (f"It states {stated} voxels (x, y, z), and {there} are there; these are shown.",)


def _numbers(attributes: Any) -> Callable[[str, float], float]:
    def number(name: str, otherwise: float) -> float:
        try:
            return float(_joined(attributes[name]))
        except (KeyError, ValueError):
            return otherwise

    return number


def _joined(value: Any) -> str:
    """A text that is stored letter by letter."""
    return "".join(_text(letter) for letter in np.ravel(value)) if not isinstance(value, str) else value


def _channel_title(file: Any, number: int) -> str:
    name = f"DataSetInfo/Channel {number}"
    return _joined(file[name].attrs.get("Name", "")).strip() if name in file else ""
