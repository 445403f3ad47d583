"""The curves of a training on disk: ``metrics.csv`` in its run folder."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.job import Metric
from desktop_app.io.plain_files import open_plain
from desktop_app.io.tables import read_csv

METRICS_FILE = "metrics.csv"
PICTURES = "pictures"
"""Folder in that of a run with a picture of each check."""


def read_points(path: Path) -> list[Metric]:
    """All points, in the order in which they were written; none of a file that is not there.

    A last row that was cut off, as where the computer went off or the disk was full, is left out.

    Raises:
        UnreadableFileError: If the table is damaged.
    """
    rows = read_csv(path) if path.is_file() else []
    points: list[Metric] = []
    for number, row in enumerate(rows, start=1):
        try:
            points.append(Metric(row["name"], int(row["step"]), float(row["value"])))
        except (KeyError, ValueError) as error:
            if number == len(rows) and not _ends_with_a_row(path):
                break
            raise UnreadableFileError(
                path, f"it is damaged (row {number}).", hint="Give it another name; the run goes on without it.",
                details=repr(error),
            ) from error  # fmt: skip
    return points


def _ends_with_a_row(path: Path) -> bool:
    """Whether the last line was written to its end."""
    with open_plain(path) as file:
        file.seek(-1, 2)  # from the end
        return file.read() == b"\n"
