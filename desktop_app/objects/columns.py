"""The columns of tables of objects: one list for files, windows and the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from desktop_app.core.imaging import VoxelSize

if TYPE_CHECKING:  # the object table names its columns before anything is measured
    from desktop_app.objects.grey_sums import Grey
    from desktop_app.objects.measure import ObjectRow

CONFIDENCE, VOXEL_COUNT = "confidence", "voxels"
"""Names of columns; that of sizes is the same for pictures and volumes, as other programs look for it."""
Group: TypeAlias = Literal["shape", "intensity", "neighbours"]
PLAIN: frozenset[Group] = frozenset({"intensity"})
"""What tables hold that come with something else, such as the results of a batch: what costs next to nothing."""
_FEWEST_VOXELS = 27
"""A cube of 3: of fewer voxels nobody can say how round they are."""
_IN_DEPTH = ("z (", "centroid_z", "box_z")
"""Begin the names of columns that say where an object lies along z."""
_PLACES = 3  # decimals of positions in voxels and of shares


@dataclass(frozen=True, slots=True)
class Column:
    """One measurement of objects.

    Attributes:
        name: Heads the column in files, with the unit.
        advice: A sentence that says what it is.
        value: What stands in it.
    """

    name: str
    advice: str
    value: Callable[[ObjectRow], Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """What every table of objects shows, in files and in the object table: said once, here.

    Attributes:
        title: Heads the column on the screen.
        advice: A sentence that says what it is.
        value: What stands in it.
        in_pictures: Title and advice where images have no depth; None where these are the same.
    """

    title: str
    advice: str
    value: Callable[[ObjectRow], Any]
    in_pictures: tuple[str, str] | None = None

    def words(self, *, flat: bool) -> tuple[str, str]:
        """Title and advice; ``flat`` images have no depth."""
        return self.in_pictures if flat and self.in_pictures is not None else (self.title, self.advice)

    def column(self, name: str, *, flat: bool = False) -> Column:
        """The column in a file."""
        return Column(name, self.words(flat=flat)[1], self.value)


def columns_of(
    voxel_size: VoxelSize,
    channels: int | Sequence[str] = 0,
    *,
    flat: bool = False,
    groups: frozenset[Group] = PLAIN,
    confidence: bool = False,
) -> tuple[Column, ...]:
    """The columns for the objects of an image.

    Args:
        voxel_size: Its unit goes into the names.
        channels: How many image channels are measured, or their names.
        flat: Whether the image is a single slice: then there are areas instead of volumes.
        groups: What is measured besides size and place.
        confidence: Whether a model has said how sure it is.
    """
    unit = voxel_size.unit if voxel_size.known else _unit(flat=flat)
    names = _channel_names(channels) if "intensity" in groups else []
    return (
        NUMBER.column("id"),
        CLASS.column("class"),
        *_size(voxel_size, flat=flat),
        *((SURE.column(CONFIDENCE),) if confidence else ()),
        *(_shape(unit, flat=flat) if "shape" in groups else ()),
        *(column for name, place in names for column in _intensity(name, place)),
        *(_near(unit) if "neighbours" in groups else ()),
        *_place(voxel_size, unit, flat=flat),
        Column(
            "touches_border",
            "Whether it reaches the edge of the image, and so may be cut off.",
            lambda row: "yes" if row.touches_border else "no",
        ),
    )


def table_rows(
    rows: Iterable[ObjectRow], columns: Sequence[Column], time: int | None = None
) -> Iterator[dict[str, Any]]:
    """Measurements as rows of a table, by the names of its columns.

    Whole numbers are whole, others have 7 digits. ``time`` is the time point, counted from 0; tables count from 1.
    """
    first = {} if time is None else {"time": time + 1}
    for row in rows:
        yield first | {column.name: column.value(row) for column in columns}


def only_pictures(names: Iterable[str]) -> bool:
    """Whether a table with these columns is of images without depth alone: it has areas, and no volumes."""
    return {"area", "volume"}.intersection(name.partition(" (")[0] for name in names) == {"area"}


def seen_columns(names: Sequence[str]) -> list[str]:
    """What of a table is worth seeing: files also tell of pictures where they lie in depth, which is always 0."""
    flat = only_pictures(names)
    return [name for name in names if not (flat and name.startswith(_IN_DEPTH))]


def shown(value: float | None) -> float | int | None:
    """A measured value as it stands in tables: 7 digits, the precision of single floats; whole numbers whole."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.7g}")


