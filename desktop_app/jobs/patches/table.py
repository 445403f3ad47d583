"""The table of patches beside them: which file was cut from where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.core.imaging import Plane
from desktop_app.core.imaging.patch_places import PatchPlace, place_at
from desktop_app.io.datasets.flipbooks import PATCH_TABLE, labelled_slice
from desktop_app.io.tables import read_csv, write_csv

TABLE = PATCH_TABLE
_COLUMNS = ("file", "labels", "source", "time", "plane", "z", "y", "x", "rows", "columns", "slices", "labelled")


@dataclass(frozen=True, slots=True)
class PickedPatch:
    """One patch.

    Attributes:
        image: Its file.
        labels: Its label file, None without.
        source: The image that it was cut from.
        place: Where it lay.
        time: The time point that it was cut from, counted from 0.
        labelled: The slice of a flipbook that is labelled, counted from 0; None where all slices are.
    """

    image: Path
    labels: Path | None
    source: Path
    place: PatchPlace
    time: int = 0
    labelled: int | None = None

    @property
    def front(self) -> int:
        """The slice to show first, counted from 0: the labelled one, or the middle one."""
        return self.place.slices // 2 if self.labelled is None else self.labelled


def write_table(folder: Path, patches: Iterable[PickedPatch]) -> None:
    """Write ``patches.csv`` into a folder of patches.

    Raises:
        UnwritableFileError: If it cannot be written.
    """
    write_csv(folder / TABLE, (_row(patch, folder) for patch in patches), _COLUMNS)


def join_tables(table: Path, more: Path) -> None:
    """Write the rows of ``more`` behind those of ``table``, which need not exist.

    Raises:
        UserError: If one cannot be read, or ``table`` cannot be written.
    """
    rows = read_csv(table) if table.is_file() else []
    write_csv(table, [*rows, *read_csv(more)], _COLUMNS)


def leave_out(folder: Path, files: Collection[Path]) -> None:
    """Take the rows of some files out of the table of a folder.

    Raises:
        UserError: If the table cannot be read or written.
    """
    rows = read_csv(folder / TABLE)
    write_csv(folder / TABLE, [row for row in rows if folder / row.get("file", "") not in files], _COLUMNS)


def patches_in(folder: Path) -> list[PickedPatch]:
    """The patches of a folder, in the order in which they were picked; rows that make no sense are passed over.

    So are those of files that lie elsewhere: the set may come from anybody.

    Raises:
        UnreadableFileError: If there is no table, or it is none.
    """
    found = []
    for row in read_csv(folder / TABLE):
        with suppress(KeyError, ValueError):
            image, labels = _inside(folder, row["file"]), _inside(folder, row["labels"]) if row.get("labels") else None
            time, labelled = int(row.get("time") or 1) - 1, labelled_slice(row)
            found.append(PickedPatch(image, labels, Path(row["source"]), _place(row), time, labelled))
    return found


def places_in(table: Path, source: Path, time: int = 0) -> list[PatchPlace]:
    """Where the patches of a table lay that were cut from a time point of ``source``.

    Rows that make no sense are passed over; older tables have no time points and no slices.

    Raises:
        UnreadableFileError: If the file is missing or no table.
    """
    places = []
    for row in read_csv(table):
        with suppress(KeyError, ValueError):
            place, same = _place(row), int(row.get("time") or 1) == time + 1
            if same and Path(row["source"]).resolve() == source.resolve():
                places.append(place)
    return places


def _inside(folder: Path, name: str) -> Path:
    """A file of a set of patches.

    Raises:
        ValueError: If it lies outside of the folder, or this is no name of a file.
    """
    path = folder / name
    try:
        path.exists()
    except OSError as error:
        raise ValueError("This is no name of a file") from error
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside of the folder")
    return path


def _place(row: Mapping[str, str]) -> PatchPlace:
    """Where the patch of a row lay.

    Raises:
        KeyError: If a column is missing.
        ValueError: If the row makes no sense.
    """
    start = (int(row["z"]), int(row["y"]), int(row["x"]))
    slices = int(row.get("slices") or 1)
    return place_at(Plane(row["plane"]), start, int(row["rows"]), int(row["columns"]), slices)


def _row(patch: PickedPatch, folder: Path) -> dict[str, Any]:
    region, plane = patch.place.region, patch.place.plane
    z, y, x = region.start
    rows, columns = plane.shape_of(region.shape)
    labels = patch.labels.relative_to(folder).as_posix() if patch.labels else ""
    return {
        "file": patch.image.relative_to(folder).as_posix(), "labels": labels, "source": str(patch.source),
        "time": patch.time + 1, "plane": plane.value, "z": z, "y": y, "x": x, "rows": rows, "columns": columns,
        "slices": patch.place.slices, "labelled": "" if patch.labelled is None else patch.labelled + 1,
    }  # fmt: skip
