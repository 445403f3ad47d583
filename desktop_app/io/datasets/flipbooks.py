"""Which slices of patches are to be labelled and learned from, as the table beside them says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.io.tables import read_csv

PATCH_TABLE = "patches.csv"
"""Name of the table of a set of patches, in its folder."""


def labelled_slice(row: Mapping[str, str]) -> int | None:
    """The slice of a flipbook that is labelled, counted from 0; None where all slices are.

    Raises:
        ValueError: If the row makes no sense.
    """
    said = row.get("labelled")
    if not said:
        return None
    number = int(said)
    if not 1 <= number <= int(row.get("slices") or 1):
        raise ValueError(f"There is no slice {number}")
    return number - 1


def flipbooks_in(folder: Path) -> dict[Path, int]:
    """The labelled slice (z, from 0) of each flipbook of a folder, by its file; empty where there is no table.

    Raises:
        UnreadableFileError: If the table is none.
    """
    found: dict[Path, int] = {}
    if (folder / PATCH_TABLE).is_file():
        for row in read_csv(folder / PATCH_TABLE):
            with suppress(KeyError, ValueError, OSError):
                number = labelled_slice(row)
                if number is not None:
                    found[(folder / row["file"]).resolve()] = number
    return found


def with_labelled_slices(folder: Path, pairs: tuple[PairConfig, ...]) -> tuple[PairConfig, ...]:
    """Pairs of a folder, of whose flipbooks the labelled slice alone is learned from.

    Raises:
        UnreadableFileError: If the table of the folder is none.
    """
    flipbooks = flipbooks_in(folder)
    if not flipbooks:
        return pairs
    numbers = [flipbooks.get(Path(pair.image).resolve()) for pair in pairs]
    return tuple(
        pair if number is None else pair.model_copy(update={"slices": (number,)})
        for pair, number in zip(pairs, numbers, strict=True)
    )
