"""Tables as CSV files that Excel, R and Python all open."""

from __future__ import annotations

import csv
import io
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.atomic import write_bytes


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows under the given columns; missing entries, None and NaN are empty cells.

    Text that is not plain ASCII (µm³) is marked as UTF-8 by a byte order mark, which Excel needs.

    Raises:
        UnwritableFileError: If the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    content = text.getvalue()
    write_bytes(path, content.encode("ascii" if content.isascii() else "utf-8-sig"))


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table as text by column name.

    Raises:
        UnreadableFileError: If the file is missing or no text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{k: v or "" for k, v in row.items() if k is not None} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(path, "it is missing or no table in CSV form.", details=repr(error)) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return "" if math.isnan(number) else format(number, ".7g")
    return str(value)