def _unit(*, flat: bool) -> str:
    """Where no voxel size is known."""
    return "px" if flat else "voxels"


def _size(voxel_size: VoxelSize, *, flat: bool) -> Iterator[Column]:
    word, power = ("area", "²") if flat else ("volume", "³")
    unit = f"{voxel_size.unit}{power}" if voxel_size.known else _unit(flat=flat)
    yield VOXELS.column(VOXEL_COUNT, flat=flat)
    yield VOLUME.column(f"{word} ({unit})", flat=flat)


def _shape(unit: str, *, flat: bool) -> Iterator[Column]:
    if flat:
        yield Column(f"perimeter ({unit})", "Length of its outline, holes included.", _surface)
        yield Column("circularity", "1 for a disc, less the more ragged or drawn out it is.", _circularity)
    else:
        yield Column(f"surface ({unit}²)", "Area of its surface, hollows inside included.", _surface)
        yield Column("sphericity", "1 for a ball, less the more ragged or drawn out it is.", _sphericity)
    yield Column(f"feret ({unit})", "Its largest diameter: how far its two furthest points are apart.", _feret)
    for number in range(2 if flat else 3):
        advice = f"Length of axis {number + 1} of the ellipsoid (in a picture ellipse) of its extent; 1 is the longest."
        yield Column(f"axis_{number + 1} ({unit})", advice, partial(_axis, number))
    yield Column("elongation", "Axis 1 divided by axis 2: 1 is not drawn out at all.", partial(_ratio, 0))
    if not flat:
        yield Column("flatness", "Axis 2 divided by axis 3: 1 is not flattened at all.", partial(_ratio, 1))


def _intensity(suffix: str, channel: int) -> Iterator[Column]:
    parts: tuple[tuple[str, str, Callable[[Grey], float]], ...] = (
        ("mean", MEAN_GREY.advice.removesuffix("."), lambda grey: grey.mean),
        ("sd", "Standard deviation of the grey values inside it", lambda grey: grey.sd),
        ("min", "Smallest grey value inside it", lambda grey: grey.low),
        ("max", "Largest grey value inside it", lambda grey: grey.high),
        ("sum", "Sum of the grey values inside it", lambda grey: grey.total),
    )
    channel_words = f", channel {suffix[1:]}." if suffix else "."
    for word, advice, of in parts:
        yield Column(f"{word}_intensity{suffix}", advice + channel_words, partial(_grey, channel, of))


def _near(unit: str) -> Iterator[Column]:
    yield Column("neighbours", "How many objects touch it.", _touching)
    yield Column("nearest_id", "Number of the object whose centre is nearest.", _nearest)
    yield Column(f"nearest_distance ({unit})", "From its centre to that of the nearest object.", _distance)
    advice = "From its surface to the nearest other one; 0 where they touch, be it at an edge or a corner."
    yield Column(f"surface_distance ({unit})", advice, _gap)


def _place(voxel_size: VoxelSize, unit: str, *, flat: bool) -> Iterator[Column]:
    for axis, letter in enumerate("zyx"):
        if voxel_size.known:
            edge = voxel_size.zyx[axis]
            yield Column(f"{letter} ({unit})", f"Its centre along {letter}.", partial(_center, axis, edge))
    for axis, letter in enumerate("zyx"):
        word = "pixel" if flat else "voxel"
        advice = f"Its centre along {letter} in {word}s; the first {word} is 0."
        yield Column(f"centroid_{letter}", advice, partial(_voxel, axis))
    for end in ("start", "stop"):
        for axis, letter in enumerate("zyx"):
            advice = f"Where the smallest box around it {'begins' if end == 'start' else 'ends'} along {letter}."
            yield Column(f"box_{letter}_{end}", advice, partial(_edge, end, axis))


