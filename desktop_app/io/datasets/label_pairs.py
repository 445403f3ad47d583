"""Predicted labels and true ones, matched by name."""

from __future__ import annotations

from pathlib import Path

from desktop_app.io.datasets.layouts import recognise
from desktop_app.io.datasets.names import PairingResult, free_names, match
from desktop_app.io.datasets.pairing import label_files
from desktop_app.io.images.formats import ending_of


def find_label_pairs(first: Path, second: Path) -> PairingResult:
    """Label files of two folders, matched by name; images that have their labels are passed over.

    A folder that holds no image itself may be a data set: its labels are named as in a training, ``m1/d2/cell`` being
    ``m1_d2_cell``, as the results of a batch are where several images have one name; then as their files are.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    left, right = _labels(first), _labels(second)
    found = match(left, right)
    rest = match((left[one] for one in found.unmatched_images), (right[one] for one in found.unmatched_labels))
    pairs = (*((left[one], right[other]) for one, other in found.pairs), *rest.pairs)
    return PairingResult(pairs, rest.unmatched_images, rest.unmatched_labels)


def _labels(folder: Path) -> dict[Path, Path]:
    """The label files of a folder, by the name under which they are matched."""
    files = label_files(folder)
    data = None if files else recognise(folder)
    if data is None:
        return {file: file for file in files}
    pairs = [pair for pair in data.pairs if pair.labels]
    names = free_names([pair.name for pair in pairs])
    return {
        folder / f"{name}{ending_of(pair.label_path)}": pair.label_path
        for name, pair in zip(names, pairs, strict=True)
    }  # fmt: skip