def _confidence(row: ObjectRow) -> float | None:
    return None if row.confidence is None else round(row.confidence, _PLACES)


NUMBER = Measure("No.", "Its number in the label image.", lambda row: row.id)
CLASS = Measure("Class", "What kind of thing it is.", lambda row: row.class_name)
VOXELS = Measure(
    "Voxels", "How many voxels it has.", lambda row: row.voxels, in_pictures=("Pixels", "How many pixels it has.")
)
VOLUME = Measure(
    "Volume",
    "All its voxels together, in the unit of the voxel size.",
    lambda row: shown(row.volume),
    in_pictures=("Area", "All its pixels together, in the unit of the pixel size."),
)
SURE = Measure("Confidence", "How sure the model was: mean probability of its class, 0 to 1.", _confidence)
MEAN_GREY = Measure("Mean grey", "Mean grey value of the image inside it.", lambda row: shown(row.grey[0].mean))
"""Of the first channel that was measured."""


def _channel_names(channels: int | Sequence[str]) -> list[tuple[str, int]]:
    """What stands behind the names of the columns of each channel, and its place."""
    if isinstance(channels, int):
        return [("" if channels == 1 else f"_{place + 1}", place) for place in range(channels)]
    named = len(channels) > 1 and len({name for name in channels if name}) == len(channels)
    return [(f"_{name}" if named else suffix, place) for name, (suffix, place) in zip(
        channels, _channel_names(len(channels)), strict=True
    )]  # fmt: skip


def _surface(row: ObjectRow) -> float | None:
    return None if row.outline is None else shown(row.outline.surface)


def _feret(row: ObjectRow) -> float | None:
    return None if row.outline is None else shown(row.outline.feret)


def _sphericity(row: ObjectRow) -> float | None:
    """Surface of a ball of the same volume over the surface (H. Wadell, Journal of Geology 43, 1935)."""
    if row.outline is None or row.outline.surface <= 0 or row.voxels < _FEWEST_VOXELS:
        return None
    volume = row.volume if row.outline.enclosed is None else row.outline.enclosed
    return shown(math.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / row.outline.surface)


def _circularity(row: ObjectRow) -> float | None:
    """4 π area over perimeter squared (E. Cox, Journal of Paleontology 1, 1927)."""
    # A section needs fewer than a body.
    if row.outline is None or row.outline.surface <= 0 or row.voxels < _FEWEST_VOXELS / 3:
        return None
    return shown(4 * math.pi * row.volume / row.outline.surface**2)


def _axis(number: int, row: ObjectRow) -> float | None:
    return shown(row.axes[number])


def _ratio(number: int, row: ObjectRow) -> float | None:
    return shown(row.axes[number] / row.axes[number + 1]) if row.axes[number + 1] > 0 else None


def _grey(channel: int, of: Callable[[Grey], float], row: ObjectRow) -> float | None:
    return shown(of(row.grey[channel]))


def _touching(row: ObjectRow) -> int | None:
    return None if row.neighbourhood is None else row.neighbourhood.touching


def _nearest(row: ObjectRow) -> int | None:
    return None if row.neighbourhood is None else row.neighbourhood.nearest or None


def _distance(row: ObjectRow) -> float | None:
    return None if row.neighbourhood is None else shown(row.neighbourhood.distance)


def _gap(row: ObjectRow) -> float | None:
    return None if row.neighbourhood is None else shown(row.neighbourhood.gap)


def _center(axis: int, edge: float, row: ObjectRow) -> float | None:
    return shown(row.centroid[axis] * edge)


def _voxel(axis: int, row: ObjectRow) -> float:
    return round(row.centroid[axis], _PLACES)


def _edge(end: Literal["start", "stop"], axis: int, row: ObjectRow) -> int:
    return (row.box.start if end == "start" else row.box.stop)[axis]
